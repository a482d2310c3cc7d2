"""What would make a decision worth another look, beside the advice in ``assess --json``."""

from __future__ import annotations

from collections.abc import Sequence

from advisorkit.reopening import Reopened

__all__ = ["reopened_document"]


def reopened_document(found: Sequence[Reopened]) -> list[dict[str, object]]:
    """Dated conditions, those that hold today first."""
    return [
        {"condition": one.condition, "subject": one.subject, "holds": one.holds, "on": one.on and one.on.isoformat(), "why": one.why}
        for one in found
    ]
