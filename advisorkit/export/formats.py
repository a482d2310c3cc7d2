"""Every format of a deliverable, once: who renders it, when it is whole."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from advisorkit.values.messages import RenderError, UsageError


def _html(content: bytes) -> bool:
    return content[:64].lstrip().lower().startswith(b"<!doctype html") and content[-64:].rstrip().endswith(b"</html>")


def _pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-") and content[-64:].rstrip().endswith(b"%%EOF")


def _office(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "[Content_Types].xml" in parts.namelist() and parts.testzip() is None
    except zipfile.BadZipFile:
        return False


def _notebook(content: bytes) -> bool:
    try:
        return "cells" in json.loads(content)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format that a consultant can ask for."""

    name: str
    """What stands after ``--to`` and, as an extension, in the file's name."""
    title: str
    """What notebook programs call it where they export."""
    mime: str
    """Its media type."""
    whole: Callable[[bytes], bool]
    """Whether content opens and has its end."""
    needs: tuple[str, ...] = ()
    """Packages that it imports and that come with ``advisorkit[formats]``."""

    @property
    def renderer(self) -> str:
        """``module:function``, called with the executed notebook and the options, gives text or bytes."""
        return f"advisorkit.export.{self.name}:render"


_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS = {
    one.name: one for one in (
        FileFormat("html", "Advice report (HTML)", "text/html", _html),
        FileFormat("pdf", "Advice report (PDF)", "application/pdf", _pdf, ("typst", "fontpkg_arimo")),
        FileFormat("docx", "Advice report (Word)", f"{_OFFICE}.wordprocessingml.document", _office, ("docx", "typst", "fontpkg_arimo")),
        FileFormat("pptx", "Board deck (PowerPoint)", f"{_OFFICE}.presentationml.presentation", _office, ("pptx",)),
        FileFormat("xlsx", "Cost workbook (XLSX)", f"{_OFFICE}.spreadsheetml.sheet", _office),
    )
}  # fmt: skip
"""Every format in the order of lists; a new one needs its line here, its module with `render`, and its exporter."""
MAX_UNPACKED = 60_000_000
"""Largest master or base, in bytes of its unpacked parts."""
UNSEEN = "ADVISORKIT_UNSEEN"
"""Variable of a process in which a notebook runs and nobody looks at it: its blocks are drawn once, by the renderers."""
WANTED = "ADVISORKIT_WANTED"
"""Variable of such a process: the formats that are made, parted by blanks; what is shown for another one alone is left out."""
RENDERERS = {name: one.renderer for name, one in FORMATS.items()}
"""Renderer of every format."""


def ready() -> tuple[str, ...]:
    """Formats that can be made on this machine, with their packages here."""
    return tuple(name for name in FORMATS if all(map(find_spec, FORMATS[name].needs)))


def chosen(names: Iterable[str], where: str = "") -> tuple[str, ...]:
    """`names` of formats, each once; `where` says in a refusal what asked for them.

    Raises:
        UsageError: If one is unknown or lacks a package on this machine.
    """
    asked = tuple(dict.fromkeys(names))
    if unknown := [name for name in asked if name not in FORMATS]:
        raise UsageError(f"{where}no format {', '.join(unknown)}; there is {', '.join(FORMATS)}")
    if lacking := [name for name in asked if not all(map(find_spec, FORMATS[name].needs))]:
        raise UsageError(f"{where}{', '.join(lacking)} needs packages that are not here: pip install 'advisorkit[formats]'")
    return asked


def settled(office: bytes, *, inner: bool = False) -> bytes:
    """An office file with its parts in order and without the time of writing, so that the same parts give the same bytes; workbooks inside it likewise."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office)) as parts, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(parts.namelist()):
            part = settled(parts.read(name), inner=True) if name.endswith(".xlsx") else parts.read(name)
            if inner and name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"1980-01-01T00:00:00Z", part)
            out.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unsigned(links: Any) -> None:
    """Take out of an office file the picture of its old first page, and what its owner's programs note of it."""
    for name in [name for name, link in links.items() if link.reltype.endswith(("/thumbnail", "/custom-properties"))]:
        links.pop(name)


def small(content: bytes) -> bytes:
    """`content`, unless it unpacks to more than any master or base should."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
            raise RenderError(f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB")
    return content


_WHOLE = {"ipynb": _notebook} | {name: one.whole for name, one in FORMATS.items()}


def check(format: str, content: bytes) -> None:
    """Refuse content that does not open as `format` or lacks its end; other formats must only not be empty.

    Example:
        >>> check("html", b"<!doctype html><html></html>")
        >>> check("html", b"<!doctype html><html>")
        Traceback (most recent call last):
        advisorkit.values.messages.RenderError: the html file is not whole
    """
    if not _WHOLE.get(format, bool)(content):
        raise RenderError(f"the {format} file is not whole")
