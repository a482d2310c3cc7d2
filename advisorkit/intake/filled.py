"""A filled-in questionnaire read back: each line by itself, what is faulty is named and the rest comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.files.spots import Spot
from advisorkit.files.tables import ReadRow, as_amount, read_table
from advisorkit.files.trees import Items, Scalar
from advisorkit.intake.questionnaire import TEXTS
from advisorkit.values.criteria import Catalog, Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.errors import EngagementError, Fault, nearest


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What a client filled in."""

    answers: Mapping[str, Answer]
    """Known answers and guesses by criterion id; lines left empty are absent."""
    faults: tuple[Fault, ...]
    """What could not be taken, each with its line and cell."""
    notices: tuple[str, ...]
    """What the user should know about the file."""


def read_questionnaire(path: str | Path, catalog: Catalog | None = None) -> Questionnaire:
    """Answers in a questionnaire made by `new_questionnaire`; its sheet may also come as a CSV file.

    Raises:
        EngagementError: If the file is not such a questionnaire, so that nothing can be taken from it.
    """
    words, text = catalog or load_catalog(), TEXTS.all
    table = read_table(path, text["sheet"])
    if missing := [text[name] for name in ("code", "answer") if text[name] not in table.columns]:
        message = f"is not a questionnaire of advisorkit: column {' and '.join(missing)} is missing"
        raise EngagementError([Fault(table.file, "line 1", message)])
    found = {}
    seen: dict[str, int] = {}
    for row in table.rows:
        name = _code(row, words, table.file, seen)
        said = None if name is None or row.faults else _line(row, words.criteria[name])
        if name and said is not None and not row.faults:
            found[name] = said
    faults = tuple(fault for row in table.rows for fault in row.faults)
    return Questionnaire(found, faults, table.notices)


def _code(row: ReadRow, catalog: Catalog, file: str, seen: dict[str, int]) -> str | None:
    spot = row.cells.get(TEXTS.all["code"])
    if spot is None:
        if not row.faults and TEXTS.all["answer"] in row.cells:
            row.faults.append(Fault(file, f"line {row.line}", "holds an answer but no code, so the question is not known"))
        return None
    codes = [criterion.id for criterion in catalog.criteria.values() if not criterion.derived]
    name = spot.word(codes, "code of a question")
    if name in seen:
        spot.fault(f"'{name}' was answered on line {seen[name]} already; keep one")
        return None
    if name is not None:
        seen[name] = row.line
    return name


def _line(row: ReadRow, criterion: Criterion) -> Answer | None:
    cells = {key: row.cells[label] for key, label in TEXTS.all.items() if label in row.cells}
    value = _value(cells, criterion)
    if value is None or (value.unknown and "note" not in cells):
        return None
    sure = cells["sure"].word([TEXTS.all["know"], TEXTS.all["guess"]], "choice") if "sure" in cells else TEXTS.all["know"]
    confidence: Literal["known", "guess"] = "guess" if sure == TEXTS.all["guess"] else "known"
    said_by, note = ((cells[key].text() or "") if key in cells else "" for key in ("said_by", "note"))
    return replace(value, confidence=confidence, said_by=said_by, note=note)


def _value(cells: Mapping[str, Spot], criterion: Criterion) -> Answer | None:
    spot, end = cells.get("answer"), cells.get("up_to")
    if spot is None:
        if end is not None:
            end.fault(f"{end.seen} is the larger end of a range whose smaller end is missing")
        return None if end is not None else Answer()
    word = spot.text() or ""
    if _plain(word) == _plain(TEXTS.all["unknown"]):
        return Answer()
    if criterion.words and (level := _level(word, criterion)):
        if end is not None:
            end.fault("a choice from the list has no larger end")
        return Answer(levels=(level,))
    if criterion.unit is None:
        labels = [level.label for level in criterion.levels]
        near = nearest(word, labels)
        spot.fault(f"{spot.seen} is not in the list of answers{'' if near else ': ' + ' | '.join(labels)}", near)
        return None
    amount = _range(as_amount(spot), end).estimate(criterion.minimum, criterion.maximum)
    return None if amount is None else Answer(amount=amount)


def _range(low: Spot, end: Spot | None) -> Spot:
    high = as_amount(end) if end is not None else None
    if high is None or not isinstance(low.node, Scalar) or not isinstance(high.node, Scalar):
        return low
    return replace(low, node=Items((low.node, high.node), low.node.line))


def _level(word: str, criterion: Criterion) -> str | None:
    names = {_plain(name): level.id for level in criterion.levels for name in (level.id, level.label)}
    return names.get(_plain(word))


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())
