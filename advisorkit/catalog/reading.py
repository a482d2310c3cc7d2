"""Reviewed data of the package as values: catalogue, assumptions, rules of pilots, measures; every fault of every file is told at once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from importlib import metadata
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, get_args

from advisorkit.catalog.prices import OWN, table
from advisorkit.costs.assumption import Assumption
from advisorkit.files.amounts import words
from advisorkit.files.numbers import ONE, Measure
from advisorkit.files.spots import Spot
from advisorkit.files.texts import Texts, by_language
from advisorkit.files.trees import Fields, Items, Node
from advisorkit.files.typed import DATA, Form, Known, data, documents, form, refuse
from advisorkit.values.criteria import COMPANIONS, OFF_RAMPS, TOPICS, Basis, Catalog, Criterion, Gate, Level, Pattern, Record, Rules, Source
from advisorkit.values.engagement import Setting
from advisorkit.values.messages import Fault
from advisorkit.values.people import Basis as Edition
from advisorkit.values.prices import TextClass
from advisorkit.values.quantities import Estimate
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
class _Fitted:
    cases: int = 0
    penalty: Mapping[str, float] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True)
class _Sourced:
    value: Annotated[Node, Named("node")]
    source: str


@by_language
def assumptions() -> Mapping[str, Assumption]:
    """Every workload and assumption name, in the order of the table.

    Example:
        >>> assumptions()["build_days_rag"].default
        Estimate(low=10.0, likely=17.0, high=30.0)
    """
    rows: dict[str, Assumption] = data("assumptions.yaml", Mapping[str, Assumption], {"setting": Form(_setting)})
    faults = ((name, row.fits(row.default)) for name, row in rows.items() if row.default is not None)
    refuse(Fault("assumptions.yaml", name, fault) for name, fault in faults if fault)
    return MappingProxyType(rows)


def _setting(spot: Spot) -> Setting | None:
    return spot.estimate() if spot.numeric or isinstance(spot.node, Items) else spot.text()


@cache
def text_classes() -> Mapping[str, TextClass]:
    """Classes of text by id, with how they fall into tokens.

    Example:
        >>> text_classes()["prose"].characters_per_token
        4.7
    """
    columns = ("id", "characters_per_token", "words_per_token", "spread", "page_low", "page_likely", "page_high", "source")
    rows = table("prices/text_classes.csv", columns, TextClass, {}, {"tokens_per_page": columns[4:7]})
    return MappingProxyType({row.id: row for row in rows})


@cache
def rules() -> Rules:
    """The rules that ship with the package, read once; each number stands in the file with its source.

    Example:
        >>> rules().least_cases, rules().sizes
        (20, (20, 50, 100, 200, 400))
    """
    faults: list[Fault] = []
    root = documents(DATA, ["pilot.yaml"], faults)["pilot.yaml"]
    rows = form(Mapping[str, _Sourced], {"node": Form(lambda spot: spot.node)}).read(root)
    keys = root.node.fields if isinstance(root.node, Fields) else ()
    values = Fields(tuple((key, rows[key.text].value or value) for key, value in keys), root.node.line)
    made: Rules = form(Rules, {"setting": Form(_setting)}).read(replace(root, node=values))
    refuse(faults)
    return made


@cache
def measure(unit: str, label: str = "") -> Measure:
    """How amounts in `unit` may be written: in its own words and those of `label`, and in units that turn into it by ``data/amounts.yaml``.

    Example:
        >>> measure("tokens").ways["page"], measure("items a month").ways["a year"].likely
        (Estimate(low=350.0, likely=600.0, high=1000.0), 0.08333333333333333)
    """
    head, _, per = re.sub(r" (?:a|an|per) ", "|", unit, count=1).partition("|")
    base, periods = head.split()[0], {name: Fraction(one) for name, one in words("periods").items()}
    counted = words("things") if base in words("counted") else ()
    own = {word.removesuffix("s") for word in re.findall(r"[^\W\d_]+", f"{head} {label}".casefold())} - {*periods, "day", "hour", "minute"}
    ways = {**dict.fromkeys((*own, *head.split(), f"a {per}", *counted), ONE), **dict.fromkeys(words("percent") if base == "share" else (), Estimate.of(0.01))}
    if per in periods:
        named = {f"a {name}": name for name in periods} | dict(words("adverbs"))
        ways |= {name: Estimate.of(float(periods[per] / periods[period])) for name, period in named.items()}
    prose = text_classes()["prose"]
    bases = {"page": prose.of_pages(ONE), "word": prose.of_words(1), "character": prose.of_characters(1)}
    ways |= {name: _in_base(said, bases) for name, said in words("units", base).items()}
    return Measure(unit, MappingProxyType(ways), timed=base in words("timed"))


def _in_base(said: str, bases: Mapping[str, Estimate]) -> Estimate:
    """What one of a unit is worth: ``60``, ``1/60``, or ``1 5 30 page``."""
    *amounts, last = said.split()
    points = [float(Fraction(one)) for one in (amounts if last in bases else [last])]
    found = Estimate.of(points if len(points) > 1 else points[0])
    return found.times(bases[last]) if last in bases else found


BESIDE = ("text/", "samples/")
"""Folders of the package's data on which no figure rests."""


@cache
def version() -> str:
    """Version of the package; empty where it is not installed."""
    return next((found.version for found in metadata.distributions(name="advisorkit")), "")


@cache
def shipped() -> Mapping[str, bytes]:
    """The package's data files on which figures rest, by name.

    Example:
        >>> {"assumptions.yaml", "prices/package.csv"} <= set(shipped()), any(name.startswith("samples/") for name in shipped())
        (True, False)
    """
    root = Path(str(DATA))
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: found[name].read_bytes() for name in sorted(found) if not name.startswith(BESIDE)}


def own_prices() -> bytes:
    """The user's own price file; empty where there is none."""
    named = os.environ.get(OWN)
    return Path(named).read_bytes() if named else b""


def edition() -> Edition:
    """What figures rest on today."""
    prices = {name: content for name, content in shipped().items() if name.startswith("prices/")}
    rest = {name: content for name, content in shipped().items() if name not in prices}
    return Edition(version(), _digest({**prices, "own": own_prices()}), _digest(rest))


def _digest(files: Mapping[str, bytes]) -> str:
    return sha256(b"".join(sha256(name.encode() + b"\0" + content).digest() for name, content in files.items())).hexdigest()[:16]
