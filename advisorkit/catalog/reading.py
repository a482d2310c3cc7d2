"""Data files of the package → `Catalog`; every fault of every file is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import inf
from typing import Any, get_args

from advisorkit.catalog.checks import check
from advisorkit.catalog.rows import Row, documents, rows
from advisorkit.criteria import TOPICS, AskIf, Axis, Catalog, Criterion, Gate, GateKind, Level, Source
from advisorkit.errors import CatalogError, Fault
from advisorkit.files import Spot
from advisorkit.patterns import COMPANIONS, OFF_RAMPS, PATTERNS, Pattern

__all__ = ["load", "read"]

_CRITERION = (
    "label question help levels unit minimum maximum who when ask_if derived core source_text cause rationale sources"
).split()
_GATE = "criterion levels removes kind reason reopens unknown_closes computed short leads_to".split()
_PATTERN = "name long_name what right_when fails_when cost_profile examples sources suggested_by".split()
_PAIRS = {"retrieval": 0, "training": 1}
_MEASURED_WORDS = ("search_hit_rate", "expert_agreement")

Weights = Mapping[str, Mapping[str, tuple[float, float]]]


@cache
def load() -> Catalog:
    """The catalogue that ships with the package, read once.

    Raises:
        CatalogError: If a data file is wrong; names every fault with file, line and id.

    Example:
        >>> catalog = load()
        >>> catalog.criteria["citations"].level("required").reason
        'Citations required'
    """
    return read(files("advisorkit").joinpath("data"))


def read(folder: Traversable) -> Catalog:
    """The catalogue in `folder`, with fitted weights where ``weights.yaml`` is there.

    Raises:
        CatalogError: If a data file is wrong; names every fault with file, line and id.
    """
    faults: list[Fault] = []
    criteria_files = {f"criteria/{topic}.yaml": topic for topic in TOPICS}
    fitted = ["weights.yaml"] if folder.joinpath("weights.yaml").is_file() else []
    names = [*criteria_files, "gates.yaml", "patterns.yaml", "belief.yaml", "sources.yaml", *fitted]
    roots = documents(folder, names, faults)
    weights, notes, damping = _fitted(roots.get("weights.yaml"))
    criteria: dict[str, Criterion] = {}
    for name, topic in criteria_files.items():
        for id, row in rows(roots.get(name), _CRITERION).items():
            if id in criteria:
                row.spot.fault(f"'{id}' is already a criterion of topic {criteria[id].topic}")
            criteria[id] = _criterion(id, topic, row, weights.get(id, {}), notes.get(id, ""))
    belief = _belief(roots.get("belief.yaml"), damping)
    patterns = _patterns(roots.get("patterns.yaml"))
    gates = _gates(roots.get("gates.yaml"), criteria)
    catalog = Catalog(criteria=criteria, gates=gates, sources=_sources(roots.get("sources.yaml")), **patterns, **belief)
    faults.extend(check(catalog, weights))
    if faults:
        raise CatalogError("\n".join(map(str, faults)))
    return catalog


def _criterion(id: str, topic: str, row: Row, weights: Mapping[str, tuple[float, float]], note: str) -> Criterion:
    unit = row.optional("unit") or None
    return Criterion(
        id=id,
        topic=topic,
        label=row.text("label"),
        question=row.text("question"),
        help=row.text("help"),
        levels=tuple(_level(name, spot, weights.get(name)) for name, spot in row.inner("levels").items()),
        words=unit is None or id in _MEASURED_WORDS,
        unit=unit,
        minimum=row.number("minimum", 0.0),
        maximum=row.number("maximum", inf),
        who=row.word("who", ("business", "IT", "legal"), "role"),
        when=row.word("when", ("pre_work", "workshop", "after"), "moment"),
        ask_if=_ask_if(row.members.get("ask_if")),
        derived=row.flag("derived"),
        core=row.flag("core"),
        source_text=row.optional("source_text"),
        cause=row.optional("cause", id),
        rationale=row.text("rationale"),
        sources=row.words("sources"),
        fit_note=note,
    )


def _level(id: str, spot: Spot, fitted: tuple[float, float] | None) -> Level:
    row = Row.of(spot, ("label", "reason", "expert", "below"))
    expert = _pair(row.members["expert"]) if "expert" in row.members else (0.0, 0.0)
    retrieval, training = expert if fitted is None else fitted
    below = row.members["below"].number() if "below" in row.members else None
    return Level(id, row.text("label"), row.text("reason"), retrieval, training, *expert, below)


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


def _gates(spot: Spot | None, criteria: Mapping[str, Criterion]) -> tuple[Gate, ...]:
    return () if spot is None else tuple(_gate(Row.of(one, _GATE), criteria) for one in spot.items())


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
    )


def _patterns(spot: Spot | None) -> dict[str, dict[str, Pattern]]:
    groups = {} if spot is None else spot.fields(("patterns", "off_ramps", "companions"))
    return {
        name: {id: _pattern(id, row) for id, row in rows(groups.get(name), _PATTERN).items()}
        for name in ("patterns", "off_ramps", "companions")
    }


def _pattern(id: str, row: Row) -> Pattern:
    texts = {name: row.text(name) for name in _PATTERN[:6]}
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


def _sources(spot: Spot | None) -> dict[str, Source]:
    found = rows(spot, ("title", "where", "checked")).items()
    return {key: Source(key, row.text("title"), row.text("where"), _checked(row)) for key, row in found}


def _checked(row: Row) -> str:
    day = row.members["checked"].day() if "checked" in row.members else None
    if "checked" not in row.members:
        row.spot.fault("'checked' is missing")
    return "" if day is None else day.isoformat()


def _belief(spot: Spot | None, fitted_damping: float | None) -> dict[str, Any]:
    if spot is None:
        return {"prior_decibans": (0.0, 0.0), "prior_source": "", "damping": 1.0}
    row = Row.of(spot, ("prior", "damping", "topics", "causes"))
    prior = Row.of(row.members["prior"], ("retrieval", "training", "source", "sources"))
    damping = Row.of(row.members["damping"], ("share", "source", "sources"))
    return {
        "prior_decibans": (prior.number("retrieval", 0.0), prior.number("training", 0.0)),
        "prior_source": prior.text("source"),
        "damping": damping.number("share", 1.0) if fitted_damping is None else fitted_damping,
        "damping_source": damping.text("source"),
        "topics": {name: one.text() or "" for name, one in row.inner("topics").items()},
        "causes": {name: one.text() or "" for name, one in row.inner("causes").items()},
    }


def _fitted(spot: Spot | None) -> tuple[dict[str, dict[str, tuple[float, float]]], dict[str, str], float | None]:
    members = {} if spot is None else spot.fields()
    weights = members["weights"].fields() if "weights" in members else {}
    notes = members["reasons"].fields() if "reasons" in members else {}
    return (
        {id: {name: _pair(one) for name, one in levels.fields().items()} for id, levels in weights.items()},
        {id: one.text() or "" for id, one in notes.items()},
        members["damping"].number(0, 1) if "damping" in members else None,
    )
