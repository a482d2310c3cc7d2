"""A consultancy's brand: what it may change about a deliverable, checked before it is used."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from advisorkit.charts.theme import SANS, SERIF
from advisorkit.files.disk import read_bytes, read_source, within
from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse
from advisorkit.files.typed import Form, whole
from advisorkit.values.errors import EngagementError, Fault
from advisorkit.values.written import Named

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

    name: Annotated[str, Named("line")] = ""
    """Name of the consultancy, on the cover."""
    logo: Annotated[str, Named("picture")] = ""
    """Logo as a ``data:`` address; empty for none."""
    cover: Annotated[str, Named("colour")] = "#0F2A47"
    """Ground of the cover; white text on it reaches 4.5:1."""
    serif: Annotated[str, Named("faces")] = SERIF
    """Faces of advice and titles."""
    sans: Annotated[str, Named("faces")] = SANS
    """Faces of everything else."""
    confidentiality: Annotated[str, Named("line")] = "Confidential"
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
    faults: list[Fault] = []
    folder = Path(path).parent
    logo = _checked(lambda name: _picture(name, folder), lambda name: _logo(folder / name))
    forms = {"line": _checked(_short), "colour": _checked(_colour), "faces": _checked(_faces), "picture": logo}
    brand: Brand | None = whole(Brand, forms).read(Spot(parse(source), "", source.file, faults))
    if faults or brand is None:
        raise EngagementError(faults)
    return brand


def _checked(problem: Callable[[str], str], made: Callable[[str], str] = str) -> Form:
    def read(spot: Spot) -> str | None:
        text = spot.text()
        if text is not None and (why := problem(text)):
            spot.fault(why)
            return None
        return None if text is None else made(text)

    return Form(read, blank=True)


def _short(value: str) -> str:
    return "" if len(value) <= 120 else "is longer than 120 characters"


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        return f"'{value}' is not a colour; write it in quotes as \"#0F2A47\""
    weak = contrast(value, "#FFFFFF")
    return "" if weak >= 4.5 else f"white text on {value} is too faint ({weak:.1f}:1, 4.5:1 needed); take a darker colour"


def _faces(value: str) -> str:
    return "" if re.fullmatch(r"[\w ,\"'-]{1,120}", value) else f"'{value}' is not a list of font names parted by commas"


def _picture(value: str, folder: Path) -> str:
    path = folder / value
    if path.suffix.lower() not in _KINDS:
        return f"logo {value} must be a PNG, JPEG or SVG file"
    try:
        within(folder, value).exists()
    except (EngagementError, OSError):
        return f"logo {value} must lie beside the brand file"
    if not path.is_file():
        return f"there is no logo file {value} beside the brand file"
    return "" if path.stat().st_size <= MAX_LOGO else f"logo {value} is larger than {MAX_LOGO // 1000} kB"


def _logo(path: Path) -> str:
    return f"data:{_KINDS[path.suffix.lower()]};base64,{base64.b64encode(read_bytes(path)).decode()}"
