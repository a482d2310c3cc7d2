"""From what people type or pass to values that the engine accepts, or a reason why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from advisorkit.costs.assumption import Assumption
from advisorkit.files.numbers import TYPED, estimate
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer, Setting
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import Estimate

Said = str | float | Estimate | Sequence[float] | Sequence[str]
"""An answer as it is passed: a level, several, a number, a range, or a text that holds one of them."""


def amount(text: str) -> Estimate:
    """The number or range in a text: ``40,000``, ``25k to 60k``, ``3..10``, ``800, 1000, 1300``.

    Raises:
        UsageError: If it is none; says why.
    """
    try:
        return estimate(text, TYPED)
    except ValueError as error:
        raise UsageError(str(error)) from None


def answer(criterion: Criterion, value: Said, made: Answer = Answer()) -> Answer:  # noqa: B008  a frozen value
    """`made` with what it answers to `criterion`: a level, levels on which people disagree, a number or a range."""
    if value == "unknown":
        return made
    words = [value] if isinstance(value, str) else [v for v in value if isinstance(v, str)] if isinstance(value, Sequence) else []
    if words and criterion.words and not (criterion.unit and _numeric(words[0], criterion)):
        return replace(made, levels=tuple(criterion.level(word).id for word in words))
    return replace(made, amount=_within(criterion, amount(words[0]) if words else _range(value)))


def _numeric(text: str, criterion: Criterion) -> bool:
    return bool(re.match(r"\s*\D{0,3}\d", text)) and text not in {level.id for level in criterion.levels}


def _range(value: Said) -> Estimate:
    try:
        return Estimate.of(value if isinstance(value, int | float | Estimate) else [float(v) for v in value])
    except ValueError:
        raise UsageError("give a number, low and high, or low, likely and high; the lowest number comes first") from None


def _within(criterion: Criterion, found: Estimate) -> Estimate:
    if criterion.unit is None:
        words = ", ".join(level.id for level in criterion.levels)
        raise UsageError(f"{criterion.label} is answered with a word: {words}")
    if not criterion.minimum <= found.low <= found.high <= criterion.maximum:
        raise UsageError(f"{criterion.label} lies between {criterion.minimum:g} and {criterion.maximum:g}")
    return found


def setting(assumption: Assumption, value: Said | bool) -> Setting:
    """A value for `assumption` from what was passed."""
    made: Setting
    if isinstance(value, str):
        made = amount(value) if assumption.numeric else value
    elif isinstance(value, bool | Estimate):
        made = value
    else:
        made = _range(value)
    if why := assumption.fits(made):
        raise UsageError(f"{assumption.label} {why}")
    return made
