"""Data files of the package → `Catalog`; every fault of every file is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, get_args

from advisorkit.catalog.checks import check
from advisorkit.catalog.rows import Row, documents, rows
from advisorkit.files.spots import Spot
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import TOPICS, AskIf, Axis, Catalog, Criterion, Gate, GateKind, Level, Source
from advisorkit.values.errors import CatalogError, Fault
from advisorkit.values.patterns import COMPANIONS, OFF_RAMPS, PATTERNS, Pattern
from advisorkit.values.quantities import MOST

_CRITERION = (
    "label", "question", "help", "levels", "unit", "minimum", "maximum", "who", "when", "ask_if", "derived", "core",
    "source_text", "cause", "rationale", "sources",
)  # fmt: skip
_GATE = (
    "criterion", "levels", "removes", "kind", "reason", "reopens", "unknown_closes", "computed", "short", "leads_to",
    "unless",
)  # fmt: skip
_TEXTS = ("name", "long_name", "what", "right_when", "fails_when", "cost_profile")
_PATTERN = (*_TEXTS, "examples", "sources", "suggested_by")
_MEASURED_WORDS = ("search_hit_rate", "expert_agreement")

_FITTED = "weights.yaml"
_FILES = (
    _FITTED, "belief.yaml", "gates.yaml", "patterns.yaml", "sources.yaml",
    *(f"criteria/{topic}.yaml" for topic in TOPICS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Fitted:
    levels: Mapping[str, Mapping[str, tuple[float, float]]]
    reasons: Mapping[str, str]
    damping: float | None


@cache
def load() -> Catalog:
    """The catalogue that ships with the package, read once.

    Raises:
        CatalogError: If a data file is wrong; names every fault with file, line and id.

    Example:
        >>> catalog = load()
        >>> catalog.criteria["citations"].level("required").reason
        'Citations are required'
    """
    return read(files("advisorkit").joinpath("data"))


def read(folder: Traversable) -> Catalog:
    """The catalogue in `folder`.

    Where ``weights.yaml`` is there, it names fitted decibans, ``weights: {criterion: {level: [retrieval, training]}}``,
    and why they differ, ``reasons: {criterion: text}``; a level that it leaves out keeps the expert's.

    Raises:
        CatalogError: If a data file is wrong; names every fault with file, line and id.
    """
    faults: list[Fault] = []
    roots = documents(folder, _FILES if folder.joinpath(_FITTED).is_file() else _FILES[1:], faults)
    _raise(faults)
    weights = _fitted(roots.get(_FITTED))
    criteria = _criteria(roots, weights)
    catalog = Catalog(
        criteria=criteria,
        gates=_gates(roots["gates.yaml"], criteria),
        patterns=_patterns(roots["patterns.yaml"], "patterns"),
        off_ramps=_patterns(roots["patterns.yaml"], "off_ramps"),
        companions=_patterns(roots["patterns.yaml"], "companions"),
        sources=_sources(roots["sources.yaml"]),
        text=Texts("advice").all,
        **_belief(roots["belief.yaml"], weights.damping),
    )
    faults.extend(check(catalog, weights.levels))
    _raise(faults)
    return catalog


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise CatalogError("\n".join(dict.fromkeys(map(str, faults))))


def _criteria(roots: Mapping[str, Spot], weights: _Fitted) -> dict[str, Criterion]:
    criteria: dict[str, Criterion] = {}
    for topic in TOPICS:
        for key, row in rows(roots[f"criteria/{topic}.yaml"], _CRITERION).items():
            if key in criteria:
                row.spot.fault(f"'{key}' is already a criterion of topic {criteria[key].topic}")
            criteria[key] = _criterion(key, topic, row, weights)
    return criteria


def _criterion(id: str, topic: str, row: Row, weights: _Fitted) -> Criterion:
    fitted = weights.levels.get(id, {})
    unit = row.optional("unit") or None
    return Criterion(
        id=id,
        topic=topic,
        label=row.text("label"),
        question=row.text("question"),
        help=row.text("help"),
        levels=tuple(_level(name, spot, fitted.get(name)) for name, spot in row.inner("levels").items()),
        words=unit is None or id in _MEASURED_WORDS,
        unit=unit,
        minimum=row.number("minimum", 0.0),
        maximum=row.number("maximum", MOST),
        who=row.word("who", ("business", "IT", "legal"), "role"),
        when=row.word("when", ("pre_work", "workshop", "after"), "moment"),
        ask_if=_ask_if(row.members.get("ask_if")),
        derived=row.flag("derived"),
        core=row.flag("core"),
        source_text=row.optional("source_text"),
        cause=row.optional("cause", id),
        rationale=row.text("rationale"),
        sources=row.words("sources"),
        fit_note=weights.reasons.get(id, ""),
    )


def _level(id: str, spot: Spot, fitted: tuple[float, float] | None) -> Level:
    row = Row.of(spot, ("label", "reason", "expert", "below", "absent"))
    expert = _pair(row.members["expert"]) if "expert" in row.members else (0.0, 0.0)
    retrieval, training = expert if fitted is None else fitted
    below = row.members["below"].number() if "below" in row.members else None
    return Level(id, row.text("label"), row.text("reason"), retrieval, training, *expert, below, row.flag("absent"))


def _pair(spot: Spot) -> tuple[float, float]:
    numbers = [one.number(-30, 30) for one in spot.items()]
    if len(numbers) != 2:
        spot.fault("expected [retrieval, training] in decibans")
        return 0.0, 0.0
    return numbers[0] or 0.0, numbers[1] or 0.0


def _ask_if(spot: Spot | None) -> AskIf | None:
    if spot is None:
        return None
    row = Row.of(spot, ("criterion", "levels", "axis", "at_least"))
    if ("axis" in row.members) == ("criterion" in row.members):
        spot.fault("give either criterion and levels, or axis and at_least")
    axis: Any = row.word("axis", get_args(Axis), "axis") if "axis" in row.members else None
    return AskIf(row.optional("criterion"), row.words("levels"), axis, row.number("at_least", 0.0))


def _gates(spot: Spot, criteria: Mapping[str, Criterion]) -> tuple[Gate, ...]:
    return tuple(_gate(Row.of(one, _GATE), criteria) for one in spot.items())


def _gate(row: Row, criteria: Mapping[str, Criterion]) -> Gate:
    criterion = row.word("criterion", list(criteria), "criterion")
    levels = [level.id for level in criteria[criterion].levels] if criterion else None
    kind: Any = row.word("kind", get_args(GateKind), "kind of gate")
    removes: Any = row.words("removes", PATTERNS, "pattern")
    leads_to: Any = row.words("leads_to", (*OFF_RAMPS, *COMPANIONS), "off-ramp or companion")
    return Gate(
        criterion=criterion,
        levels=row.words("levels", levels, f"level of {criterion}"),
        removes=removes,
        kind=kind,
        reason=row.text("reason"),
        reopens=row.text("reopens"),
        unknown_closes=row.flag("unknown_closes"),
        computed=row.optional("computed"),
        short=row.text("short"),
        leads_to=leads_to,
        unless=_ask_if(row.members.get("unless")),
    )


def _patterns(spot: Spot, group: str) -> dict[str, Pattern]:
    found = Row.of(spot, ("patterns", "off_ramps", "companions")).needed(group)
    return {} if found is None else {key: _pattern(key, row) for key, row in rows(found, _PATTERN).items()}


def _pattern(id: str, row: Row) -> Pattern:
    texts = {name: row.text(name) for name in _TEXTS}
    return Pattern(
        id=id,
        **texts,
        examples=row.words("examples"),
        sources=row.words("sources"),
        suggested_by=row.each("suggested_by", _suggestion),
    )


def _suggestion(spot: Spot) -> dict[str, tuple[str, ...]]:
    row = Row(spot, spot.fields())
    return {name: row.words(name) for name in row.members}


def _sources(spot: Spot) -> dict[str, Source]:
    found = rows(spot, ("title", "where", "checked")).items()
    return {key: Source(key, row.text("title"), row.text("where"), row.day("checked")) for key, row in found}


def _belief(spot: Spot, fitted_damping: float | None) -> dict[str, Any]:
    row = Row.of(spot, ("prior", "damping", "topics", "causes"))
    prior = row.inside("prior", ("retrieval", "training", "source", "sources"))
    damping = row.inside("damping", ("share", "source", "sources"))
    return {
        "prior_decibans": (prior.amount("retrieval"), prior.amount("training")),
        "prior_source": prior.text("source"),
        "damping": damping.amount("share", 0, 1) if fitted_damping is None else fitted_damping,
        "damping_source": damping.text("source"),
        "topics": {name: one.text() or "" for name, one in row.inner("topics").items()},
        "causes": {name: one.text() or "" for name, one in row.inner("causes").items()},
    }


def _fitted(spot: Spot | None) -> _Fitted:
    if spot is None:
        return _Fitted({}, {}, None)
    members = spot.fields(("fitted", "cases", "penalty", "damping", "weights", "reasons"))
    levels = members["weights"].fields() if "weights" in members else {}
    reasons = members["reasons"].fields() if "reasons" in members else {}
    return _Fitted(
        {key: {name: _pair(one) for name, one in row.fields().items()} for key, row in levels.items()},
        {key: one.text() or "" for key, one in reasons.items()},
        members["damping"].number(0, 1) if "damping" in members else None,
    )
