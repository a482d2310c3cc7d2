"""A consultancy's brand: what it may change about a deliverable, checked before it is used."""

import io
import re
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from advisorkit.charts.theme import SANS, SERIF
from advisorkit.files.disk import folder_of, read_bytes, read_source, walk, within
from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse, shown
from advisorkit.files.typed import Form, whole
from advisorkit.values.messages import EngagementError, Fault, RenderError, nearest
from advisorkit.values.written import Named

MAX_LOGO = 60_000
"""Largest logo, in bytes: it is part of every page file."""
MAX_SIDE = 4_000
"""Widest and highest logo, in points of a PNG or JPEG."""
LONGEST_SIDE = 20
"""How many times as wide as high a logo may be, or as high as wide: more would not fit on a line."""
MAX_DEPTH = 200
"""How deep the elements of an SVG logo may be nested; from 1,024 on typst refuses it."""
MAX_MASTER = 5_000_000
"""Largest PowerPoint master or Word base, in bytes."""
_READ = {"PNG", "JPEG", "MPO"}
"""Kinds of pictures that every format draws; the last is what some cameras make of JPEG."""
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
    pptx_master: Annotated[str, Named("master")] = ""
    """A client's PowerPoint master on which slides stand, in base64; empty for ours."""
    docx_base: Annotated[str, Named("base")] = ""
    """A client's Word file whose styles a document takes, in base64; empty for ours."""


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
    folder = folder_of(path)
    logo = _checked(lambda name: _beside(name, folder, "logo", _KINDS, "PNG, JPEG or SVG", MAX_LOGO) or _picture(folder / name), lambda name: _logo(folder / name))
    master, base = (_checked(partial(_office, folder, what), lambda name: b64encode(read_bytes(folder / name)).decode()) for what in _OFFICE)
    forms = {"line": _checked(_short), "colour": _checked(_colour, blank=False), "faces": _checked(_faces, blank=False), "picture": logo, "master": master, "base": base}
    brand: Brand | None = whole(Brand, forms).read(Spot(parse(source), "", source.file, faults))
    if faults or brand is None:
        raise EngagementError(faults)
    return brand


def _checked(problem: Callable[[str], str], made: Callable[[str], str] = str, *, blank: bool = True) -> Form:
    def read(spot: Spot) -> str | None:
        text = "" if spot.absent else spot.text()
        if spot.absent and not blank:
            spot.fault("is empty: leave the line out to take ours; a colour needs quotes, as what stands behind # is a remark")
            return None
        if text == "" and spot.absent:
            return ""
        if text is not None and (why := problem(text)):
            spot.fault(why)
            return None
        return None if text is None else made(text)

    return Form(read, blank=True)


def _short(value: str) -> str:
    if not value.isprintable():
        return "is one line without invisible signs"
    return "" if len(value) <= 120 else "is longer than 120 characters"


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        return f"'{value}' is not a colour; write it in quotes as \"#0F2A47\""
    weak = contrast(value, "#FFFFFF")
    return "" if weak >= 4.5 else f"white text on {value} is too faint ({weak:.1f}:1, 4.5:1 needed); take a darker colour"


def _faces(value: str) -> str:
    return "" if re.fullmatch(r"[\w ,\"'-]{1,120}", value) else f"'{value}' is not a list of font names parted by commas"


_OFFICE = {"master": (".pptx", "PowerPoint", "pptx", "pptx_shapes:master_of"), "base": (".docx", "Word", "docx", "docx:base_of")}
"""A client's own file: its ending, its program, the package that reads it, and our function that takes it or says what it lacks."""


def _office(folder: Path, what: str, value: str) -> str:
    ending, program, package, taker = _OFFICE[what]
    why = _beside(value, folder, what, (ending,), f"{program} ({ending})", MAX_MASTER)
    if why or find_spec(package) is None:
        return why or f"{what} {value} cannot be read: pip install 'advisorkit[formats]'"
    module, _, name = taker.partition(":")
    try:
        getattr(import_module(f"advisorkit.export.{module}"), name)(read_bytes(folder / value))
    except RenderError as error:
        return f"{what} {value} {error}"
    except Exception:  # noqa: BLE001 - a broken file fails in many ways
        return f"{what} {value} is no {program} file that can be read"
    return ""


