"""Closed cases from a file of JSON lines, every fault named by line and field; how good the advice is on them, each judged by weights that have not seen its company."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from advisorkit.advice.acceptability import Case, distances
from advisorkit.advice.decibans import Array, table
from advisorkit.advice.whatif import best_of
from advisorkit.calibration import fitting
from advisorkit.catalog.vocabulary import forms
from advisorkit.files.disk import lines, read_source
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, parse_json
from advisorkit.files.typed import DATA, Form, Schema, data, whole
from advisorkit.store.reading import ID
from advisorkit.values.criteria import PATTERNS, Axis, Catalog
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
    return read_lines(DATA.joinpath("cases.jsonl").read_text("utf-8"), "cases.jsonl")


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
                if case.id and case.id in seen:
                    mine.append(Fault(file, "id", f"'{case.id}' was already used on line {seen[case.id]}"))
                seen.setdefault(case.id, number)
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


def _classes(cases: Sequence[Case], file: str, faults: list[Fault]) -> None:
    found = {case.outcome for case in cases}
    if not cases:
        faults.append(Fault(file, "", "holds no cases; write one JSON object a line"))
    elif len(found) == 1:
        faults.append(Fault(file, "outcome", f"all {len(cases)} cases ended with {found.pop()}; at least two outcomes are needed"))
    elif len(set(map(fitting.company_of, cases))) == 1:
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


NEIGHBOURS = 5
"""Nearest deployments that are tried as evidence."""

NEIGHBOUR_SHARE = 0.2
"""Power to which their vote is raised when it is tried as evidence."""

BINS = 5
"""Bins of equal count in which stated and observed success are compared."""


def left_out(sheet: fitting.Sheet, weigh: Callable[[fitting.Rows], fitting.Weights]) -> Array:
    """Chances of every case, with weights taken from the cases of all other companies: case by pattern.

    Args:
        sheet: The cases.
        weigh: Weights from the places of the cases that may be seen.
    """
    return _by_company(sheet, lambda rows: fitting.chances_of(sheet, rows, weigh(np.setdiff1d(np.arange(len(sheet.cases)), rows))))


def _by_company(sheet: fitting.Sheet, judge: Callable[[fitting.Rows], Array]) -> Array:
    """Chances of every case, worked out for each company's cases by themselves: case by pattern."""
    chances = np.zeros((len(sheet.cases), len(PATTERNS)))
    for rows in fitting.groups(sheet):
        chances[list(rows)] = judge(np.array(rows))
    return chances


