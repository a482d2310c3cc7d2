"""A session with a client: an engagement open, edited, saved and shown."""

from __future__ import annotations

from pathlib import Path

from advisorkit.session.show import screen
from advisorkit.session.work import Work

__all__ = ["Work", "open", "screen"]


def open(path: str | Path) -> Work:  # noqa: A001
    """Open an engagement file and go on where the last session stopped.

    Raises:
        EngagementError: With every fault of the file.
    """
    return Work(Path(path))
