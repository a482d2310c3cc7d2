"""Every format of a deliverable, once: who renders it, when it is whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from advisorkit.values.errors import RenderError


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
    whole: Callable[[bytes], bool]
    """Whether content opens and has its end."""
    renderer: str = ""
    """``module:function``, called with the executed notebook and the options, gives text or bytes; empty while it is not built."""


FORMATS = {
    one.name: one for one in (
        FileFormat("html", _html, "advisorkit.export.html:render"), FileFormat("pdf", _pdf),
        *(FileFormat(name, _office) for name in ("docx", "pptx", "xlsx")),
    )
}  # fmt: skip
"""Every format that is planned, in the order of lists; a new one needs its line here and its renderer."""
UNSEEN = "ADVISORKIT_UNSEEN"
"""Variable of a process in which a notebook runs and nobody looks at it: its blocks are drawn once, by the renderers."""
RENDERERS = {name: one.renderer for name, one in FORMATS.items() if one.renderer}
"""Renderer of every format that is built."""
_WHOLE = {"ipynb": _notebook} | {name: one.whole for name, one in FORMATS.items()}


def check(format: str, content: bytes) -> None:
    """Refuse content that does not open as `format` or lacks its end; other formats must only not be empty.

    Example:
        >>> check("html", b"<!doctype html><html></html>")
        >>> check("html", b"<!doctype html><html>")
        Traceback (most recent call last):
        advisorkit.values.errors.RenderError: the html file is not whole
    """
    if not _WHOLE.get(format, bool)(content):
        raise RenderError(f"the {format} file is not whole")
