"""Marked cases, one mark a row, and the reading of such rows: every contradiction is named."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Literal, get_args

from advisorkit.files.amounts import words
from advisorkit.files.numbers import ONE, Measure
from advisorkit.files.spots import Spot, unfit
from advisorkit.files.tables import as_day
from advisorkit.files.texts import Texts
from advisorkit.files.trees import Fields, Items, Scalar, shown, tree
from advisorkit.pilots.formats import logbook, outcome
from advisorkit.values.messages import Fault, PilotError, UnmarkedError, here, on_line
from advisorkit.values.quantities import Estimate

_say = Texts("pilots").say

Failure = Literal["information", "behaviour", "unclear", "label"]
Outcome = Literal["right", "wrong", "declined", "not_judged"]
Severity = Literal["minor", "major", "critical"]
Arm = Literal["today", "prompt", "rag", "finetune", "hybrid"]

FAILURES: tuple[Failure, ...] = get_args(Failure)
"""Why an answer failed: information was missing, it answered badly, nobody can tell, or the expected answer is wrong."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""What came of a case; marks that nobody judged are left out when a file is read."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""How bad a wrong answer is, mildest first."""
ARMS: tuple[Arm, ...] = get_args(Arm)
"""Whose answer was marked: people's, as they work today, or a pattern's."""


@dataclass(frozen=True, slots=True)
class MarkedCase:
    """One mark.

    Example:
        >>> MarkedCase("17", outcome="wrong", failure="information").judged
        True
        >>> MarkedCase("18", outcome="wrong", failure="label").judged
        False
    """

    case: str
    """Name or number of the case."""
    outcome: Outcome
    """Right, wrong or declined."""
    failure: Failure | None = None
    """Why it failed; None when right, or when it declined and nobody said why."""
    severity: Severity | None = None
    """How bad the wrong answer is; None when nobody said."""
    fixed_by_text: bool | None = None
    """Whether pasting the right text into the request made the answer right; None when not tried."""
    passage_found: bool | None = None
    """Whether the search brought the right passage; None when there was no search or nobody looked."""
    marker: str = ""
    """Who marked it; initials are enough."""
    arm: Arm | Literal[""] = ""
    """Whose answer it is; empty for that of the piloted pattern."""
    run: str = ""
    """Which run of the system, when a case was answered several times."""
    version: str = ""
    """Version of the prompt or system that answered."""
    date: date | None = None
    """Day of the mark."""
    segment: str = ""
    """Part of the work that the case stands for, such as a product line."""
    sampling: Literal["", "random", "chosen"] = ""
    """How the case was drawn; empty when nobody said."""
    input_tokens: float | None = None
    """Tokens read by the model."""
    output_tokens: float | None = None
    """Tokens written by the model."""
    minutes: float | None = None
    """Minutes a person needed to check or mend the answer."""
    seconds: float | None = None
    """Seconds that the system took to answer."""
    input: str = ""
    """What was asked."""
    output: str = ""
    """What the system answered."""
    note: str = ""
    """The marker's note."""
    own: tuple[tuple[str, str], ...] = ()
    """What stands in columns of the file's own."""

    @property
    def judged(self) -> bool:
        """Whether the mark says something of the answer; False when the expected answer itself was wrong."""
        return self.failure != "label"


@dataclass(frozen=True, slots=True)
class MarkedResults:
    """Every mark of one results file, whole."""

    file: str
    """Name of the file as the user gave it."""
    form: str
    """What kind of file it was: ``table``, or the id of a tool's form in ``data/logs.yaml``."""
    marks: tuple[MarkedCase, ...]
    """In file order; at least one."""
    pass_mark: float | None = None
    """Share right agreed before the pilot, when the file carries it, 0 to 1."""
    warnings: tuple[str, ...] = ()
    """What weakens the results, such as lines that are not marked yet."""
    reported: Mapping[str, float] = field(default_factory=dict)
    """Counts and scores that the tool itself reports, for comparison; empty for tables."""
    notices: tuple[str, ...] = ()
    """What whoever reads the file in should look at, such as an old encoding; nothing for a client."""
    made_for: Mapping[str, str] = field(default_factory=dict)
    """The engagement, workflow and pattern for which our own sheet was made, by these words; empty where it does not say so."""


REQUIRED: tuple[str, ...] = ("case", "right")
"""Columns that every file needs."""
COLUMNS: tuple[str, ...] = (
    "case", "right", "failure", "outcome", "severity", "fixed_by_text", "passage_found", "arm", "marker", "run", "version",
    "date", "segment", "sampling", "input_tokens", "output_tokens", "minutes", "seconds", "input", "output", "note",
)  # fmt: skip
"""Every column that is read."""

AMOUNTS: tuple[str, ...] = ("input_tokens", "output_tokens", "minutes", "seconds")
"""Columns that hold amounts."""

