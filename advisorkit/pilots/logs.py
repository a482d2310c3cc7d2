"""What a file of an evaluation tool is, told by its content, and the answers in it before a scorer is chosen.

The tools are described in ``data/logs.yaml``; what two of them do in ways of their own is in `advisorkit.pilots.tools`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisorkit.pilots.formats import ScoreAt, logbook, number, outcome, said, unjudged
from advisorkit.pilots.marked import COLUMNS
from advisorkit.values.errors import Fault

Row = Mapping[str, Any]
"""One answer as a tool wrote it."""
_LOOKED_AT = 100
_NOTED = frozenset(COLUMNS) - {"case", "right", "outcome", "input", "output"}


@dataclass(frozen=True, slots=True)
class Score:
    """One verdict on one answer."""

    value: Any
    """True or false, a word or a number; None where nobody judged."""
    stated: bool | None = None
    """Whether it passes, where the log says so."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One answer with every verdict on it."""

    where: str
    """Its place in the file."""
    cells: Row
    """Our columns but for the verdict."""
    scores: Mapping[str, Score]
    """Verdicts by scorer."""
    model: str = ""
    """Which model answered."""
    version: str = ""
    """Which prompt or run it was."""
    overall: Score | None = None
    """The tool's own verdict on all of it."""


@dataclass(slots=True)
class Log:
    """The answers of one file, and what was left out of it."""

    form: str
    """Id of its kind."""
    answers: list[Logged] = field(default_factory=list)
    """What may be judged."""
    left: Counter[str] = field(default_factory=Counter)
    """How many answers were left out, by reason."""
    headline: str = ""
    """Scorer that the log itself names first among several."""
    said: dict[str, str] = field(default_factory=dict)
    """What else the reader should know: the one value of a sentence, by its key."""
    reported: dict[str, float] = field(default_factory=dict)
    """Counts and scores of the tool's own."""
    faults: list[Fault] = field(default_factory=list)
    """What cannot be."""


def told(document: Any) -> tuple[str, list[Row], list[str]] | None:
    """The kind of a document, its answers and their places; None where no tool is known to write so.

    Example:
        >>> told([{"traceId": "t", "name": "ok", "value": 1, "dataType": "NUMERIC"}])[0]
        'langfuse_scores'
    """
    for name, form in logbook().formats.items():
        paths = form.rows.split("|") if isinstance(document, dict) else [""]
        found = {path: rows for path in paths if isinstance(rows := under(document, path) if path else document, list) and rows}
        pairs = [(row, f"{path}[{i}]") for path, rows in found.items() for i, row in enumerate(rows)]
        fits = isinstance(document, dict) and all(key in document for key in form.whole) if form.whole else bool(form.needs and pairs)
        if fits and all(any(isinstance(row, dict) and under_any(row, need) for row, _ in pairs[:_LOOKED_AT]) for need in form.needs):
            return name, [row for row, _ in pairs], [place for _, place in pairs]
    return None


def under(row: Any, path: str) -> Any:
    """What lies at a path, each step a key; a star takes every key that begins so.

    Example:
        >>> under({"a": {"b.c": 1}}, "a.b.c"), under({"in.x": 1, "in.y": 2}, "in.*")
        (1, {'x': 1, 'y': 2})
    """
    if not isinstance(row, dict) or not path:
        return None
    head, _, rest = path.partition(".")
    if path in row or not path.endswith("*"):
        return row[path] if path in row else under(row.get(head), rest)
    return {key[len(path) - 1 :]: value for key, value in row.items() if key.startswith(path[:-1])} or under(row.get(head), rest)


def first(row: Any, paths: str) -> Any:
    """The first thing that lies at one of some paths, parted by ``|``; None where there is none."""
    for path in paths.split("|"):
        if (value := under(row, path)) is not None and value not in ("", {}, []):
            return value
    return None


def items(row: Row, paths: str) -> list[Row]:
    """The mappings in the list at one of some paths, written as text or not."""
    found = _loaded(first(row, paths))
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _loaded(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
    except (ValueError, RecursionError):
        return value


def flag(value: Any, where: str, log: Log) -> bool | None:
    """True, false or None; anything else is a fault at its place."""
    if value is None or isinstance(value, bool):
        return value
    log.faults.append(Fault("", where, f"expected true or false, got {json.dumps(value, ensure_ascii=False, default=str)[:60]}"))
    return None


def described(log: Log, placed: Iterable[tuple[Row, str]]) -> Log:
    """The log with its answers, as the data describe them."""
    kind, pairs = logbook().formats[log.form], [*placed]
    columns = [name for rule in kind.scores if rule.rest for name in verdict_columns([row for row, _ in pairs], kind.text)]
    for i, (row, place) in enumerate(pairs, 1):
        if left := row.get("left") or ("errors" if first(row, kind.failed) is not None else ""):
            log.left[left] += 1
            continue
        broken = any(first(one, rule.failed) is not None for rule in kind.scores if rule.failed for one in items(row, rule.items))
        overall = None if kind.overall not in row else Score(None, None if broken else flag(row[kind.overall], f"{place}.{kind.overall}", log))
        cells = {name: first(row, path) for name, path in kind.cells.items()}
        cells |= {name: said(cells[name]) for name in ("input", "output", "note") if name in cells}
        cells |= {"date": str(cells.get("date") or "")[:10], "case": cells["case"] if "case" in kind.cells and under_any(row, kind.cells["case"]) else i}
        metadata = first(row, kind.metadata)
        noted = {name: value for name, value in metadata.items() if name in _NOTED} if isinstance(metadata, dict) else {}
        scores = {name: score for rule in kind.scores for name, score in _scores(row, rule, columns)}
        model, version = (said(first(row, path)) for path in (kind.model, kind.version))
        log.answers.append(Logged(place, noted | {name: value for name, value in cells.items() if value is not None or name == "case"}, scores, model, version, overall))
    return log


def under_any(row: Row, paths: str) -> bool:
    """Whether one of some paths is there, with something at it or not."""
    return any(path in row or under(row, path) is not None for path in paths.split("|"))


def _scores(row: Row, rule: ScoreAt, columns: Sequence[str]) -> Iterator[tuple[str, Score]]:
    for one in items(row, rule.items):
        stated, broken = one.get(rule.stated), bool(rule.failed and one.get(rule.failed))
        yield str(one.get(rule.name)), Score(None) if broken else Score(first(one, rule.value), stated if isinstance(stated, bool) else None)
    found = _loaded(under(row, rule.under))
    for name, value in found.items() if isinstance(found, dict) else ():
        yield name, Score(under(value, rule.value), value.get(rule.stated)) if isinstance(value, dict) else Score(value)
    if rule.one in row:
        yield str(row[rule.one]), Score(first(row, rule.value))
    limit = number(under(row, rule.limit))
    for name in columns if rule.rest else ():
        value = row.get(name)
        yield name, Score(value, None if limit is None or (given := number(value)) is None else given >= limit)


def verdict_columns(rows: Sequence[Row], text: Collection[str]) -> list[str]:
    """Columns that hold nothing but verdicts: numbers, words for right and wrong, or any words below a heading for grades."""
    names = dict.fromkeys(name for row in rows for name in row if name not in text)
    seen = {name: [value for row in rows if not unjudged(value := row.get(name))] for name in names}
    graded = logbook().grades
    return [n for n, values in seen.items() if values and (n.casefold() in graded or all(number(v) is not None or (isinstance(v, str) and outcome(v)) for v in values))]
