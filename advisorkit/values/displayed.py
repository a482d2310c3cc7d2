"""Values that show themselves in a notebook."""

from collections.abc import Callable
from typing import Any, ClassVar

SHORT = 200
"""Letters of a text that stands for a value."""


class Displayed:
    """A value with a short text and a look of its own in a notebook; rooms that draw say which, by its class, in `looks`."""

    __slots__ = ()
    looks: ClassVar[dict[type, Callable[[Any], str]]] = {}
    """HTML of a value, by its class; filled by whoever draws."""

    def __repr__(self) -> str:
        found = ((name, getattr(self, name)) for name in getattr(self, "__dataclass_fields__", ()))
        told = (f"{name}={f'{value:.4g}' if isinstance(value, float) else repr(value)}" for name, value in found if isinstance(value, str | int | float))
        text = f"{type(self).__name__}({', '.join(told)})"
        return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"

    def _repr_html_(self) -> str | None:
        look = self.looks.get(type(self))
        return look(self) if look else None
