"""Deliverables on screen: which formats, which brand, how far, and where the files are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from advisorkit.widgets.phrases import tell
from advisorkit.widgets.stage import Doc

__all__ = ["FORMATS", "Made", "deliver"]

FORMATS = ("html", "pdf", "docx", "pptx", "xlsx")
"""Every format that is planned, in the order of the list."""


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the last round, or why it was not made."""

    format: str
    """Format id."""
    path: str
    """Path under the folder of deliverables."""
    bytes: int
    """Size."""
    status: str
    """``made``, ``unchanged`` or ``failed``."""
    error: str = ""
    """Why it failed."""


def deliver(
    built: Collection[str], brands: Sequence[str], made: Sequence[Made], folder: str, busy: tuple[int, int] | None, fault: str
) -> Doc:
    """What can be made, what is being made (`busy`: how many of how many), and what was made."""
    rows = [[m.format, m.path, f"{m.bytes / 1000:,.0f} kB" if m.bytes else "", tell(f"deliver.{m.status}"), m.error] for m in made]
    return {
        "lead": {"when": "", "clear": True, "headline": [{"text": tell("deliver.headline")}], "summary": tell("deliver.summary"), "beside": []},
        "formats": [[name, tell(f"deliver.{name}"), name in built] for name in FORMATS],
        "not_built": tell("deliver.not_built"), "brands": [["", tell("deliver.house")], *([b, b] for b in brands)],
        "made": rows, "folder": folder, "busy": list(busy) if busy else None, "fault": fault,
    }
