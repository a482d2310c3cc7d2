"""The shapes of the JSON documents, and values that know where they will stand in them.

``data/documents.yaml`` names the keys of every value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from advisorkit.files.typed import data
from advisorkit.values.criteria import AXES, PATTERNS
from advisorkit.values.places import FIGURE, Cited, at
from advisorkit.values.quantities import Estimate

Kept = TypeVar("Kept")
Keys = Iterable[tuple[str, str]]
"""Keys of a document, each with the way to what it holds."""


@cache
def shapes() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Keys and what they hold, by class or document."""
    rows: Mapping[str, str] = data("documents.yaml", Mapping[str, str], {})
    pairs = {name: [one.partition("=") for one in row.split()] for name, row in rows.items()}
    return {name: tuple((key, path or key) for key, _, path in found) for name, found in pairs.items()}


def keys(document: str, part: str, below: str = "") -> Keys:
    """What a document holds of `part` of its value: its keys, `below` before them, and the ways from that part.

    Example:
        >>> ("lead", "lead") in keys("assess", "advice")
        True
    """
    return ((below + key, way.removeprefix(f"{part}.")) for key, way in shapes()[document] if way.startswith(f"{part}."))


ADVICE: Keys = (
    *keys("assess", "advice"), *keys("words", "advice", "words."), ("patterns", "patterns"),
    *((f"axes.{axis}.{key}", f"belief.{way}") for axis in AXES for key, way in (("probability", axis), ("decibans", f"{axis}_decibans"))),
)  # fmt: skip
DECISION: Keys = (*keys("assess", "decision"), *((f"decision.{key}", way) for key, way in shapes()["Decision"]))
FACTS: Keys = tuple(keys("cost", "facts"))
COSTS: Keys = (*keys("cost", "costs"), ("tornado", "tornado.bars"), ("tuned_hosting.call_on_own_gpu", "own_gpu_call"))
MONEY: Keys = (*shapes()["MoneyRow"], ("by_year", "by_year"))
PLAN: Keys = (*shapes()["Plan"], ("pass_mark", "terms.target"))
SEEN: Keys = (*shapes()["Diagnosis"], ("severities", "severities"))
COLUMN: Keys = (*shapes()["ColumnCost"], ("curve", "curve.bands"))
"""What documents hold of an advice, a decision, facts, costs, one row of the money table, a plan, a pilot and one column of the costs."""


def below(column: str) -> str:
    """Where the bill of a column stands below its workflow.

    Example:
        >>> below("rag"), below("today")
        ('patterns.rag', 'today')
    """
    return f"patterns.{column}" if column in PATTERNS else column


def placed(value: Kept, path: str, rows: Keys = ()) -> Kept:
    """`value` whose numbers and sentences know their path in the document where it stands at `path`, with the keys `rows` or else those of its class."""
    made: Any = value
    match made:
        case bool():
            return value
        case int() | float():
            made = at(made, path)
        case str():
            found = tuple((figure, path) for figure in FIGURE.findall(made))
            made = Cited(made, found) if found else made
        case Mapping():
            made = {name: placed(inner, f"{path}.{name}") for name, inner in made.items()}
        case tuple():
            made = tuple(placed(inner, f"{path}[{n}]") for n, inner in enumerate(made))
        case Estimate():
            made = Estimate(*(at(end, f"{path}[{n}]") for n, end in enumerate((made.low, made.likely, made.high))))
        case _ if is_dataclass(made):
            made = _put(made, ((way, f"{path}.{key}") for key, way in rows or shapes().get(type(made).__name__, ())))
    result: Kept = made
    return result


def _put(value: Any, ways: Iterable[tuple[str, str]]) -> Any:
    """`value` with what lies on each way placed at its path; as it is where nothing lies there, or what lies there is worked out."""
    changed = dict[str, Any]()
    for way, path in ways:
        name, _, rest = way.partition(".")
        inner = changed.get(name, getattr(value, name)) if name in value.__dataclass_fields__ else None
        if inner is not None:
            changed[name] = _put(inner, [(rest, path)]) if rest else placed(inner, path)
    return replace(value, **changed) if changed else value
