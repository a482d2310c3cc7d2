"""Values as plain JSON: what a contract calls a field is the field's name, or stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from advisorkit.values.engagement import Engagement
from advisorkit.values.quantities import Band


def plain(value: Any) -> Any:
    """`value` as JSON: ranges by their ends, days as ISO dates, tuples as lists. What is not known stays None.

    Example:
        >>> plain((Band(1, 2, 4), None, date(2026, 11, 20)))
        [{'p10': 1, 'p50': 2, 'p90': 4}, None, '2026-11-20']
    """
    match value:
        case Band():
            return {"p10": value.p10, "p50": value.p50, "p90": value.p90}
        case date():
            return value.isoformat()
        case Mapping():
            return {name: plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case _:
            return value


def picked(value: object, names: str) -> Any:
    """The fields of `value` called `names`, in this order, as JSON; ``key=field`` where the contract has another name. None stays None.

    Example:
        >>> picked(Band(1, 2, 4), "low=p10 high=p90")
        {'low': 1, 'high': 4}
    """
    pairs = (name.partition("=") for name in names.split())
    return None if value is None else {key: plain(getattr(value, field or key)) for key, _, field in pairs}


def headed(engagement: Engagement, workflows: list[dict[str, Any]]) -> dict[str, Any]:
    """The document of an engagement, workflow by workflow."""
    return {"advisorkit": 1, "client": engagement.client, "as_of": engagement.as_of.isoformat(), "workflows": workflows}
