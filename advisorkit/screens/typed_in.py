"""From what people type or pass to values that the engine accepts, or a reason why not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from advisorkit.costs.assumption import Assumption
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer, Setting
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import Estimate

Said = str | float | Estimate | Sequence[float] | Sequence[str]
"""An answer as it is passed: a level, several, a number, a range, or a text that holds one of them."""

_NUMBER = r"[−-]?\d[\d.,'’   ]*"
_SIZES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}


def amount(text: str) -> Estimate:
    """The number or range in a text: ``40,000``, ``25k to 60k``, ``3..10``, ``800, 1000, 1300``.

    A comma or point before exactly three digits parts thousands; otherwise it is a decimal mark.

    Example:
        >>> amount("25,000 to 60k").high, amount("1,5").likely
        (60000.0, 1.5)
    """
    parts = [part for part in re.split(r"\s+(?:to|bis|-|–)\s+|\.\.+|–|;|,\s+", text.strip()) if part]
    numbers = [_number(part) for part in parts]
    if not 1 <= len(numbers) <= 3:
        raise UsageError(f"'{text}' is not a number, nor a range such as 25,000 to 60,000")
    return _rising(numbers)


def _number(text: str) -> float:
    found = re.fullmatch(rf"[^\d−-]{{0,4}}({_NUMBER})\s*(k|m|bn|%)?\D{{0,24}}", text.strip(), re.IGNORECASE)
    if not found:
        raise UsageError(f"'{text.strip()}' is not a number")
    size = (found[2] or "").lower()
    value = _plain(found[1]) * (0.01 if size == "%" else _SIZES[size])
    if abs(value) > 1e15:
        raise UsageError(f"'{text.strip()}' is too large")
    return value


def _plain(digits: str) -> float:
    bare = re.sub(r"['’   ]", "", digits.strip().rstrip(".,")).replace("−", "-")
    marks = re.findall(r"[.,]", bare)
    last = bare[max(bare.rfind("."), bare.rfind(",")) + 1 :]
    thousands = not marks or (len(set(marks)) == 1 and (len(marks) > 1 or (len(last) == 3 and not bare.startswith("0"))))
    if thousands:
        return float(re.sub(r"[.,]", "", bare))
    head = bare[: -len(last) - 1]
    return float(f"{re.sub(r'[.,]', '', head)}.{last}")


def _rising(numbers: Sequence[float]) -> Estimate:
    try:
        return Estimate.of(numbers[0] if len(numbers) == 1 else list(numbers))
    except ValueError:
        raise UsageError("the lowest number comes first, the highest last") from None


def answer(
    criterion: Criterion,
    value: Said,
    confidence: Literal["known", "guess"] = "known",
    note: str = "",
    private_note: str = "",
    said_by: str = "",
) -> Answer:
    """An answer to `criterion` from a level, levels on which people disagree, a number or a range."""
    made = Answer(confidence=confidence, note=note, private_note=private_note, said_by=said_by)
    if value == "unknown":
        return made
    words = [value] if isinstance(value, str) else [v for v in value if isinstance(v, str)] if isinstance(value, Sequence) else []
    if words and criterion.words and not (criterion.unit and _numeric(words[0], criterion)):
        return replace(made, levels=tuple(criterion.level(word).id for word in words))
    return replace(made, amount=_within(criterion, amount(words[0]) if words else _range(value)))


def _numeric(text: str, criterion: Criterion) -> bool:
    return bool(re.match(r"\s*\D{0,3}\d", text)) and text not in {level.id for level in criterion.levels}


def _range(value: Said) -> Estimate:
    if isinstance(value, Estimate):
        return value
    return _rising([value] if isinstance(value, int | float) else [float(v) for v in value])


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
