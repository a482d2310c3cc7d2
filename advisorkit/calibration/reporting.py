"""What `calibrate` says: scores of the shipped weights and of a fresh fit, beside simpler rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advisorkit.advice.cases import Case, distances
from advisorkit.advice.decibans import Array, table
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.calibration.fitting import Penalty, Rows, Sheet, chances_of, fit, mix_of, shipped_weights
from advisorkit.calibration.scoring import Scores, company_of, groups, left_out, scores_of
from advisorkit.values.criteria import Axis, Catalog
from advisorkit.values.patterns import PATTERNS

BULLETS: Mapping[Axis, Mapping[str, tuple[str, ...]]] = {
    "retrieval": {
        "knowledge_change": ("daily", "weekly", "live"),
        "private_knowledge": ("some", "most"),
        "access_control": ("by_group", "by_person"),
        "citations": ("nice_to_have", "required"),
        "corpus_tokens": ("over_200000",),
    },
    "training": {
        "task_scope": ("one_narrow",),
        "labelled_examples": ("200_to_999", "1000_and_more"),
        "baseline_quality": ("inconsistent",),
        "facts_or_behaviour": ("behaviour",),
        "call_cost_goal": ("helpful", "main"),
    },
}
"""The ten reasons that the source text gives, as answers: the rule that it suggests is to count them."""

NEIGHBOURS = 5
"""Nearest deployments that are tried as evidence."""

NEIGHBOUR_SHARE = 0.2
"""Power to which their vote is raised when it is tried as evidence."""


def report(catalog: Catalog, cases: Sequence[Case], *, refit: bool = True, penalty: Penalty | None = None) -> dict[str, Any]:
    """Scores of the shipped weights and of a fresh fit, leaving out one company at a time, with what they compare to.

    `shipped` judges each case by the shipped weights. A company that the shipped weights were fitted to is judged by
    the same fit without that company instead, so no case is judged by weights that have seen it.

    Args:
        catalog: Criteria with the shipped decibans.
        cases: Closed cases.
        refit: Whether to fit afresh as well.
        penalty: How firmly a fit is held back.
    """
    sheet = Sheet(catalog, tuple(cases))
    shipped = shipped_chances(sheet, penalty)
    found: dict[str, Any] = {
        "cases": len(cases),
        "companies": len(groups(sheet)),
        "outcomes": {pattern: sum(case.outcome == pattern for case in cases) for pattern in PATTERNS},
        "standard_error": math.sqrt(0.25 / len(cases)),
        "shipped": _told(scores_of(sheet, shipped)),
    }
    if refit:
        same = sheet.cases == shipped_cases()
        fresh = shipped if same else left_out(sheet, lambda seen: fit(sheet, seen, penalty))
        found["refitted"] = _told(scores_of(sheet, fresh))
    found["baselines"] = {name: _told(scores) for name, scores in baselines(sheet).items()}
    found["with_neighbours"] = _told(scores_of(sheet, with_neighbours(sheet, shipped)))
    found["wrong"] = _wrong(sheet, shipped)
    return found


def _told(scores: Scores) -> dict[str, Any]:
    return {
        "accuracy": scores.accuracy,
        "balanced_accuracy": scores.balanced_accuracy,
        "log_loss": scores.log_loss,
        "ece": scores.ece,
        "selective": scores.selective,
        "lenient_accuracy": scores.lenient,
        "bins": [{"cases": one.cases, "stated": one.stated, "observed": one.observed} for one in scores.bins],
        "coverage": [{"share": share, "accuracy": accuracy} for share, accuracy in scores.coverage],
    }


def _wrong(sheet: Sheet, chances: Array) -> list[dict[str, Any]]:
    places = [row for row, case in enumerate(sheet.cases) if PATTERNS[int(chances[row].argmax())] != case.outcome]
    return [
        {
            "id": sheet.cases[row].id,
            "outcome": sheet.cases[row].outcome,
            "advised": PATTERNS[int(chances[row].argmax())],
            "chance_of_outcome": float(chances[row, sheet.outcomes[row]]),
        }
        for row in sorted(places, key=lambda row: chances[row, sheet.outcomes[row]])
    ]


def shipped_chances(sheet: Sheet, penalty: Penalty | None = None) -> Array:
    """Chances by the shipped weights, those of a company they have seen by the same fit without it: case by pattern."""
    known = Sheet(sheet.catalog, shipped_cases())
    names = [company_of(case) for case in known.cases]
    chances = np.zeros((len(sheet.cases), len(PATTERNS)))
    for rows in groups(sheet):
        company = company_of(sheet.cases[rows[0]])
        weights = shipped_weights(sheet.catalog)
        if company in names:
            weights = fit(known, np.array([row for row, name in enumerate(names) if name != company], dtype=np.intp), penalty)
        others = np.setdiff1d(np.arange(len(sheet.cases)), rows)
        chances[list(rows)] = chances_of(sheet, np.array(rows), weights, mix_of(sheet.outcomes[others]))
    return chances


def baselines(sheet: Sheet) -> dict[str, Scores]:
    """Simpler rules: the commonest outcome, the bigger count of the source text's reasons, and two reasons to leave the prompt.

    A rule that only names a pattern gives it the share of cases in which it was right elsewhere, and the rest to the others.
    """
    tables = table(sheet.catalog)
    counts = {axis: np.zeros(len(sheet.cases)) for axis in BULLETS}
    for axis, reasons in BULLETS.items():
        for name, levels in reasons.items():
            places = [i for i, level in enumerate(sheet.catalog.criteria[name].levels) if level.id in levels]
            counts[axis] += sheet.masses[:, tables.index[name], places].sum(axis=1) > 0.5
    return {
        "commonest_outcome": scores_of(sheet, _commonest(sheet)),
        "bigger_count": scores_of(sheet, _named(sheet, _bigger(counts, 1))),
        "two_to_leave_prompt": scores_of(sheet, _named(sheet, _bigger(counts, 2))),
    }


def _commonest(sheet: Sheet) -> Array:
    chances = np.zeros((len(sheet.cases), len(PATTERNS)))
    for rows in groups(sheet):
        chances[list(rows)] = mix_of(np.delete(sheet.outcomes, rows))
    return chances


def _bigger(counts: Mapping[Axis, Array], least: int) -> Rows:
    r, t = counts["retrieval"], counts["training"]
    enough = np.maximum(r, t) >= least
    named: Rows = np.where(enough & (r > t), 1, np.where(enough & (t > r), 2, 0))
    return named


def _named(sheet: Sheet, named: Rows) -> Array:
    right = float((named == sheet.outcomes).mean())
    chances = np.full((len(named), len(PATTERNS)), (1 - right) / (len(PATTERNS) - 1))
    chances[np.arange(len(named)), named] = right
    return chances


def with_neighbours(sheet: Sheet, chances: Array) -> Array:
    """`chances` with the vote of the nearest deployments of other companies added to the evidence: case by pattern."""
    companies = [company_of(case) for case in sheet.cases]
    mix = mix_of(sheet.outcomes)
    blended = chances.copy()
    for row, case in enumerate(sheet.cases):
        apart, _ = distances(sheet.catalog, case.answers, sheet.cases)
        apart[[company == companies[row] for company in companies]] = np.inf
        near = [place for place in np.argsort(apart, kind="stable")[:NEIGHBOURS] if np.isfinite(apart[place])]
        votes = np.bincount(sheet.outcomes[near], minlength=len(PATTERNS)) + len(PATTERNS) * mix
        blended[row] *= (votes / votes.sum() / mix) ** NEIGHBOUR_SHARE
    return np.asarray(blended / blended.sum(axis=1, keepdims=True))

