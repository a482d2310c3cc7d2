"""Parts of a packed office file: how large they may become, and their elements without anything that grows when it is read."""

import zipfile
from collections.abc import Callable, Mapping
from xml.parsers import expat

from advisorkit.values.messages import EngagementError, Fault, here

MAX_UNPACKED = 100_000_000
"""Largest total size of a workbook's unpacked parts, in bytes."""


def bounded(parts: zipfile.ZipFile, file: str) -> None:
    """Refuse a packed file before it is unpacked.

    Raises:
        EngagementError: If its parts hold more than `MAX_UNPACKED`.
    """
    if (size := sum(part.file_size for part in parts.infolist())) > MAX_UNPACKED:
        raise EngagementError([Fault(file, "", here("unpacks to {:,} MB; the most is {} MB", size // 1_000_000, MAX_UNPACKED // 1_000_000))])


def walk(
    raw: bytes, start: Callable[[str, Mapping[str, str]], object], end: Callable[[str], object] = bool, text: Callable[[str], object] = bool,
) -> None:
    """Elements of a part in order, without their prefixes; a part that declares entities is refused."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, given: start(_bare(name), {_bare(key): value for key, value in given.items()})
    parser.EndElementHandler = lambda name: end(_bare(name))
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _no_entities
    parser.Parse(raw, True)  # noqa: FBT003  it has no name


def _bare(name: str) -> str:
    return name.rpartition(":")[2]


def _no_entities(*_: object) -> None:
    raise ValueError("it declares entities")
