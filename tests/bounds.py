"""Ends between which a pattern's chance must lie, reckoned apart from the engine: what promises about unknown answers are held to."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np

from advisorkit.advice.decibans import Array, table
from advisorkit.advice.gates import read_by, told_by
from advisorkit.advice.whatif import Outlook
from advisorkit.values.criteria import PATTERNS, PatternId


def bounds(outlook: Outlook) -> dict[PatternId, tuple[float, float]]:
    """Smallest and largest chance that each pattern could have, whatever the open questions' answers.

    The two needs are pushed to their ends one by one, so the true ends lie inside. A pattern that an open question may rule
    out has zero as its worst case, and a gate that one may excuse does not hold for certain.
    """
    tables, assessment = table(outlook.assessment.catalog), outlook.assessment
    free = {name: column for column, name in enumerate(tables.ids) if name not in assessment.answers and name not in assessment.locked}
    ends = np.stack([outlook.columns, outlook.columns])
    for column in free.values():
        weights = outlook.weights[:, column, : tables.levels[column]]
        ends[0, :, column], ends[1, :, column] = weights.min(axis=1), weights.max(axis=1)
    low, high = assessment.chances(tables.total(ends) + assessment.start)
    worst, best = _lowered(outlook, free)
    gone, unsure = _ruled_out(outlook, free)
    least = {p: share * worst[p] for p, share in zip(PATTERNS, _spread_ends(low, high), strict=True)}
    most = {p: share * best[p] for p, share in zip(PATTERNS, _spread_ends(high, low), strict=True)}
    return {p: _share(p, least, most, gone, unsure) for p in PATTERNS}


def _ruled_out(outlook: Outlook, free: Container[str]) -> tuple[frozenset[PatternId], frozenset[PatternId]]:
    """Patterns that are gone whatever the open questions' answers, and those that may or may not be."""
    costing = outlook.assessment.costing
    moved = costing is not None and any(name in free for name in costing.feeds)
    gone, unsure = set[PatternId](), set[PatternId]()
    for gate, hits in zip(outlook.assessment.catalog.gates, outlook.by_gate, strict=False):
        if gate.kind != "lasting":
            continue
        if any(name in free for name in read_by(gate)) or (moved and told_by(gate)):
            unsure |= set(gate.removes)
            continue
        for hit in hits:
            (unsure if hit.provisional else gone).update(hit.removes)
    certain = frozenset[PatternId]() if len(gone) == len(PATTERNS) else frozenset(gone)
    return certain, frozenset(unsure | gone) - certain


def _lowered(outlook: Outlook, free: Container[str]) -> tuple[dict[PatternId, float], dict[PatternId, float]]:
    """Least and most that lowering gates could multiply each pattern's odds by, whatever the open questions' answers."""
    moved = outlook.assessment.costing is not None
    worst, best = dict.fromkeys(PATTERNS, 1.0), dict.fromkeys(PATTERNS, 1.0)
    for gate, hits in zip(outlook.assessment.catalog.gates, outlook.by_gate, strict=False):
        settled = not any(name in free for name in read_by(gate)) and not (moved and told_by(gate))
        for pattern in gate.removes:
            held = min((hit.factor for hit in hits if pattern in hit.removes), default=1.0)
            worst[pattern] = min(worst[pattern], held if settled else gate.factor)
            best[pattern] = min(best[pattern], held) if settled else best[pattern]
    return worst, best


def _spread_ends(real: Array, absent: Array) -> tuple[float, float, float, float]:
    """Chances of the four patterns with each need at the end that is named for it.
    """
    (r, t), (no_r, no_t) = real.tolist(), (1 - absent).tolist()
    return no_r * no_t, r * no_t, no_r * t, r * t


def _share(
    pattern: PatternId,
    least: Mapping[PatternId, float],
    most: Mapping[PatternId, float],
    gone: frozenset[PatternId],
    unsure: frozenset[PatternId],
) -> tuple[float, float]:
    if pattern in gone:
        return 0.0, 0.0
    others = [p for p in PATTERNS if p not in gone and p != pattern]
    low = 0.0 if pattern in unsure else least[pattern] / (least[pattern] + sum(most[p] for p in others))
    kept = sum(least[p] for p in others if p not in unsure)
    return low, most[pattern] / (most[pattern] + kept) if most[pattern] else 0.0
