"""Files in and out: limits, strict readers, writes that are whole or not at all."""

from advisorkit.files.disk import (
    MAX_BYTES,
    Source,
    decode,
    fingerprint,
    read_bytes,
    read_source,
    within,
    write_bytes,
)
from advisorkit.files.spots import ABOVE_ZERO, MAX_TEXT, Spot, is_number, unfit
from advisorkit.files.tables import MAX_COLUMNS, MAX_ROWS, Row, Table, as_amount, read_sheets, read_table
from advisorkit.files.trees import MAX_DEPTH, Fields, Items, Node, Scalar, parse, parse_json, parse_yaml, shown

__all__ = [
    "ABOVE_ZERO",
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_DEPTH",
    "MAX_ROWS",
    "MAX_TEXT",
    "Fields",
    "Items",
    "Node",
    "Row",
    "Scalar",
    "Source",
    "Spot",
    "Table",
    "as_amount",
    "decode",
    "fingerprint",
    "is_number",
    "parse",
    "parse_json",
    "parse_yaml",
    "read_bytes",
    "read_sheets",
    "read_source",
    "read_table",
    "shown",
    "unfit",
    "within",
    "write_bytes",
]
