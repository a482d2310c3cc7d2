"""Opening an engagement file for a session."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from advisorkit.screens.work import Work
from advisorkit.values.errors import AdvisorError


def open(path: str | Path) -> Work:  # noqa: A001
    """Open an engagement file and go on where the last session stopped.

    Raises:
        EngagementError: With every fault of the file.
    """
    try:
        return Work(Path(path))
    except AdvisorError:
        if os.environ.get("VOILA_PREHEAT") != "True":
            raise
    return _when_asked(Path(path))


def _when_asked(path: Path) -> Work:
    """Open `path` when the page that this kernel was started ahead for is asked for: by then its faults may be mended."""
    import_module("voila.utils").wait_for_request()
    return Work(path)
