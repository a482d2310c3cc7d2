"""Whether a finished deliverable opens and is whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

from advisorkit.values.errors import RenderError


def check(format: str, content: bytes) -> None:
    """Refuse content that does not open as `format` or lacks its end; other formats must only not be empty.

    Example:
        >>> check("html", b"<!doctype html><html></html>")
        >>> check("html", b"<!doctype html><html>")
        Traceback (most recent call last):
        advisorkit.values.errors.RenderError: the html file is not whole
    """
    whole = _WHOLE.get(format, bool)
    if not whole(content):
        raise RenderError(f"the {format} file is not whole")


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


_WHOLE: dict[str, Callable[[bytes], bool]] = {
    "html": _html,
    "pdf": _pdf,
    "docx": _office,
    "pptx": _office,
    "xlsx": _office,
    "ipynb": _notebook,
}
