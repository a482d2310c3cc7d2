"""Documents worked out before they are asked for, so that answering needs no round trip and no second model."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisorkit.values.errors import AdvisorError

_QUIET = 0.12
"""Seconds without an edit before anything is foreseen."""
_BETWEEN = 0.004
"""Seconds left to edits between two documents."""


@dataclass(frozen=True, slots=True)
class Likely:
    """One edit that the user may make next."""

    name: str
    """Name of the edit."""
    args: Mapping[str, Any]
    """Its arguments, as the browser will send them."""
    document: Callable[[], Mapping[str, Any]]
    """Works out what the screen would show."""

    @property
    def key(self) -> str:
        """By which the browser finds it."""
        return json.dumps([self.name, self.args], separators=(",", ":"), sort_keys=True)


@dataclass(slots=True)
class Foresight:
    """A queue of likely edits, worked through while nothing else is to do."""

    send: Callable[[dict[str, Any]], None]
    """Hands a document to the browser."""
    basis: str = ""
    """State for which the documents hold; the browser forgets those of another."""
    _queue: deque[Likely] = field(default_factory=deque)
    _done: set[str] = field(default_factory=set)
    _timer: asyncio.TimerHandle | None = None

    def start(self, basis: str, likely: Iterable[Likely]) -> None:
        """Work through `likely` soon; what was queued before is forgotten."""
        if basis != self.basis:
            self._done.clear()
        self.basis = basis
        self._queue = deque(one for one in likely if one.key not in self._done)
        self._later(_QUIET)

    def _later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._next)
        except RuntimeError:
            self._timer = None

    def _next(self) -> None:
        if not self._queue:
            return
        one = self._queue.popleft()
        with contextlib.suppress(AdvisorError, ValueError):
            self.send({"ahead": one.key, "basis": self.basis, "view": one.document()})
        self._done.add(one.key)
        self._later(_BETWEEN)
