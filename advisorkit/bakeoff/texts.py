"""The client's texts: read by libraries, cut into passages, their size, language and doubles counted."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

from bs4 import BeautifulSoup

from advisorkit.bakeoff.search import language_of
from advisorkit.catalog.reading import text_classes
from advisorkit.files.disk import decode, read_bytes, within
from advisorkit.files.spots import fit
from advisorkit.files.trees import shown
from advisorkit.files.workbooks import bounded
from advisorkit.values.errors import EngagementError, Fault
from advisorkit.values.quantities import Estimate

PASSAGE = 1200
"""Characters of a passage, about half a page."""
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of one text."""

    file: str
    """Name of its file below the folder of texts."""
    text: str
    """What it says."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything that answers may draw on."""

    passages: tuple[Passage, ...] = ()
    """In order of files."""
    files: int = 0
    """Files read."""
    size: Estimate = field(default_factory=lambda: Estimate.of(0))
    """Tokens of all, doubles once."""
    language: str = ""
    """English name of their language, such as ``german``; empty where it is not told."""
    doubles: Mapping[str, str] = field(default_factory=dict)
    """Files left out because they say what another says, and that one."""
    scans: tuple[str, ...] = ()
    """Files that hold pictures of text and were left out."""


def _pdf(raw: bytes, _: str) -> str:
    document = import_module("pypdfium2").PdfDocument(raw)
    try:
        return "\n\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def _docx(raw: bytes, file: str) -> str:
    bounded(ZipFile(io.BytesIO(raw)), file)
    document = import_module("docx").Document(io.BytesIO(raw))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def _html(raw: bytes, file: str) -> str:
    page = BeautifulSoup(decode(raw, file)[0], "html.parser")
    for part in page(["script", "style", "nav"]):
        part.decompose()
    return page.get_text("\n")


READERS: Mapping[str, Callable[[bytes, str], str]] = {
    ".txt": lambda raw, file: decode(raw, file)[0], ".md": lambda raw, file: decode(raw, file)[0], ".html": _html, ".htm": _html, ".pdf": _pdf, ".docx": _docx,
}


def read_texts(folder: str | Path) -> Corpus:
    """The TXT, Markdown, HTML, PDF and DOCX files in a folder and below; those of other kinds are faults.

    Raises:
        EngagementError: If there is none, or one cannot be read; names every fault.
    """
    root, faults, found = Path(folder), list[Fault](), dict[str, str]()
    for path in sorted(one for one in root.rglob("*")
                       if one.is_file() and not any(part.startswith((".", "~$")) for part in one.relative_to(root).parts)):
        name = path.relative_to(root).as_posix()
        try:
            found[name] = _text(within(root, name), name)
        except EngagementError as error:
            faults += error.faults
    if not found and not faults:
        faults.append(Fault(str(folder), "", f"holds no text; read are {', '.join(READERS)}" if root.is_dir() else "there is no such folder"))
    if len(found) > _MOST:
        faults.append(Fault(str(folder), "", f"holds more than {_MOST:,} files; take those that the sample needs"))
    made = gathered(found)
    if made.scans and not made.passages:
        faults.append(Fault(str(folder), "", f"holds pictures of text and no text: {shown(', '.join(made.scans), 120)}; have them turned into text first"))
    if faults:
        raise EngagementError(faults)
    return made


def _text(path: Path, name: str) -> str:
    reader, raw = READERS.get(path.suffix.lower()), read_bytes(path)
    if reader is None:
        raise EngagementError([Fault(name, "", f"is of a kind that is not read; read are {', '.join(READERS)}")])
    try:
        return reader(raw, name)
    except ImportError:
        raise EngagementError([Fault(name, "", 'cannot be read here: python -m pip install "advisorkit[bakeoff]"')]) from None
    except EngagementError:
        raise
    except Exception:  # noqa: BLE001  libraries raise errors of many kinds on a broken file
        raise EngagementError([Fault(name, "", "is broken or locked; open it and save it anew")]) from None


def gathered(found: Mapping[str, str]) -> Corpus:
    """Texts by the name of their file, as one body.

    Example:
        >>> body = gathered({"a.txt": "The office closes at six.", "b.txt": "the office  closes at six!", "c.pdf": ""})
        >>> body.doubles, body.scans, [one.text for one in body.passages]
        ({'b.txt': 'a.txt'}, ('c.pdf',), ['The office closes at six.'])
    """
    scans = [name for name, text in found.items() if len(plain(text)) < 20 and name.casefold().endswith((".pdf", ".docx"))]
    first: dict[str, str] = {}
    for name, text in found.items():
        first.setdefault(plain(text), name)
    kept = [name for name in first.values() if name not in scans]
    doubles = {name: first[plain(found[name])] for name in found if name not in scans and name not in kept}
    passages = tuple(Passage(name, part) for name in kept for part in _passages(found[name]))
    size = text_classes()["prose"].of_characters(sum(len(one.text) for one in passages))
    return Corpus(passages, len(found), size, language_of(" ".join(one.text for one in passages[:50])), doubles, tuple(scans))


def plain(text: str) -> str:
    """A text as it is compared: words alone, without case.

    Example:
        >>> plain("It's  OK!")
        'it s ok'
    """
    return " ".join(re.findall(r"\w+", text.casefold()))


_SAID = re.compile(r"(?<!\w)-(?=[.,]?\d)|(?<=\w)[+#]+|[%‰<>≤≥=$€£¥]|\w+")


def worded(text: str) -> str:
    """A text as answers are compared: words without case, and the signs that turn what they say.

    Example:
        >>> worded("It's  −5 %!"), worded("C#") == worded("C++")
        ('it s - 5 %', False)
    """
    return " ".join(_SAID.findall(text.casefold().replace("−", "-"))) or text.strip()


def _passages(text: str) -> Iterator[str]:
    """Parts of at most `PASSAGE` characters, cut between paragraphs, else between sentences, else anywhere."""
    held = ""
    for piece in _pieces(text):
        if held and len(held) + len(piece) > PASSAGE:
            yield held.strip()
            held = ""
        held += piece
    if held.strip():
        yield held.strip()


def _pieces(text: str) -> Iterator[str]:
    for paragraph in re.split(r"(?<=\n)\s*\n", fit(text)):
        for sentence in [paragraph + "\n\n"] if len(paragraph) <= PASSAGE else re.split(r"(?<=[.!?])\s+", paragraph):
            yield from (sentence[at : at + PASSAGE] + (" " if len(paragraph) > PASSAGE else "") for at in range(0, max(1, len(sentence)), PASSAGE))


def whole(passages: Sequence[Passage]) -> str:
    """All passages with their files, as they are put into one prompt."""
    return "\n\n".join(f"[{one.file}]\n{one.text}" for one in passages)

