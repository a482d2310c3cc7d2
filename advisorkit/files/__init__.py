"""Files in and out: limits, strict readers, writes that are whole or not at all."""

from advisorkit.files.disk import (
    MAX_BYTES,
    Source,
    decode,
    fingerprint,
    read_bytes,
    read_source,
    write_bytes,
)
from advisorkit.files.spots import ABOVE_ZERO, MAX_TEXT, Spot, is_number, unfit
from advisorkit.files.trees import MAX_DEPTH, Fields, Items, Node, Scalar, parse, parse_json, parse_yaml

__all__ = [
    "ABOVE_ZERO",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_TEXT",
    "Fields",
    "Items",
    "Node",
    "Scalar",
    "Source",
    "Spot",
    "decode",
    "fingerprint",
    "is_number",
    "parse",
    "parse_json",
    "parse_yaml",
    "read_bytes",
    "read_source",
    "unfit",
    "write_bytes",
]