_OFF = 0.85
_ONCE = ("case", "marker", "run", "arm", "version", "model")
_MARKS = ("right", "outcome", "failure", "severity", "fixed_by_text")


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One row before it is understood."""

    place: Spot
    """The row itself; faults of the whole row go there."""
    cells: Mapping[str, Spot]
    """What is filled in, by column."""

    def fault(self, message: str, *columns: str) -> None:
        """Note a fault of this row in `columns`, filled in or not."""
        path = ", ".join(self.cells[name].path if name in self.cells else f"{self.place.path}, {name}".strip(", ") for name in columns)
        replace(self.place, path=path or self.place.path).fault(message)


def is_marked(cells: Container[str]) -> bool:
    """Whether a marker has come to the row with these columns filled in."""
    return any(name in cells for name in _MARKS)


def normal(name: str) -> str:
    """A column's name as it is compared: ``Fixed by text`` and ``fixed_by_text`` are one.

    Example:
        >>> normal(" Fixed by text ")
        'fixed_by_text'
    """
    return "_".join(name.split()).casefold()


def check_columns(file: str, names: Iterable[str]) -> list[Fault]:
    """Faults of a header: columns that are missing, or misspelt; any other is the file's own."""
    columns = columns_of(names)
    found, own = columns.values(), ", ".join(name for name, ours in columns.items() if ours not in COLUMNS)
    missing = [
        Fault(file, here("header"), here("the column '{}' is missing; needed: {}", name, ", ".join(REQUIRED)) + (here("; not known here: {}", shown(own, 80)) if own else ""))
        for name in REQUIRED
        if name not in found and not (name == "right" and "outcome" in found)
    ]
    near = {name: get_close_matches(name, COLUMNS, 1, _OFF) for name in found if name not in COLUMNS}
    return missing + [Fault(file, here("header"), here("unknown column '{}'", name[:80]), tuple(other)) for name, other in near.items() if other]


def columns_of(names: Iterable[str], wanted: tuple[str, ...] = COLUMNS) -> dict[str, str]:
    """Our name for each column of a file, as far as it is one of those `wanted` by its own name or by a usual one.

    Example:
        >>> columns_of(["Case", "Question", "Our team"])
        {'Case': 'case', 'Question': 'input', 'Our team': 'our_team'}
    """
    return _columns(tuple(names), wanted)


@lru_cache(maxsize=64)
def _columns(names: tuple[str, ...], wanted: tuple[str, ...]) -> dict[str, str]:
    found = {name: normal(name) for name in names}
    written = {plain: name for name, plain in found.items()}
    for ours, known in _synonyms().items():
        if ours in wanted and ours not in written and (name := next((written[word] for word in known if word in written), None)):
            found[name] = ours
    return found


@cache
def _synonyms() -> dict[str, list[str]]:
    return {ours: [*map(normal, known)] for ours, known in logbook().synonyms.items()}


def named(cells: Mapping[str, Spot]) -> dict[str, Spot]:
    """Cells under our names of their columns."""
    names = columns_of(cells)
    return {names[name]: spot for name, spot in cells.items()}


def cells_of(file: str, where: str, values: Mapping[str, Any], faults: list[Fault]) -> MarkRow:
    """A row from plain values, as a tool's log gives them; None and empty text are left out."""
    line = Spot(Scalar("", 0), where, file, faults)
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    mark = "." if where.endswith("]") else ", "
    return MarkRow(line, {n: Spot(tree(v), f"{where}{mark}{n}", file, faults) for n, v in filled.items()})


def marks_of(lines: Sequence[MarkRow]) -> tuple[MarkedCase, ...]:
    """The marks of all rows; complete only if no fault was noted in the rows' lists."""
    marks = [mark for line in lines if (mark := _mark(line)) is not None]
    _once(lines)
    return tuple(marks)


def whole(results: MarkedResults, faults: Sequence[Fault], rows: int) -> MarkedResults:
    """The results of `rows` rows; any fault refuses them all."""
    if faults:
        raise PilotError(faults, rows)
    judged = tuple(mark for mark in results.marks if mark.outcome != "not_judged")
    if not judged:
        raise UnmarkedError([Fault(results.file, "", "holds no marked case")])
    left = len(results.marks) - len(judged)
    said = (_say("warn.nobody", count=left, answers=len(results.marks)),) if left else ()
    return replace(results, marks=judged, warnings=(*results.warnings, *said))


