"""Numbers that remember how they came about, so that the model, run on them once, hands out its own formulas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

CONDITIONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "bitwise_and", "bitwise_or", "invert"})
"""Operations whose result is true or false."""


class Traced(NDArrayOperatorsMixin):
    """A number with the operation and the numbers that it comes from.

    It stands for whatever its inputs may become, as an array of draws does: code that asks whether any or all of its values fulfil
    something is sent the way that serves both, and a branch on its present value is refused.

    Example:
        >>> items, price = Traced.of("items", 100.0), Traced.of("price", 0.5)
        >>> paid = np.maximum(items * price, 20)
        >>> paid.operation, float(paid.value), paid.parts[0].operation
        ('maximum', 50.0, 'multiply')

    Raises:
        TypeError: If code branches on its value or takes it for a plain number.
    """

    ndim, size = 2, 1
    __slots__ = ("kept", "operation", "parts", "value")

    def __init__(self, operation: str, parts: Sequence[Any], value: Any, kept: dict[Any, Traced]) -> None:
        self.operation, self.parts, self.value, self.kept = operation, tuple(parts), value, kept

    @classmethod
    def of(cls, name: str, value: float, kept: dict[Any, Traced] | None = None) -> Traced:
        """An input; those of one model share `kept`, by which equal operations are one number."""
        return cls("input", (name,), np.float64(value), {} if kept is None else kept)

    @property
    def condition(self) -> bool:
        """Whether it is true or false rather than an amount."""
        return self.operation in CONDITIONS

    def then(self, operation: str, parts: Sequence[Any], value: Any) -> Any:
        """The result of an operation on `parts`; a plain number where what they are does not matter."""
        if np.isnan(value):
            return np.float64(np.nan)
        if operation in {"add", "multiply"} and (plain := _simpler(operation, parts)) is not None:
            return plain
        key = (operation, *(id(part) if isinstance(part, Traced) else float(part) for part in parts))
        return self.kept.setdefault(key, Traced(operation, parts, value, self.kept))

    def item(self, _: int = 0) -> float:
        """Its value at present, by which it is told whether it is known."""
        return float(self.value)

    def __array_ufunc__(self, ufunc: Any, method: str, *parts: Any, **_: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        if ufunc is np.isnan:
            return np.False_
        with np.errstate(all="ignore"):
            return self.then(ufunc.__name__, parts, ufunc(*map(valued, parts)))

    def __array_function__(self, function: Any, _: Any, given: Any, __: Any) -> Any:
        if function is np.where:
            return self.then("where", given, valued(given[1]) if valued(given[0]) else valued(given[2]))
        if function in {np.any, np.all} and (self.condition or function is np.any):
            return function is np.any
        if function is np.ndim:
            return self.ndim
        return self if function is np.nan_to_num else NotImplemented

    def __bool__(self) -> bool:
        raise TypeError(f"a branch depends on {self!r}")

    def __float__(self) -> float:
        raise TypeError(f"{self!r} is taken for a plain number")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<Traced {self.operation} {self.value:g}>"


def _simpler(operation: str, parts: Sequence[Any]) -> Any:
    """What adding nothing, and multiplying by one or nothing, comes to; None where there is no shorter way."""
    for one, other in (parts, parts[::-1]):
        if not isinstance(one, Traced):
            if operation == "multiply" and not one:
                return np.float64(0.0)
            if one == (operation == "multiply") and not other.condition:
                return other
    return None


def valued(number: Any) -> Any:
    """The present value of a traced number; any other as it is."""
    return number.value if isinstance(number, Traced) else number


def total(parts: Sequence[Any]) -> Any:
    """The sum of numbers that stand one below the other, as one operation."""
    traced = [part for part in parts if isinstance(part, Traced)]
    return traced[0].then("total", parts, sum(map(valued, parts))) if traced else np.float64(sum(parts))
