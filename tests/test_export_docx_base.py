"""A Word document on a client's own file: its styles, every word, and a base that lacks one named."""

from __future__ import annotations

import io
import re
import zipfile
from base64 import b64decode, b64encode
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from sample_pages import whole

from advisorkit.export.brand import Brand, read_brand
from advisorkit.export.docx import render
from advisorkit.values.messages import EngagementError

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def base(gone: str = "", local: bool = False) -> bytes:
    """A client's letter with a face of its own for headings; one style `gone`, ids as a `local` Word writes them."""
    letter = docx.Document()
    letter.add_paragraph("Their letterhead").add_run().add_picture(io.BytesIO(b64decode(DOT)))
    letter.add_comment(letter.paragraphs[0].runs, "Ask Ms Keen", "Ann")
    letter.sections[0].header.paragraphs[0].text = "Dear other client"
    letter.styles["Heading 1"].font.name = "Papyrus"
    for style in list(letter.styles.element.findall(qn("w:style"))):
        name = style.find(qn("w:name")).get(qn("w:val"))
        if name == gone:
            letter.styles.element.remove(style)
        elif local and name == "heading 1":
            style.set(qn("w:styleId"), "berschrift1")
    made = io.BytesIO()
    letter.save(made)
    return made.getvalue()


def words(content: bytes) -> list[str]:
    return [part.text for part in docx.Document(io.BytesIO(content)).element.body.iter(qn("w:t"))]


@pytest.fixture(scope="module")
def ours() -> list[str]:
    return words(render(whole(), brand=Brand(name="Elm Street")))


@pytest.mark.parametrize("local", [False, True])
def test_a_document_takes_the_styles_of_a_client_s_own_file_and_keeps_every_word(local: bool, tmp_path: Path, ours: list[str]) -> None:
    (tmp_path / "letter.docx").write_bytes(base(local=local))
    (tmp_path / "brand.yaml").write_text("name: Elm Street\ndocx_base: letter.docx\n", encoding="utf-8")

    made = render(whole(), brand=read_brand(tmp_path / "brand.yaml"))

    found = docx.Document(io.BytesIO(made))
    assert found.styles["Heading 1"].font.name == "Papyrus"
    ids = {style.get(qn("w:styleId")) for style in found.styles.element.findall(qn("w:style"))}
    used = {style.get(qn("w:val")) for style in found.element.body.iter(qn("w:pStyle"))}
    assert used <= ids and "Heading1" in used and "berschrift1" not in ids
    assert str(found.styles["Title"].font.color.rgb) == "FFFFFF"  # it stands on the cover's dark ground
    captions = [one for one in found.element.body.iter(qn("w:p")) if one.pPr is not None and one.pPr.pStyle is not None and one.pPr.pStyle.val == "Caption"]
    assert captions and all(one.pPr.keepNext is not None for one in captions), "a caption stays with what it is of, whatever their style says"
    assert words(made) == ours
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    assert not [name for name, part in held.items() if b64decode(DOT) == part or re.search(b"Ms Keen|Dear other client|letterhead", part)], "nothing of the letter itself"
    assert made == render(whole(), brand=read_brand(tmp_path / "brand.yaml"))


@pytest.mark.parametrize(("content", "why"), [(base("caption"), "has no style caption"), (b"no file", "is no Word file that can be read")])
def test_a_base_that_cannot_be_used_is_refused_by_name(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "letter.docx").write_bytes(content)
    (tmp_path / "brand.yaml").write_text("docx_base: letter.docx\n", encoding="utf-8")

    with pytest.raises(EngagementError, match=f"brand.yaml: line 1, docx_base: base letter.docx {why}"):
        read_brand(tmp_path / "brand.yaml")


def test_a_base_without_lists_of_its_own_gets_ours() -> None:
    letter = docx.Document(io.BytesIO(base()))
    (link,) = [rel.rId for rel in letter.part.rels.values() if rel.reltype.endswith("/numbering")]
    letter.part.drop_rel(link)
    made = io.BytesIO()
    letter.save(made)

    assert "ListBullet" in {one.get(qn("w:val")) for one in docx.Document(io.BytesIO(render(whole(), brand=Brand(docx_base=b64encode(made.getvalue()).decode())))).element.body.iter(qn("w:pStyle"))}
