"""Data files of the package → `Catalog`; every fault of every file is told at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from typing import Annotated, get_args

from advisorkit.files.spots import Spot
from advisorkit.files.texts import Texts, by_language
from advisorkit.files.typed import DATA, Form, Known, documents, form, refuse
from advisorkit.values.criteria import TOPICS, Basis, Catalog, Criterion, Gate, Level, Record, Source
from advisorkit.values.errors import Fault
from advisorkit.values.patterns import COMPANIONS, OFF_RAMPS, Pattern
from advisorkit.values.written import Named, Within

_MEASURED_WORDS = ("search_hit_rate", "expert_agreement")
_FITTED = "weights.yaml"
_PLAIN_FILES = ("belief.yaml", "gates.yaml", "patterns.yaml", "sources.yaml")

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
