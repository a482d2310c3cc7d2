"""The smaller data files: assumptions, classes of text, rules for pilots; and the edition of all data that figures rest on."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from advisorkit.catalog.prices import OWN, table
from advisorkit.costs.assumption import Assumption
from advisorkit.files.numbers import ONE, Measure, words
from advisorkit.files.spots import Spot
from advisorkit.files.texts import by_language
from advisorkit.files.trees import Fields, Items, Node
from advisorkit.files.typed import DATA, Form, data, documents, form, refuse
from advisorkit.values.criteria import Rules
from advisorkit.values.engagement import Setting
from advisorkit.values.errors import Fault
from advisorkit.values.people import Basis
from advisorkit.values.prices import TextClass
from advisorkit.values.quantities import Estimate
from advisorkit.values.written import Named


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


def edition() -> Basis:
    """What figures rest on today."""
    prices = {name: content for name, content in shipped().items() if name.startswith("prices/")}
    rest = {name: content for name, content in shipped().items() if name not in prices}
    return Basis(version(), _digest({**prices, "own": own_prices()}), _digest(rest))


def _digest(files: Mapping[str, bytes]) -> str:
    return sha256(b"".join(sha256(name.encode() + b"\0" + content).digest() for name, content in files.items())).hexdigest()[:16]
