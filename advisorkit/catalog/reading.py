"""Data files of the package → `Catalog`; every fault of every file is told at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Annotated, Any, get_args

from advisorkit.files.spots import Spot
from advisorkit.files.texts import Texts, by_language
from advisorkit.files.typed import DATA, Form, Known, documents, form, refuse
from advisorkit.values.criteria import TOPICS, Basis, Catalog, Criterion, Gate, Level, Record, Source
from advisorkit.values.errors import Fault, nearest
from advisorkit.values.patterns import COMPANIONS, OFF_RAMPS, PATTERNS, Pattern
from advisorkit.values.written import Named, Within


def check(catalog: Catalog, weights: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    """Everything that does not fit together, file by file."""
    return [
        *_topics(catalog),
        *(fault for criterion in catalog.criteria.values() for fault in _criterion(criterion, catalog)),
        *_check_gates(catalog),
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


def _check_gates(catalog: Catalog) -> Iterator[Fault]:
    for place, gate in enumerate(catalog.gates):
        where = f"[{place}] {gate.criterion}"
        if not gate.levels and not gate.computed:
            yield Fault("gates.yaml", where, "needs levels or a computed test")
        if gate.unless:
            yield from _answers("gates.yaml", f"{where}.unless", {gate.unless.criterion: gate.unless.levels}, catalog)
        if (gate.kind in ("lasting", "lowers")) != (gate.basis is not None) or (gate.kind == "lasting") != (gate.basis in CLOSING):
            yield Fault("gates.yaml", where, f"only {', '.join(CLOSING)} close a pattern; any other basis lowers its odds")
        if not gate.factor or (gate.factor < 1) != bool(gate.because):
            yield Fault("gates.yaml", where, "a factor lies above 0, up to 1, and says where it comes from")
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


_MEASURED_WORDS = ("search_hit_rate", "expert_agreement")
_FITTED = "weights.yaml"
_PLAIN_FILES = ("belief.yaml", "gates.yaml", "patterns.yaml", "sources.yaml")

CLOSING = ("law", "rights", "platform")
"""What a gate must rest on to close a pattern for good."""

Decibans = Annotated[tuple[float, float], Named("decibans")]
Sentences = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Prior:
    retrieval: Annotated[float, Within(-30, 30)]
    training: Annotated[float, Within(-30, 30)]
    source: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Damping:
    share: Annotated[float, Within(0, 1)]
    source: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Belief:
    prior: _Prior
    damping: _Damping
    topics: Sentences
    causes: Sentences


@dataclass(frozen=True, slots=True)
class _Penalty:
    scale: float
    firmness: float


@dataclass(frozen=True, slots=True)
class _Fitted:
    cases: int = 0
    penalty: _Penalty | None = None
    damping: Annotated[float, Within(0, 1)] | None = None
    record: Record | None = None
    weights: Mapping[str, Mapping[str, Decibans]] = field(default_factory=dict)
    reasons: Sentences = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Patterns:
    patterns: Mapping[str, Pattern]
    off_ramps: Mapping[str, Pattern]
    companions: Mapping[str, Pattern]


def _pair(spot: Spot) -> tuple[float, float] | None:
    numbers = [one.number(-30, 30) for one in spot.items()]
    if len(numbers) != 2:
        spot.fault("expected [retrieval, training] in decibans")
        return None
    return numbers[0] or 0.0, numbers[1] or 0.0


_DECIBANS: Known = {"decibans": Form(_pair)}
_LEVELS = form(Mapping[str, Level], _DECIBANS)
_WORDS: Known = {
    **_DECIBANS,
    "levels": Form(lambda spot: tuple(_LEVELS.read(spot).values()), stand_in=()),
    "off-ramp or companion": (*OFF_RAMPS, *COMPANIONS),
    "basis": get_args(Basis),
}


@by_language
def load() -> Catalog:
    """The catalogue that ships with the package, read once.

    Raises:
        CatalogError: If a data file is wrong; names every fault with file, line and id.

    Example:
        >>> catalog = load()
        >>> catalog.criteria["citations"].level("required").reason
        'Citations are required'
    """
    return read(DATA)


def read(folder: Traversable) -> Catalog:
    """The catalogue in `folder`.

    Where ``weights.yaml`` is there, it names fitted decibans, ``weights: {criterion: {level: [retrieval, training]}}``,
    and why they differ, ``reasons: {criterion: text}``; a level that it leaves out keeps the expert's.

    Raises:
        CatalogError: If a data file is wrong; names every fault with file, line and id.
    """
    faults: list[Fault] = []
    fitted = [_FITTED] if folder.joinpath(_FITTED).is_file() else []
    roots = documents(folder, [*fitted, *_PLAIN_FILES, *(f"criteria/{topic}.yaml" for topic in TOPICS)], faults)
    refuse(faults)
    weights: _Fitted = form(_Fitted, _WORDS).read(roots[_FITTED]) if fitted else _Fitted()
    belief: _Belief = form(_Belief, _WORDS).read(roots["belief.yaml"])
    patterns: _Patterns = form(_Patterns, _WORDS).read(roots["patterns.yaml"])
    criteria = _criteria(roots, weights)
    catalog = Catalog(
        criteria=criteria,
        gates=_gates(roots["gates.yaml"], criteria),
        patterns=patterns.patterns,
        off_ramps=patterns.off_ramps,
        companions=patterns.companions,
        sources=form(Mapping[str, Source], _WORDS).read(roots["sources.yaml"]),
        text=Texts("advice").all,
        prior_decibans=(belief.prior.retrieval, belief.prior.training),
        prior_source=belief.prior.source,
        damping=belief.damping.share if weights.damping is None else weights.damping,
        damping_source=belief.damping.source,
        record=weights.record,
        topics=belief.topics,
        causes=belief.causes,
    )
    misread = {fault.file for fault in faults}
    faults.extend(fault for fault in check(catalog, weights.weights) if fault.file not in misread)
    refuse(faults)
    return catalog


def _criteria(roots: Mapping[str, Spot], weights: _Fitted) -> dict[str, Criterion]:
    criteria: dict[str, Criterion] = {}
    rows = form(Mapping[str, Criterion], _WORDS)
    for topic in TOPICS:
        root = roots[f"criteria/{topic}.yaml"]
        for key, row in rows.read(root).items():
            if key in criteria and (twice := root.at(key)):
                twice.fault(f"'{key}' is already a criterion of topic {criteria[key].topic}")
            criteria[key] = _completed(row, topic, weights)
    return criteria


def _completed(row: Criterion, topic: str, weights: _Fitted) -> Criterion:
    fitted = weights.weights.get(row.id, {})
    return replace(
        row,
        topic=topic,
        levels=tuple(replace(level, fitted=fitted.get(level.id)) for level in row.levels),
        words=row.unit is None or row.id in _MEASURED_WORDS,
        cause=row.cause or row.id,
        fit_note=weights.reasons.get(row.id, ""),
    )


def _gates(root: Spot, criteria: Mapping[str, Criterion]) -> tuple[Gate, ...]:
    gates: tuple[Gate, ...] = form(tuple[Gate, ...], {**_WORDS, "criterion": criteria}).read(root)
    for gate, spot in zip(gates, root.items(), strict=False):
        valid = [level.id for level in criteria[gate.criterion].levels] if gate.criterion else []
        for one in levels.items() if valid and (levels := spot.at("levels")) else ():
            one.word(valid, f"level of {gate.criterion}")
    return gates