def _beside(value: str, folder: Path, what: str, kinds: Collection[str], words: str, most: int) -> str:
    path = folder / value
    if path.suffix.lower() not in kinds:
        return f"{what} {value} must be a {words} file"
    try:
        within(folder, value).exists()
    except (EngagementError, OSError):
        return f"{what} {value} must lie beside the brand file"
    if not path.is_file():
        near = nearest(path.name, [one.name for one in sorted(folder.iterdir()) if one.suffix.lower() in kinds])
        return f"there is no {what} file {value} beside the brand file{f'; did you mean {near[0]}?' if near else ''}"
    return "" if path.stat().st_size <= most else f"{what} {value} is larger than {most // 1000} kB"


def _picture(path: Path) -> str:
    """Why a logo cannot be drawn in every format; empty when it can."""
    linked, active, names, sizes, open_, deepest = list[str](), list[str](), list[str](), list[float](), list[str](), 0

    def start(name: str, given: Mapping[str, str]) -> None:
        nonlocal deepest
        open_.append(name)
        deepest = max(deepest, len(open_))
        linked.extend(value for key, value in given.items() if key.endswith("href") and not value.startswith(("#", "data:")))
        active.extend([name] if name in {"script", "foreignObject"} else [key for key in given if key.startswith("on")])
        sizes.extend(() if names else _sides(given))
        names.append(name)

    try:
        raw = read_bytes(path)
        if path.suffix.lower() == ".svg":
            walk(raw, start, lambda _: open_.pop())
            linked.extend(re.findall(r"(?:@import|url\()[\s'\"]*(?!url\(|#|data:)([^\s'\");]+)", raw.decode(errors="replace")))
        elif find_spec("PIL"):
            image = import_module("PIL.Image").open(io.BytesIO(raw))
            if max(image.size) > MAX_SIDE:
                return f"logo {path.name} is {image.size[0]} by {image.size[1]} points large; the most is {MAX_SIDE} on a side"
            if image.format not in _READ:
                return f"logo {path.name} is a {image.format} file in spite of its name; save it as PNG or JPEG"
            if image.mode == "CMYK":
                return f"logo {path.name} is in the colours of print (CMYK); save it in those of screens (RGB)"
            sizes.extend(image.size)
            image.load()
    except Exception:  # noqa: BLE001 - a broken picture fails in many ways
        return f"logo {path.name} is no picture that can be read; save it anew"
    if names and (names[0] != "svg" or b"http://www.w3.org/2000/svg" not in raw):
        return f"logo {path.name} is no SVG"
    if deepest > MAX_DEPTH:
        return f"logo {path.name} is nested more than {MAX_DEPTH} deep; save it as a plain picture"
    if sizes and not 0 < max(sizes) <= LONGEST_SIDE * min(sizes):
        return f"logo {path.name} is {sizes[0]:g} by {sizes[1]:g} points large; one side may be {LONGEST_SIDE} times the other, and neither nothing"
    if active:
        return f"logo {path.name} holds {active[0]}, which no document draws; save it as a plain picture"
    return f"logo {path.name} links to {shown(linked[0])}; put the picture itself into it" if linked else ""


def _sides(given: Mapping[str, str]) -> tuple[float, ...]:
    """Width and height of an SVG as its first element gives them, or its box does; nothing where neither says."""
    box = re.split(r"[\s,]+", given.get("viewBox", "").strip())[2:]
    asked = [given.get(name, "") for name in ("width", "height")]
    found = [re.match(r"-?[\d.]+(?:e\d+)?", side if side and "%" not in side else boxed) for side, boxed in zip(asked, box or ("", ""), strict=False)]
    return tuple(float(side[0]) for side in found if side) if all(found) else ()


def _logo(path: Path) -> str:
    return f"data:{_KINDS[path.suffix.lower()]};base64,{b64encode(read_bytes(path)).decode()}"
