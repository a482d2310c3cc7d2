"""Plain data as YAML that our strict reader takes back unchanged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from advisorkit.files.spots import is_number
from advisorkit.store.document import Plain

_PLAIN = re.compile(r"[^\W_]([\w .()/%+'€$£;-]*[\w.)%'])?")
_READ_OTHERWISE = {"true", "false", "null"}
_BREAKS = re.compile("[\x85\u2028\u2029\ufeff\ufffe\uffff\x7f-\x9f]")
_WIDTH = 110


def scalar(value: Plain) -> str:
    """One value as YAML: plain where nothing can be misread, else in double quotes.

    Example:
        >>> [scalar(v) for v in (0.82, True, "legal asked", "350", "a: b")]
        ['0.82', 'true', 'legal asked', '"350"', '"a: b"']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if _PLAIN.fullmatch(value) and not is_number(value) and value.lower() not in _READ_OTHERWISE and len(value) < 1000:
        return str(value)
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def inline(value: Plain) -> str:
    """A value on one line, in brackets or braces where it has parts.

    Example:
        >>> inline({"file": "p.csv", "rates": [1, 2]})
        '{file: p.csv, rates: [1, 2]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(inline, value)) + "]"
    return scalar(value)


def block(value: Plain, indent: int = 0) -> list[str]:
    """Lines of a mapping or list, parts indented by two spaces; what fits goes on one line.

    Example:
        >>> block({"a": [{"id": "x", "n": {"k": 1}}]})
        ['a:', '  - id: x', '    n: {k: 1}']
    """
    pad = " " * indent
    if isinstance(value, Mapping):
        return [line for key, part in value.items() for line in _member(scalar(key), part, indent)]
    lines = []
    for part in value:
        first, *rest = block(part, indent + 2) if isinstance(part, Mapping) and part else [pad + "  " + inline(part)]
        lines += [f"{pad}- {first[indent + 2 :]}", *rest]
    return lines


def _member(key: str, value: Plain, indent: int) -> list[str]:
    pad = " " * indent
    if not _deep(value) or not value:
        short = f"{pad}{key}: {inline(value)}"
        if isinstance(value, str | int | float) or not value or len(short) <= _WIDTH:
            return [short]
    return [f"{pad}{key}:", *block(value, indent + 2)]


def _deep(value: Plain) -> bool:
    if isinstance(value, Mapping):
        return len(value) > 3 or any(isinstance(part, Mapping) for part in value.values())
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value)
