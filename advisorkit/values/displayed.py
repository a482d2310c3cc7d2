"""Values that show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Displayed:
    """A value with a look of its own in a notebook; rooms that draw say which, by its class, in `looks`."""

    __slots__ = ()
    looks: ClassVar[dict[type, Callable[[Any], str]]] = {}
    """HTML of a value, by its class; filled by whoever draws."""

    def _repr_html_(self) -> str | None:
        look = self.looks.get(type(self))
        return look(self) if look else None