def _mark(line: MarkRow) -> MarkedCase | None:
    cells, before = line.cells, len(line.place.faults)
    if "case" not in cells:
        line.fault("is empty: give every row the name or number of its case", "case")
    words: dict[str, Any] = {
        "outcome": _outcome(line),
        "failure": _word(cells.get("failure"), FAILURES, "kind of failure"),
        "severity": _word(cells.get("severity"), SEVERITIES, "severity"),
        "sampling": _word(cells.get("sampling"), ("random", "chosen"), "way of sampling") or "",
        "arm": _word(cells.get("arm"), ARMS, "name of an arm") or "",
        "date": as_day(cells["date"]) if "date" in cells else None,
        **{name: (said := _right(cells.get(name), "right", "wrong")) and said == "right" for name in ("fixed_by_text", "passage_found")},
        **{name: _amount(cells.get(name), name.removeprefix("input_").removeprefix("output_")) for name in AMOUNTS},
        **{name: _text(cells.get(name)) for name in ("case", "marker", "run", "version", "segment", "input", "output", "note")},
        "own": tuple((name, _shown(spot)) for name, spot in cells.items() if name not in COLUMNS and not unfit(_shown(spot))),
    }
    if len(line.place.faults) > before:
        return None
    mark = MarkedCase(**words)
    _contradictions(line, mark)
    return replace(mark, failure="unclear") if mark.outcome == "wrong" and mark.failure is None else mark


def _outcome(line: MarkRow) -> str | None:
    right, said = _right(line.cells.get("right")), _word(line.cells.get("outcome"), OUTCOMES, "word for an outcome")
    if "right" not in line.cells and "outcome" not in line.cells:
        line.fault("is empty: say yes or no", "right")
    elif right and said and right != said and {right, said} != {"wrong", "declined"}:
        line.cells["outcome"].fault(here("contradicts itself: outcome is {}, but right is {}", said, "yes" if right == "right" else "no"))
    return said or right


def _right(spot: Spot | None, *valid: str) -> str | None:
    found = outcome(_shown(spot)) if spot else None
    if spot and (found is None or found not in (valid or OUTCOMES)):
        spot.fault(here("'{}' is neither yes nor no", _shown(spot)[:60]))
    return found


def _contradictions(line: MarkRow, mark: MarkedCase) -> None:
    if mark.outcome != "right":
        return
    for name, value in (("failure", mark.failure), ("severity", mark.severity)):
        if value:
            line.cells[name].fault(here("contradicts itself: right is yes, but {} is {}; clear one of them", name, value))
    if mark.fixed_by_text:
        line.cells["fixed_by_text"].fault("contradicts itself: right is yes, so there was nothing to fix; clear one of them")


def _once(lines: Sequence[MarkRow]) -> None:
    first: dict[tuple[str, ...], str] = {}
    for line in lines:
        key = tuple(_shown(line.cells[name]) if name in line.cells else "" for name in _ONCE)
        where = on_line(line.place.node.line) or line.place.path
        if key[0] and key in first:
            by = (here(" by {}", key[1]) if key[1] else "") + (here(" in run {}", key[2]) if key[2] else "")
            said = here("case {}{} is already marked in {}; keep one, or name marker or run", key[0], by, first[key])
            line.fault(said, *(name for name, value in zip(_ONCE, key, strict=True) if value))
        first.setdefault(key, where)


def _shown(spot: Spot) -> str:
    return spot.node.text if isinstance(spot.node, Scalar) else spot.seen


def _text(spot: Spot | None) -> str:
    if spot is None:
        return ""
    if isinstance(spot.node, Fields | Items) or (isinstance(spot.node, Scalar) and spot.node.kind == "bool"):
        spot.fault(here("expected text, got {}", spot.seen))
    elif problem := unfit(_shown(spot)):
        spot.fault(problem)
    return _shown(spot)


def _word(spot: Spot | None, valid: Sequence[str], what: str) -> str | None:
    if spot is None:
        return None
    others, said = {one: logbook().marks.get(one, ()) for one in valid}, _shown(spot)
    meant = next((one for one in valid if normal(said) in {normal(word) for word in (one, *others[one])}), said)
    if meant == said and (came := outcome(said)) in (*valid, "not_judged"):
        return came if came in valid else None
    offered = [one for words in others.values() for one in words[:1]]
    return replace(spot, node=Scalar(meant, spot.node.line)).word([*valid, *offered] if meant == said else valid, what)


def _amount(spot: Spot | None, unit: str) -> float | None:
    if spot is None:
        return None
    if spot.numeric or not isinstance(spot.node, Scalar) or spot.node.kind == "bool":
        return spot.number(0)
    ways = {word: Estimate.of(float(Fraction(one))) for word, one in words("units", unit).items()} if unit in words("timed") else {}
    found = spot.estimate(0, measure=Measure(unit, {unit: ONE, **ways}, timed=bool(ways)))
    if found and not found.fixed:
        spot.fault(here("expected a number such as 1200 or 0.8, got {}", spot.seen))
    return found.likely if found else None
