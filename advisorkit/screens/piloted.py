"""The pilot on screen: how many cases to mark, and what marked results established."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import islice

from advisorkit.catalog.tables import rules
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.report.pilot_pages import charter_figures, meanings
from advisorkit.report.sentences import columns, say
from advisorkit.screens.grids import grid
from advisorkit.screens.phrases import tell
from advisorkit.screens.stage import Doc, Stage
from advisorkit.study.study import Study
from advisorkit.values.quantities import day, money, money_short, percent

_SIZES = 8


def pilot(view: Study, plan: Plan, files: Sequence[str], file: str, stage: Stage) -> Doc:
    """What to mark next, what that is worth, and the pilots read so far; `files` lie beside the engagement's `file` and may hold results."""
    established = view.pilot
    tables = [_meanings(plan), _precision(plan)]
    if plan.sizes and not stage.presenting:
        tables.append(_worth(plan))
    if established:
        tables = [*(_found(view, seen) for seen in established.diagnoses), *_told(view), *tables]
    return {
        "lead": _lead(view, plan), "figures": list(_figures(plan, stage)), "tables": tables,
        "warnings": list(established.warnings) if established else [],
        "files": [] if stage.presenting else list(files), "fault": stage.faults.get("pilot", ""),
        "mark": "" if plan.terms.never else percent(plan.terms.target), "steps": list(_steps(view, plan, file)),
    }


def _figures(plan: Plan, stage: Stage) -> Iterator[list[str]]:
    """The charter's figures, with what a test can be worth in place of what marking costs."""
    of_charter = charter_figures(plan)
    yield from ([one.value, one.words] for one in islice(of_charter, 2))
    if plan.evpi is not None and not stage.presenting:
        yield [money_short(round(plan.evpi), plan.currency), tell("pilot.evpi")]
    elif not stage.presenting:
        yield from ([one.value, one.words] for one in of_charter)


def _lead(view: Study, plan: Plan) -> Doc:
    headline = tell("pilot.headline", count=plan.mark, pattern=view.name(plan.pattern))
    found = view.pilot
    said = f"{found.decision.why} {plan.why}" if found else plan.why
    return {"when": "", "clear": True, "headline": [{"text": headline}], "summary": said, "beside": []}


def _steps(view: Study, plan: Plan, file: str) -> Iterator[list[str]]:
    """How results come here: what to do, and what to type for it."""
    workflow, other = view.workflow.id, plan.pattern != "prompt"
    options = [*(["--workflow", workflow] if len(view.engagement.workflows) > 1 else []), *(["--pattern", plan.pattern] if other else [])]
    sheet = f"marks-{workflow}{f'-{plan.pattern}' if other else ''}.xlsx"
    yield [tell("pilot.step.sheet"), shlex.join(["advisorkit", "pilot", "plan", file, *options, "--sheet", sheet])]
    yield [tell("pilot.step.mark", count=plan.mark, twice=plan.mark_twice), ""]
    yield [tell("pilot.step.put", file=file), ""]


def _meanings(plan: Plan) -> Doc:
    return grid(say("charter.results"), columns("charter.results_head"), meanings(plan), sub=tell("pilot.meaning_sub"), words=(0, 1))


def _worth(plan: Plan) -> Doc:
    rows = [
        _advised(size.n == plan.mark, str(size.n), *(money(value, plan.currency) for value in (size.value, size.cost, size.net)))
        for size in plan.sizes[:_SIZES]
    ]
    head = [tell(f"pilot.{name}") for name in ("cases", "worth", "costs", "net")]
    return grid(tell("pilot.worth_title"), head, rows, sub=tell("pilot.worth_sub"), words=())


def _advised(advised: bool, *cells: str) -> list[str | Doc]:
    """A row of sizes; the one that is advised stands out."""
    return [{"text": cell} if advised else cell for cell in cells]


def _precision(plan: Plan) -> Doc:
    rows = [_advised(width.n == plan.mark, str(width.n), f"{percent(width.low)} to {percent(width.high)}") for width in plan.widths[:_SIZES]]
    expected = percent(plan.terms.expected.mean)
    return grid(
        tell("pilot.width_title"), [tell("pilot.cases"), tell("pilot.between")], rows, sub=tell("pilot.width_sub", expected=expected), words=()
    )


def _found(view: Study, seen: Diagnosis) -> Doc:
    shares = [(tell(f"pilot.{name}"), share) for name, share in _shares(seen)]
    rows = [
        [name, f"{share.hits:.3g} of {share.n:g}", tell("bill.unknown") if share.share is None else percent(share.share),
         f"{percent(share.low)} to {percent(share.high)}" if share.n else ""]
        for name, share in shares
    ]
    title = tell("pilot.found", pattern=view.name(seen.pilot.pattern), day=day(seen.pilot.date))
    return grid(title, [tell("pilot.what"), tell("pilot.count"), tell("pilot.share"), tell("pilot.range")], rows, sub=tell("pilot.found_sub"), wide=True)


def _shares(seen: Diagnosis) -> Iterator[tuple[str, Share]]:
    yield "right", seen.right
    if seen.declined.hits:
        yield "declined", seen.declined
    yield from ((f"failure.{name}", share) for name, share in seen.failures.items())
    if seen.mended.n:
        yield "mended", seen.mended
    if seen.pilot.pattern in ("prompt", "finetune") and any(seen.mendable):
        yield "ceiling", seen.ceiling(rules())


def _told(view: Study) -> Iterator[Doc]:
    lines = [line for line in view.engagement.history if line.workflow == view.workflow.id]
    if lines:
        head = [tell(f"pilot.told_{name}") for name in ("day", "now", "destination", "why")]
        rows = [[day(line.date), view.name(line.now), view.name(line.recommended), line.reason] for line in lines]
        yield grid(tell("pilot.told"), head, rows, words=(0, 1, 2, 3), wide=True)
