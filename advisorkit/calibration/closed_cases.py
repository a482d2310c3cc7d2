"""Closed cases from a file of JSON lines, with every fault named by line and field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from advisorkit.advice.cases import Case
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.vocabulary import vocabulary
from advisorkit.files.disk import read_source
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, parse_json
from advisorkit.store.fields import answers, slug, text_or
from advisorkit.values.criteria import Catalog
from advisorkit.values.errors import EngagementError, Fault
from advisorkit.values.patterns import PATTERNS, PatternId

FIELDS = (
    "id", "company", "year", "workflow", "answers", "outcome", "also_acceptable", "tested_alternatives", "deployed",
    "outcome_path", "outcome_reason", "source",
)  # fmt: skip
"""Fields of a case; `id`, `company`, `answers` and `outcome` must be there."""

_NEEDED = ("id", "company", "answers", "outcome")
_LINE_END = re.compile(r"\r\n|\n|\r")  # str.splitlines would also break at U+2028, which JSON allows inside a text


@cache
def shipped_cases() -> tuple[Case, ...]:
    """The published deployments that ship with the package.

    Raises:
        EngagementError: If the data file is wrong.

    Example:
        >>> len(shipped_cases()), shipped_cases()[0].outcome
        (66, 'finetune')
    """
    text = files("advisorkit").joinpath("data", "cases.jsonl").read_text("utf-8")
    return read_lines(text, "cases.jsonl", load_catalog())


def read_cases(path: str | Path) -> tuple[Case, ...]:
    """Closed cases from a file: one JSON object a line.

    Raises:
        EngagementError: If the file cannot be read or a case is wrong; names every fault with line and field.
    """
    source = read_source(path)
    return read_lines(source.text, source.file, load_catalog())


def read_lines(text: str, file: str, catalog: Catalog) -> tuple[Case, ...]:
    """Closed cases from text, one JSON object a line; empty lines are skipped.

    Raises:
        EngagementError: If a case is wrong, an id is used twice, or fewer than two outcomes or companies occur.
    """
    faults: list[Fault] = []
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_LINE_END.split(text), 1):
        if line.strip():
            mine: list[Fault] = []
            case = _case(line, file, catalog, mine)
            if case:
                _once(case, number, seen, file, mine)
                cases.append(case)
            faults += [_at(fault, number) for fault in mine]
    if faults and not cases and _not_lines(text, file):
        raise EngagementError([Fault(file, faults[0].where, "is not JSON lines: write each case as one JSON object on one line")])
    if not faults:
        _classes(cases, file, faults)
    if faults:
        raise EngagementError(faults)
    return tuple(cases)


def _not_lines(text: str, file: str) -> bool:
    """Whether `text` is of another form, such as one JSON value laid out over lines, so that faults by line would mislead."""
    if not any(line.strip().startswith("{") and line.strip() != "{" for line in _LINE_END.split(text)):
        return True
    try:
        parse_json(text, file)
    except EngagementError:
        return False
    return True


def _case(line: str, file: str, catalog: Catalog, faults: list[Fault]) -> Case | None:
    """The case on a line, faulty fields left empty; None when the line holds no JSON object."""
    try:
        spot = Spot(parse_json(line, file), "", file, faults)
    except EngagementError as error:
        faults.extend(error.faults)
        return None
    if not isinstance(spot.node, Fields):
        spot.fault(f"expected a JSON object, got {spot.seen}")
        return None
    return _read(spot, catalog)


def _at(fault: Fault, number: int) -> Fault:
    place = "" if fault.where.startswith("line") else fault.where
    return Fault(fault.file, ", ".join(part for part in (f"line {number}", place) if part), fault.message, fault.nearest)


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


def _read(spot: Spot, catalog: Catalog) -> Case:
    members = {name: member for name, member in spot.fields(FIELDS).items() if not member.absent}
    for name in _NEEDED:
        if name not in members:
            spot.fault(f"'{name}' is missing")
    outcome: Any = members["outcome"].word(PATTERNS, "pattern") if "outcome" in members else None
    given = answers(members.get("answers"), vocabulary(catalog))
    return Case(
        id=(slug(members["id"]) if "id" in members else None) or "",
        company=_company(members.get("company")),
        year=_year(members.get("year")),
        workflow=text_or(members, "workflow"),
        answers={name: answer for name, answer in given.items() if not answer.unknown},
        outcome=outcome or "prompt",
        also_acceptable=_patterns(members.get("also_acceptable")),
        outcome_reason=text_or(members, "outcome_reason"),
        source=text_or(members, "source"),
    )


def _company(spot: Spot | None) -> str:
    if spot is not None and spot.blank:
        spot.fault("is blank; cases are left out by company, so name one")
    return (spot.text() if spot else None) or ""


def _year(spot: Spot | None) -> int | None:
    year = spot.number(1950, 2100) if spot else None
    if spot and year is not None and year % 1:
        spot.fault(f"{spot.seen} is not a whole year")
    return None if year is None else int(year)


def _patterns(spot: Spot | None) -> tuple[PatternId, ...]:
    found: Any = tuple(one.word(PATTERNS, "pattern") for one in spot.items()) if spot else ()
    return tuple(pattern for pattern in found if pattern)