def scores_of(sheet: fitting.Sheet, chances: Array) -> dict[str, Any]:
    """How good given chances are, case by pattern, in shares from 0 to 1.

    - ``accuracy``: cases whose likeliest pattern is the outcome; ``balanced_accuracy``: the mean of that over the outcomes that occur;
      ``lenient_accuracy``: with a pattern that is also acceptable as right.
    - ``log_loss``: mean of minus the natural logarithm of the chance given to the outcome; 0 is perfect.
    - ``bins``: mean chance stated for the likeliest pattern against how often it came true, over `BINS` groups of equally many cases, least sure first;
      ``ece``: their mean gap.
    - ``selective``: accuracy over the half of the cases with the largest margins.
    """
    outcomes, top = sheet.outcomes, best_of(chances)
    right = top == outcomes
    allowed = [{case.outcome, *case.also_acceptable} for case in sheet.cases]
    stated = chances.max(axis=1)
    parts = [part for part in np.array_split(np.argsort(stated, kind="stable"), BINS) if len(part)]
    bins = [{"cases": len(part), "stated": float(stated[part].mean()), "observed": float(right[part].mean())} for part in parts]
    ordered = np.sort(chances, axis=1)
    surest = right[np.argsort(ordered[:, -2] - ordered[:, -1], kind="stable")]
    return {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(np.mean([right[outcomes == one].mean() for one in np.unique(outcomes)])),
        "log_loss": float(-np.log(chances[np.arange(len(outcomes)), outcomes].clip(min=1e-12)).mean()),
        "ece": sum(one["cases"] * abs(one["stated"] - one["observed"]) for one in bins) / len(right),
        "selective": float(surest[: (len(right) + 1) // 2].mean()),
        "lenient_accuracy": float(np.mean([PATTERNS[best] in fine for best, fine in zip(top, allowed, strict=True)])),
        "bins": bins,
    }


def report(catalog: Catalog, cases: Sequence[Case], *, refit: bool = True, penalty: fitting.Penalty | None = None) -> dict[str, Any]:
    """Scores of the shipped weights and of a fresh fit, leaving out one company at a time, with what they compare to.

    `shipped` judges each case by the shipped weights. A company that the shipped weights were fitted to is judged by
    the same fit without that company instead, so no case is judged by weights that have seen it.

    Args:
        catalog: Criteria with the shipped decibans.
        cases: Closed cases.
        refit: Whether to fit afresh as well.
        penalty: How firmly a fit is held back.
    """
    sheet = fitting.Sheet(catalog, tuple(cases))
    shipped = shipped_chances(sheet, penalty)
    found: dict[str, Any] = {
        "cases": len(cases),
        "companies": len(fitting.groups(sheet)),
        "outcomes": {pattern: sum(case.outcome == pattern for case in cases) for pattern in PATTERNS},
        "standard_error": math.sqrt(0.25 / len(cases)),
        "shipped": scores_of(sheet, shipped),
    }
    if refit:
        same = sheet.cases == shipped_cases()
        found["record"] = asdict(catalog.record if same and catalog.record else fitting.record_of(sheet, penalty))
        fresh = shipped if same else left_out(sheet, lambda seen: fitting.fit(sheet, seen, penalty))
        found["refitted"] = scores_of(sheet, fresh)
    found["baselines"] = baselines(sheet)
    found["with_neighbours"] = scores_of(sheet, with_neighbours(sheet, shipped))
    return found


def shipped_chances(sheet: fitting.Sheet, penalty: fitting.Penalty | None = None) -> Array:
    """Chances by the shipped weights, those of a company they have seen by the same fit without it: case by pattern."""
    known = fitting.Sheet(sheet.catalog, shipped_cases())
    names = [fitting.company_of(case) for case in known.cases]

    def judged(rows: fitting.Rows) -> Array:
        company, weights = fitting.company_of(sheet.cases[rows[0]]), table(sheet.catalog).weights
        if company in names:
            weights = fitting.fit(known, np.array([row for row, name in enumerate(names) if name != company], dtype=np.intp), penalty)
        return fitting.chances_of(sheet, rows, weights)

    return _by_company(sheet, judged)


def baselines(sheet: fitting.Sheet) -> dict[str, dict[str, Any]]:
    """Simpler rules: the commonest outcome, the bigger count of the source text's reasons, and two reasons to leave the prompt.

    A rule that only names a pattern gives it the share of cases in which it was right elsewhere, and the rest to the others.
    """
    tables = table(sheet.catalog)
    bullets: Mapping[Axis, Mapping[str, tuple[str, ...]]] = data("bullets.yaml", Mapping[str, Mapping[str, tuple[str, ...]]], {})
    counts = {axis: np.zeros(len(sheet.cases)) for axis in bullets}
    for axis, reasons in bullets.items():
        for name, levels in reasons.items():
            places = [i for i, level in enumerate(sheet.catalog.criteria[name].levels) if level.id in levels]
            counts[axis] += sheet.masses[:, tables.index[name], places].sum(axis=1) > 0.5
    return {
        "commonest_outcome": scores_of(sheet, _by_company(sheet, lambda rows: fitting.mix_of(np.delete(sheet.outcomes, rows)))),
        "bigger_count": scores_of(sheet, _named(sheet, _bigger(counts, 1))),
        "two_to_leave_prompt": scores_of(sheet, _named(sheet, _bigger(counts, 2))),
    }


def _bigger(counts: Mapping[Axis, Array], least: int) -> fitting.Rows:
    r, t = counts["retrieval"], counts["training"]
    enough = np.maximum(r, t) >= least
    named: fitting.Rows = np.where(enough & (r > t), 1, np.where(enough & (t > r), 2, 0))
    return named


def _named(sheet: fitting.Sheet, named: fitting.Rows) -> Array:
    right = float((named == sheet.outcomes).mean())
    chances = np.full((len(named), len(PATTERNS)), (1 - right) / (len(PATTERNS) - 1))
    chances[np.arange(len(named)), named] = right
    return chances


def with_neighbours(sheet: fitting.Sheet, chances: Array) -> Array:
    """`chances` with the vote of the nearest deployments of other companies added to the evidence: case by pattern."""
    companies = [fitting.company_of(case) for case in sheet.cases]
    mix = fitting.mix_of(sheet.outcomes)
    blended = chances.copy()
    for row, case in enumerate(sheet.cases):
        apart, _ = distances(sheet.catalog, case.answers, sheet.cases)
        apart[[company == companies[row] for company in companies]] = np.inf
        near = [place for place in np.argsort(apart, kind="stable")[:NEIGHBOURS] if np.isfinite(apart[place])]
        votes = np.bincount(sheet.outcomes[near], minlength=len(PATTERNS)) + len(PATTERNS) * mix
        blended[row] *= (votes / votes.sum() / mix) ** NEIGHBOUR_SHARE
    return np.asarray(blended / blended.sum(axis=1, keepdims=True))
