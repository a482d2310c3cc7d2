"""Closed cases from a file of JSON lines, with every fault named by line and field."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from advisorkit.catalog import load as load_catalog
from advisorkit.criteria import Catalog
from advisorkit.errors import EngagementError, Fault
from advisorkit.evidence import Case
from advisorkit.files import Spot, parse_json, read_source
from advisorkit.patterns import PATTERNS, PatternId
from advisorkit.store.fields import answers, slug, text_or
from advisorkit.store.vocabulary import vocabulary

__all__ = ["FIELDS", "read_cases", "read_lines", "shipped_cases"]

FIELDS = (
    "id", "company", "year", "workflow", "answers", "outcome", "also_acceptable", "tested_alternatives", "deployed",
    "outcome_path", "outcome_reason", "source",
)  # fmt: skip
"""Fields of a case; `id`, `company`, `answers` and `outcome` must be there."""

_NEEDED = ("id", "company", "answers", "outcome")


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
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            case = _case(line, file, number, catalog, faults)
            _once(case, number, seen, file, faults)
            cases += [case] if case else []
    if not faults:
        _classes(cases, file, faults)
    if faults:
        raise EngagementError(faults)
    return tuple(cases)


def _case(line: str, file: str, number: int, catalog: Catalog, faults: list[Fault]) -> Case | None:
    mine: list[Fault] = []
    try:
        spot = Spot(parse_json(line, file), "", file, mine)
        case = _read(spot, catalog)
    except EngagementError as error:
        mine, case = list(error.faults), None
    faults.extend(_at(fault, number) for fault in mine)
    return None if mine else case


def _at(fault: Fault, number: int) -> Fault:
    place = "" if fault.where.startswith("line") else fault.where
    return Fault(fault.file, ", ".join(part for part in (f"line {number}", place) if part), fault.message, fault.nearest)


def _once(case: Case | None, number: int, seen: dict[str, int], file: str, faults: list[Fault]) -> None:
    if case is None:
        return
    if case.id in seen:
        faults.append(Fault(file, f"line {number}, id", f"'{case.id}' was already used on line {seen[case.id]}"))
    seen.setdefault(case.id, number)


def _classes(cases: Sequence[Case], file: str, faults: list[Fault]) -> None:
    found = {case.outcome for case in cases}
    if not cases:
        faults.append(Fault(file, "", "holds no cases; write one JSON object a line"))
    elif len(found) == 1:
        faults.append(Fault(file, "outcome", f"all {len(cases)} cases ended with {found.pop()}; at least two outcomes are needed"))
    elif len({" ".join(case.company.lower().split()) for case in cases}) == 1:
        faults.append(Fault(file, "company", f"all {len(cases)} cases are of one company; at least two are needed to leave one out"))


def _read(spot: Spot, catalog: Catalog) -> Case | None:
    members = spot.fields(FIELDS)
    for name in _NEEDED:
        if name not in members or members[name].absent:
            spot.fault(f"'{name}' is missing", ())
    if any(name not in members or members[name].absent for name in _NEEDED):
        return None
    key, company = slug(members["id"]), members["company"].text()
    outcome: Any = members["outcome"].word(PATTERNS, "outcome")
    year = members.get("year")
    return Case(
        id=key or "",
        company=company or "",
        year=None if year is None or year.absent else int(year.number(1950, 2100) or 0),
        workflow=text_or(members, "workflow"),
        answers={k: v for k, v in answers(members["answers"], vocabulary(catalog)).items() if not v.unknown},
        outcome=outcome or "prompt",
        also_acceptable=_patterns(members.get("also_acceptable")),
        outcome_reason=text_or(members, "outcome_reason"),
        source=text_or(members, "source"),
    )


def _patterns(spot: Spot | None) -> tuple[PatternId, ...]:
    found: Any = tuple(one.word(PATTERNS, "pattern") for one in spot.items()) if spot else ()
    return tuple(pattern for pattern in found if pattern)
