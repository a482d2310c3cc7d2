"""What an engagement keeps of its pilots and of the advice given: nothing is overwritten, everything has a date."""

from __future__ import annotations

from dataclasses import replace

from advisorkit.values.engagement import Advised, Engagement, PilotFile
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import percent


def agreed_pass_mark(engagement: Engagement, workflow_id: str) -> float | None:
    """The share right last agreed for a workflow, 0 to 1; None when none was."""
    marks = [pilot.pass_mark for pilot in engagement.workflow(workflow_id).pilots if pilot.pass_mark is not None]
    return marks[-1] if marks else None


def with_pilot(engagement: Engagement, workflow_id: str, pilot: PilotFile, frozen: float | None = None) -> Engagement:
    """The engagement with one more pilot of a workflow, or the same pilot read again.

    A pass mark, once agreed, holds for later pilots of the workflow; before the first of them the one that the marking
    sheet carries, `frozen` (0 to 1), holds. Another one needs a reason.
    """
    workflow = engagement.workflow(workflow_id)
    earlier = agreed_pass_mark(engagement, workflow_id)
    agreed = frozen if earlier is None else earlier
    mark = agreed if pilot.pass_mark is None else pilot.pass_mark
    if agreed is not None and mark != agreed and not pilot.reason:
        shown = f"{percent(agreed)} right was agreed as enough for {workflow_id}, and now it is {percent(mark or 0)}"
        raise UsageError(f"{shown}: give the reason for the change, or keep the agreed pass mark")
    others = tuple(one for one in workflow.pilots if one.file != pilot.file)
    pilots = tuple(sorted((*others, replace(pilot, pass_mark=mark)), key=lambda one: one.date))
    changed = replace(workflow, pilots=pilots)
    return replace(engagement, workflows=tuple(changed if w.id == workflow_id else w for w in engagement.workflows))


def with_advised(engagement: Engagement, *entries: Advised) -> Engagement:
    """The engagement with more lines of history; a line that repeats the workflow's last advice is left out."""
    history = list(engagement.history)
    for entry in entries:
        last = next((one for one in reversed(history) if one.workflow == entry.workflow), None)
        if last is None or (last.recommended, last.now, last.reason) != (entry.recommended, entry.now, entry.reason):
            history.append(entry)
    return replace(engagement, history=tuple(sorted(history, key=lambda one: one.date)))
