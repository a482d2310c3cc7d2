"""What was advised before and what makes it worth another look, beside the advice in ``assess --json``."""

from __future__ import annotations

from collections.abc import Sequence

from advisorkit.advice.reopening import Reopened
from advisorkit.values.engagement import Engagement


def reopened_document(found: Sequence[Reopened]) -> list[dict[str, object]]:
    """Dated conditions, those that hold today first."""
    return [
        {"condition": one.condition, "subject": one.subject, "holds": one.holds, "on": one.on and one.on.isoformat(), "why": one.why}
        for one in found
    ]


def history_document(engagement: Engagement, workflow: str) -> list[dict[str, str]]:
    """Advice given on a workflow, oldest first."""
    return [
        {"date": line.date.isoformat(), "recommended": line.recommended, "now": line.now, "reason": line.reason}
        for line in engagement.history
        if line.workflow == workflow
    ]
