"""The rules for pilots, read from the data file in which each number stands with its source."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from advisorkit.catalog.rows import Row, documents, rows
from advisorkit.files.spots import Spot
from advisorkit.pilots.rules import Rules
from advisorkit.values.errors import CatalogError, Fault

_FILE = "pilot.yaml"
_WHOLE = ("least_cases", "most_cases", "least_failures", "least_tests")
_REAL = (
    "confidence", "half_width", "double_marked", "substantial", "oracle_floor", "fix_rate", "hit_rate",
    "training_effect", "low_agreement", "evidence_cap", "pilot_months",
)  # fmt: skip


@cache
def rules() -> Rules:
    """The rules that ship with the package, read once.

    Example:
        >>> rules().least_cases, rules().sizes
        (20, (20, 50, 100, 200, 400))
    """
    faults: list[Fault] = []
    roots = documents(files("advisorkit").joinpath("data"), [_FILE], faults)
    values = {name: _value(row) for root in roots.values() for name, row in rows(root, ("value", "source")).items()}
    names = {*_WHOLE, *_REAL, "sizes", "pass_marks"}
    faults += [Fault(_FILE, name, "is missing" if name in names else "is unknown") for name in sorted(names ^ set(values))]
    if faults:
        raise CatalogError("\n".join(map(str, faults)))
    made = _made(values)
    if faults:
        raise CatalogError("\n".join(map(str, faults)))
    return made


def _value(row: Row) -> Spot:
    row.text("source")
    return row.members.get("value", row.spot)


def _made(values: dict[str, Spot]) -> Rules:
    whole = {name: int(values[name].number(0) or 0) for name in _WHOLE}
    real = {name: values[name].number(0) or 0.0 for name in _REAL}
    return Rules(
        sizes=tuple(int(spot.number(1) or 1) for spot in values["sizes"].items()),
        pass_marks={level: spot.number(0, 1) or 0.0 for level, spot in values["pass_marks"].fields().items()},
        least_cases=whole["least_cases"],
        most_cases=whole["most_cases"],
        least_failures=whole["least_failures"],
        least_tests=whole["least_tests"],
        **real,
    )
