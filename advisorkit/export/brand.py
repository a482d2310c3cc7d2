"""A consultancy's brand: what it may change about a deliverable, checked before it is used."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

from advisorkit.charts.theme import SANS, SERIF
from advisorkit.files.disk import read_bytes, read_source
from advisorkit.files.trees import Fields, Scalar, parse
from advisorkit.values.errors import EngagementError, Fault, nearest

MAX_LOGO = 60_000
"""Largest logo, in bytes: it is part of every page file."""
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Brand:
    """What a deliverable takes from its sender; the four pattern colours are not for sale.

    Example:
        >>> Brand(name="Elm Street Advisers").cover
        '#0F2A47'
    """

    name: str = ""
    """Name of the consultancy, on the cover."""
    logo: str = ""
    """Logo as a ``data:`` address; empty for none."""
    cover: str = "#0F2A47"
    """Ground of the cover; white text on it reaches 4.5:1."""
    serif: str = SERIF
    """Faces of advice and titles."""
    sans: str = SANS
    """Faces of everything else."""
    confidentiality: str = "Confidential"
    """Line at the foot of every page."""


def contrast(one: str, other: str) -> float:
    """Contrast of two hex colours, 1 to 21, as the accessibility guidelines (WCAG 2) define it.

    Example:
        >>> round(contrast("#FFFFFF", "#000000"), 1)
        21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def read_brand(path: str | Path) -> Brand:
    """The brand in a YAML file; its logo is a file beside it.

    Raises:
        EngagementError: If the file has faults; carries all of them.
    """
    source = read_source(path)
    root = parse(source)
    if not isinstance(root, Fields):
        raise EngagementError([Fault(source.file, "", "a brand file is a list of names and values")])
    found = {key.text: node for key, node in root.fields}
    lines = {key.text: key.line for key, _ in root.fields}
    words = {name: node.text for name, node in found.items() if isinstance(node, Scalar)}
    problems = [(name, _problem(name, words.get(name), Path(path).parent)) for name in found]
    faults = [Fault(source.file, f"line {lines[name]}", text, near) for name, (text, near) in problems if text]
    if faults:
        raise EngagementError(faults)
    brand = replace(Brand(), **words)
    return replace(brand, logo=_logo(Path(path).parent / brand.logo)) if brand.logo else brand


def _problem(name: str, value: str | None, folder: Path) -> tuple[str, tuple[str, ...]]:
    valid = [field.name for field in fields(Brand)]
    if name not in valid:
        return f"unknown name '{name}'; a brand has {', '.join(valid)}", nearest(name, valid)
    if value is None:
        return f"{name} must be a single value", ()
    return _CHECKS.get(name, _short)(value, folder), ()


def _short(value: str, _folder: Path) -> str:
    return "" if len(value) <= 120 else "is longer than 120 characters"


def _colour(value: str, _folder: Path) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        return f"'{value}' is not a colour; write it in quotes as \"#0F2A47\""
    weak = contrast(value, "#FFFFFF")
    return "" if weak >= 4.5 else f"white text on {value} is too faint ({weak:.1f}:1, 4.5:1 needed); take a darker colour"


def _faces(value: str, _folder: Path) -> str:
    return "" if re.fullmatch(r"[\w ,\"'-]{1,120}", value) else f"'{value}' is not a list of font names parted by commas"


def _picture(value: str, folder: Path) -> str:
    path = folder / value
    if path.suffix.lower() not in _KINDS:
        return f"logo {value} must be a PNG, JPEG or SVG file"
    if not path.resolve().is_relative_to(folder.resolve()):
        return f"logo {value} must lie beside the brand file"
    if not path.is_file():
        return f"there is no logo file {value} beside the brand file"
    return "" if path.stat().st_size <= MAX_LOGO else f"logo {value} is larger than {MAX_LOGO // 1000} kB"


_CHECKS = {"cover": _colour, "serif": _faces, "sans": _faces, "logo": _picture}


def _logo(path: Path) -> str:
    return f"data:{_KINDS[path.suffix.lower()]};base64,{base64.b64encode(read_bytes(path)).decode()}"
