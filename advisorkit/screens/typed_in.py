"""From what people type or pass to values that the engine accepts, or a reason why not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

from advisorkit.catalog import vocabulary
from advisorkit.costs.assumption import Assumption
from advisorkit.files.numbers import ANY, Listener, Measure
from advisorkit.files.spots import Spot
from advisorkit.files.trees import tree
from advisorkit.files.typed import plain_estimate
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Adopted, Answer, Setting
from advisorkit.values.messages import Fault, UsageError, here
from advisorkit.values.quantities import Estimate

Said = str | float | Estimate | Sequence[float] | Sequence[str]
"""An answer as it is passed: a level, several, a number, a range, or a text that holds one of them."""


def amount(text: str, measure: Measure = ANY, listener: Listener | None = None) -> Estimate:
    """The number or range in a text: ``40,000``, ``25k to 60k``, ``3..10``, ``400 pages``.

    Raises:
        UsageError: If it is none; says why.
    """
    try:
        return (listener or Listener.of("")).amount(text, measure)
    except (ValueError, OverflowError) as error:
        raise UsageError(str(error)) from None


def answer(criterion: Criterion, value: Said, made: Answer, listener: Listener) -> Answer:
    """`made` with what it answers to `criterion`: a level, levels on which people disagree, a number or a range."""
    said: Answer = _read(value, listener, lambda spot: vocabulary.answer(spot, criterion))
    return replace(made, levels=said.levels, amount=said.amount)


def setting(assumption: Assumption, value: Said | bool | Adopted, listener: Listener) -> Setting:
    """A value for `assumption` from what was passed."""
    if isinstance(value, bool | Adopted) and not assumption.numeric and not assumption.fits(value):
        return value
    made: Setting = _read(value.value if isinstance(value, Adopted) else value, listener, lambda spot: vocabulary.setting(spot, assumption))
    return made


def _plain(value: object) -> Any:
    """What was passed, as a file would have it: numbers of any library are numbers, and None is nothing said."""
    match value:
        case Estimate():
            return plain_estimate(value)
        case None | str() | bool():
            return value
        case Real():
            return int(value) if isinstance(value, Integral) else float(value)
        case Iterable():
            return [_plain(one) for one in value]
    return str(value)


def _read(value: Said | bool, listener: Listener, reader: Callable[[Spot], Any]) -> Any:
    faults: list[Fault] = []
    found = reader(Spot(tree(_plain(value)), "", "", faults, listener=listener))
    if faults or found is None:
        raise UsageError("; ".join(dict.fromkeys(map(str, faults))) or here("say what it is"))
    return found
