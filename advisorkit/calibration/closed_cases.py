"""Closed cases from a file of JSON lines, with every fault named by line and field."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from advisorkit.advice.acceptability import Case
from advisorkit.catalog.vocabulary import forms
from advisorkit.files.disk import lines, read_source
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, parse_json
from advisorkit.files.typed import DATA, Form, Schema, whole
from advisorkit.store.reading import ID
from advisorkit.values.messages import EngagementError, Fault, on_line

_SPARE = ("workflow", "also_acceptable", "outcome_reason", "source")
_NOT_READ: Schema = {"tested_alternatives": {}, "deployed": {}, "outcome_path": {}}


@cache
def shipped_cases() -> tuple[Case, ...]:
    """The published deployments that ship with the package.

    Raises:
        EngagementError: If the data file is wrong.

    Example:
        >>> len(shipped_cases()), shipped_cases()[0].outcome
        (66, 'finetune')
    """
    text = DATA.joinpath("cases.jsonl").read_text("utf-8")
    return read_lines(text, "cases.jsonl")


def read_cases(path: str | Path) -> tuple[Case, ...]:
    """Closed cases from a file: one JSON object a line.

    Raises:
        EngagementError: If the file cannot be read or a case is wrong; names every fault with line and field.
    """
    source = read_source(path)
    return read_lines(source.text, source.file)


def read_lines(text: str, file: str) -> tuple[Case, ...]:
    """Closed cases from text, one JSON object a line; empty lines are skipped.

    Raises:
        EngagementError: If a case is wrong, an id is used twice, or fewer than two outcomes or companies occur.
    """
    known = {**forms(), "id": ID, "company": Form(_company, stand_in="", blank=True), "year": Form(_year)}
    shape = whole(Case, known, beside=_NOT_READ, spare=_SPARE)
    faults: list[Fault] = []
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines(text), 1):
        if line.strip():
            mine: list[Fault] = []
            case = _case(line, file, shape, mine)
            if case:
                _once(case, number, seen, file, mine)
                cases.append(case)
            faults += [replace(fault, where=on_line(number, fault.where)) for fault in mine]
    if faults and not cases and _not_lines(text, file):
        raise EngagementError([Fault(file, faults[0].where, "is not JSON lines: write each case as one JSON object on one line")])
    if not faults:
        _classes(cases, file, faults)
    if faults:
        raise EngagementError(faults)
    return tuple(cases)


def _not_lines(text: str, file: str) -> bool:
    """Whether `text` is of another form, such as one JSON value laid out over lines, so that faults by line would mislead."""
    if not any(line.strip().startswith("{") and line.strip() != "{" for line in lines(text)):
        return True
    try:
        parse_json(text, file)
    except EngagementError:
        return False
    return True


def _case(line: str, file: str, shape: Form, faults: list[Fault]) -> Case | None:
    """The case on a line, faulty fields left empty; None when the line holds no JSON object."""
    try:
        spot = Spot(parse_json(line, file), "", file, faults)
    except EngagementError as error:
        faults.extend(replace(fault, where="") for fault in error.faults)
        return None
    if not isinstance(spot.node, Fields):
        spot.fault(f"expected a JSON object, got {spot.seen}")
        return None
    case: Case = shape.read(spot)
    return replace(case, answers={name: answer for name, answer in case.answers.items() if not answer.unknown})


def _once(case: Case, number: int, seen: dict[str, int], file: str, faults: list[Fault]) -> None:
    if case.id and case.id in seen:
        faults.append(Fault(file, "id", f"'{case.id}' was already used on line {seen[case.id]}"))
    seen.setdefault(case.id, number)


def _classes(cases: Sequence[Case], file: str, faults: list[Fault]) -> None:
    found = {case.outcome for case in cases}
    if not cases:
        faults.append(Fault(file, "", "holds no cases; write one JSON object a line"))
    elif len(found) == 1:
        faults.append(Fault(file, "outcome", f"all {len(cases)} cases ended with {found.pop()}; at least two outcomes are needed"))
    elif len({" ".join(case.company.lower().split()) for case in cases}) == 1:
        faults.append(Fault(file, "company", f"all {len(cases)} cases are of one company; at least two are needed to leave one out"))
    elif not any(case.answers for case in cases):
        faults.append(Fault(file, "answers", f"none of the {len(cases)} cases answers anything, so there is nothing to weigh"))


def _company(spot: Spot) -> str | None:
    if spot.blank:
        spot.fault("is blank; cases are left out by company, so name one")
        return None
    return spot.text()


def _year(spot: Spot) -> int | None:
    year = spot.number(1950, 2100)
    if year is not None and year % 1:
        spot.fault(f"{spot.seen} is not a whole year")
    return None if year is None else int(year)
