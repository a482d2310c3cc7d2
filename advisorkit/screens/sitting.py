"""One screen of a session: the work, how the screen stands, and what is under the user's hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from advisorkit.catalog.tables import assumptions
from advisorkit.screens.delivery import Delivery
from advisorkit.screens.stage import Stage
from advisorkit.screens.state import State
from advisorkit.screens.work import Work

_RESULTS = ("*.csv", "*.xlsx", "*.jsonl", "pilots/*.csv", "pilots/*.xlsx", "pilots/*.jsonl")


@dataclass(slots=True)
class Sitting:
    """What edits of the browser work on."""

    work: Work
    """The engagement being worked on."""
    stage: Stage
    """How the screen stands."""
    delivery: Delivery
    """Deliverables made from here."""
    refresh: Callable[[], None] = lambda: None
    """Sends the document as it is now."""
    send_file: Callable[[str, bytes], None] = print
    """Hands a file to the browser."""
    held: tuple[str, str] | None = None
    """Assumption and part of it under the user's hands."""

    def stand(self, **changes: Any) -> None:
        """Look at something else; no result changes."""
        self.stage = replace(self.stage, **changes)
        self.refresh()

    @property
    def folder(self) -> Path:
        """Where the engagement file lies."""
        return self.work.desk.path.parent

    @property
    def brands(self) -> list[str]:
        """Brand files beside the engagement."""
        return sorted(path.name for path in self.folder.glob("*brand*.yaml"))

    @property
    def results(self) -> list[str]:
        """Files beside the engagement that may hold marked results."""
        return sorted(path.relative_to(self.folder).as_posix() for kind in _RESULTS for path in self.folder.glob(kind))

    def basis(self, state: State) -> str:
        """What a foreseen document depends on, the control under the user's hands left out."""
        fixed = state.dropped(self.held[0], assumptions()[self.held[0]].answer) if self.held else state
        stage = replace(self.stage, revision=0, faults={}, notices=())
        return sha256(repr((fixed, stage, self.held)).encode()).hexdigest()[:16]
