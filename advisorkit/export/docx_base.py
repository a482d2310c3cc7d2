"""The Word file whose styles a document takes, ours or a client's own."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from advisorkit.export.pptx_master import small

WANTED = ("Normal", "heading 1", "heading 2", "heading 3", "caption")
"""Names of the styles that a base must have."""
OURS = frozenset({"ListBullet", "ListNumber", "Title", "Subtitle", "Header", "Footer"})
"""Styles that stay ours: they count with our own lists, stand on the cover's colour, or part a line in two."""


def base_of(content: bytes) -> Any:
    """The Word file in `content`, or an empty one of ours where there is none.

    Raises:
        ValueError: If it lacks a style; other errors if it is broken.
    """
    if not content:
        return docx.Document()
    found = docx.Document(io.BytesIO(small(content)))
    names = {_name(one) for one in _styles(found.styles.element)}
    if missing := [name for name in WANTED if name.casefold() not in names]:
        raise ValueError(f"has no style {', '.join(missing)}")
    if not any(link.reltype == RELATIONSHIP_TYPE.NUMBERING for link in found.part.rels.values()):
        found.part.relate_to(docx.Document().part.numbering_part, RELATIONSHIP_TYPE.NUMBERING)
    return found


def problem(content: bytes) -> str:
    """Why `content` cannot be a base; empty when it can."""
    try:
        base_of(content)
    except ValueError as error:
        return str(error) if str(error).startswith(("has no", "unpacks")) else "is no Word file that can be read"
    except Exception:  # noqa: BLE001 - a broken file fails in many ways
        return "is no Word file that can be read"
    return ""


def joined(theirs: Any, ours: Any) -> list[Any]:
    """A base's own styles under the ids by which we call them, and those of ours that it has not."""
    called = {_name(one): one.get(qn("w:styleId")) for one in _styles(ours)}
    new = {one.get(qn("w:styleId")): called[_name(one)] for one in _styles(theirs) if _name(one) in called}
    for one in theirs.iter():
        for key in (qn("w:styleId"), qn("w:val")):
            if one.tag in {qn(f"w:{tag}") for tag in ("style", "basedOn", "next", "link")} and one.get(key) in new:
                one.set(key, new[one.get(key)])
    kept = [one for one in theirs if one.get(qn("w:styleId")) not in OURS]
    there = {one.get(qn("w:styleId")) for one in kept}
    return [*kept, *(one for one in _styles(ours) if one.get(qn("w:styleId")) not in there)]


def _styles(element: Any) -> list[Any]:
    return list(element.findall(qn("w:style")))


def _name(style: Any) -> str:
    return str(style.find(qn("w:name")).get(qn("w:val"))).casefold()
