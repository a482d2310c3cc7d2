"""What a reader cannot see in one row: references between rows, and promises over the whole catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from advisorkit.values.criteria import TOPICS, Catalog, Criterion
from advisorkit.values.errors import Fault, nearest
from advisorkit.values.patterns import COMPANIONS, OFF_RAMPS, PATTERNS


def check(catalog: Catalog, weights: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    """Everything that does not fit together, file by file."""
    return [
        *_topics(catalog),
        *(fault for criterion in catalog.criteria.values() for fault in _criterion(criterion, catalog)),
        *_gates(catalog),
        *_patterns(catalog),
        *_weights(catalog, weights),
    ]


def _file(criterion: Criterion) -> str:
    return f"criteria/{criterion.topic}.yaml"


def _unknown(file: str, where: str, what: str, word: str, valid: Iterable[str]) -> Fault:
    return Fault(file, where, f"unknown {what} '{word}'", nearest(word, list(valid)))


def _topics(catalog: Catalog) -> Iterator[Fault]:
    if tuple(catalog.topics) != TOPICS:
        yield Fault("belief.yaml", "topics", f"must name {', '.join(TOPICS)}, in this order")


def _criterion(criterion: Criterion, catalog: Catalog) -> Iterator[Fault]:
    file = _file(criterion)
    if not criterion.sources:
        yield Fault(file, criterion.id, "has no source for its evidence")
    for key in criterion.sources:
        if key not in catalog.sources:
            yield _unknown(file, criterion.id, "source", key, catalog.sources)
    if criterion.cause != criterion.id and criterion.cause not in catalog.causes:
        yield _unknown(file, criterion.id, "cause", criterion.cause, catalog.causes)
    yield from _bands(criterion)
    yield from _ask_if(criterion, catalog)


def _bands(criterion: Criterion) -> Iterator[Fault]:
    ends = [level.below for level in criterion.levels]
    inner = [end for end in ends[:-1] if end is not None]
    if len(ends) < 2:
        yield Fault(_file(criterion), criterion.id, "needs at least two levels")
    if criterion.unit is None and any(end is not None for end in ends):
        yield Fault(_file(criterion), criterion.id, "has bands but no unit")
    if criterion.unit is not None and (len(inner) < len(ends) - 1 or ends[-1] is not None or inner != sorted(set(inner))):
        yield Fault(_file(criterion), criterion.id, "its bands must rise, each but the last with 'below'")


def _ask_if(criterion: Criterion, catalog: Catalog) -> Iterator[Fault]:
    ask = criterion.ask_if
    if ask is None or ask.axis is not None:
        return
    where = f"{criterion.id}.ask_if"
    yield from _answers(_file(criterion), where, {ask.criterion: ask.levels}, catalog)
    if ask.criterion == criterion.id:
        yield Fault(_file(criterion), where, "asks about itself")


def _answers(file: str, where: str, answers: Mapping[str, tuple[str, ...]], catalog: Catalog) -> Iterator[Fault]:
    for key, levels in answers.items():
        if key not in catalog.criteria:
            yield _unknown(file, where, "criterion", key, catalog.criteria)
            continue
        valid = [level.id for level in catalog.criteria[key].levels]
        yield from (_unknown(file, where, f"level of {key}", word, valid) for word in levels if word not in valid)
        if not levels:
            yield Fault(file, where, f"names no level of {key}")


def _gates(catalog: Catalog) -> Iterator[Fault]:
    for place, gate in enumerate(catalog.gates):
        where = f"[{place}] {gate.criterion}"
        if not gate.levels and not gate.computed:
            yield Fault("gates.yaml", where, "needs levels or a computed test")
        if gate.unless:
            yield from _answers("gates.yaml", f"{where}.unless", {gate.unless.criterion: gate.unless.levels}, catalog)
        if not gate.removes and gate.kind != "autonomy":
            yield Fault("gates.yaml", where, "removes no pattern")


def _patterns(catalog: Catalog) -> Iterator[Fault]:
    for group, wanted in (("patterns", PATTERNS), ("off_ramps", OFF_RAMPS), ("companions", COMPANIONS)):
        found = getattr(catalog, group)
        if tuple(found) != wanted:
            yield Fault("patterns.yaml", group, f"must hold {', '.join(wanted)}, in this order; found {', '.join(found)}")
        for pattern in found.values():
            where = f"{group}.{pattern.id}"
            if not pattern.examples:
                yield Fault("patterns.yaml", where, "has no examples")
            for key in pattern.sources:
                if key not in catalog.sources:
                    yield _unknown("patterns.yaml", where, "source", key, catalog.sources)
            for answers in pattern.suggested_by:
                yield from _answers("patterns.yaml", f"{where}.suggested_by", answers, catalog)


def _weights(catalog: Catalog, weights: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    for key, levels in weights.items():
        if levels:
            yield from _answers("weights.yaml", f"weights.{key}", {key: tuple(levels)}, catalog)
