"""What is known of tools' files and of words for verdicts, as reviewed data (``data/logs.yaml``)."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from advisorkit.files.amounts import words as amount_words
from advisorkit.files.spots import MAX_TEXT
from advisorkit.files.typed import data


@dataclass(frozen=True, slots=True)
class ScoreAt:
    """Where a tool writes its verdicts on one answer."""

    items: str = ""
    """Key of a list of them."""
    under: str = ""
    """Key, or beginning of keys, below which each has its name."""
    one: str = ""
    """Key of the name where a row is one verdict."""
    rest: bool = False
    """Whether every column that holds nothing but verdicts is one."""
    name: str = ""
    """Key of the name in a list."""
    value: str = ""
    """Key of the verdict in a list, or below a name."""
    stated: str = ""
    """Key that says whether it passed."""
    failed: str = ""
    """Key that says why the test itself failed."""
    limit: str = ""
    """Key of the least number that passes."""


@dataclass(frozen=True, slots=True)
class LogFormat:
    """One kind of file."""

    title: str
    """What it is, for messages."""
    rows: str = ""
    """Where its answers lie; a list of answers is recognised too."""
    whole: tuple[str, ...] = ()
    """Keys of the whole document."""
    needs: tuple[str, ...] = ()
    """Keys of an answer."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """Our columns and where they lie."""
    text: tuple[str, ...] = ()
    """Columns that are no verdicts."""
    metadata: str = "metadata"
    """Where our columns may stand under their own names."""
    instead: str = ""
    """What to write in its place, where this kind says too little to be read."""
    model: str = ""
    """Where the model's name lies."""
    version: str = ""
    """Where the name of the run or prompt lies."""
    overall: str = ""
    """Where the tool's own verdict on the whole answer lies."""
    failed: str = ""
    """Where the reason lies why there is no answer."""
    scores: tuple[ScoreAt, ...] = ()
    """Where the verdicts lie."""


@dataclass(frozen=True, slots=True)
class LogBook:
    """Everything that is known of tools' files and of words for verdicts."""

    formats: Mapping[str, LogFormat]
    """Kinds of files by id; the first that fits is it."""
    words: Mapping[str, tuple[str, ...]]
    """Words for each outcome."""
    marks: Mapping[str, tuple[str, ...]]
    """Other words for what is chosen from a list in marks; the first is offered."""
    synonyms: Mapping[str, tuple[str, ...]]
    """Usual names of our columns in other people's tables."""
    grades: tuple[str, ...]
    """Headings below which any word is a grade."""
    verdicts: tuple[str, ...]
    """Words of headings below which stand verdicts on answers."""
    failures: tuple[str, ...]
    """Those of them below which yes says that an answer is wrong."""
    crashed: tuple[str, ...]
    """How reasons begin that tell of a test's own failure."""
    aside: tuple[str, ...]
    """Kinds of checks that say nothing of an answer's rightness."""


@cache
def logbook() -> LogBook:
    """The reviewed data on tools' files.

    Example:
        >>> logbook().formats["ragas"].title
        'Ragas results'
    """
    found: LogBook = data("logs.yaml", LogBook, {})
    return found


def unjudged(value: Any) -> bool:
    """Whether a verdict is none."""
    return value is None or (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, str) and outcome(value) == "not_judged")


def outcome(word: str) -> str | None:
    """What a word for a verdict means.

    Example:
        >>> outcome("Passed"), outcome("B")
        ('right', None)
    """
    plain = word.strip().casefold()
    return next((name for name, words in logbook().words.items() if plain in words), None)


def means_verdict(heading: str) -> bool:
    """Whether a heading says that what stands below it is a verdict on an answer.

    Example:
        >>> [means_verdict(heading) for heading in ("Is correct?", "LLM_grade", "testPassed", "regulated", "Case no")]
        [True, True, True, False, False]
    """
    return bool(_in_heading(heading) & {*logbook().grades, *logbook().verdicts})


def means_failure(heading: str) -> bool:
    """Whether a yes below a heading says that an answer is wrong.

    Example:
        >>> [means_failure(heading) for heading in ("Wrong", "testFailed", "falsch?", "Right or wrong", "not wrong", "correct")]
        [True, True, True, False, False, False]
    """
    words, known = _in_heading(heading), logbook()
    return bool(words & {*known.failures}) and not words & {*known.words["right"], *known.words["wrong"], *amount_words("negations"), "free", "frei"} - {*known.failures}


def _in_heading(heading: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading))}


def number(value: Any) -> float | None:
    """A verdict as a number; None where it is none.

    Example:
        >>> number("0.8"), number(True), number("B"), number("80%")
        (0.8, 1.0, None, 0.8)
    """
    try:
        found = float(value[:-1]) / 100 if isinstance(value, str) and value.endswith("%") else float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def said(value: Any) -> str:
    """What was asked or answered, as text cut to what is kept."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return (text if text.isprintable() else "".join(c for c in text if c.isprintable() or c in "\n\t"))[:MAX_TEXT]
