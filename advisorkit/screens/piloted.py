"""The pilot on screen: how many cases to mark, and what marked results established."""

from collections.abc import Iterator, Sequence

from advisorkit.export.blocks import Cell, KeyFigures, table_of
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.report.pilot_pages import charter_figures, history, meanings
from advisorkit.report.printed import columns, say
from advisorkit.screens.parts import Doc, block, blocks, lead, tell
from advisorkit.screens.state import Look
from advisorkit.study.study import Study
from advisorkit.values.criteria import Rules
from advisorkit.values.quantities import day, figures, hundredths, money, percent, percents, span

_SIZES = 8


def pilot(study: Study, files: Sequence[str], look: Look, *, preview: bool = False) -> dict[str, Doc]:
    """What to mark next, what that is worth, and the pilots read so far; `files` lie beside the engagement and may hold results.

    A `preview` is of results that were read and are not used yet.
    """
    established, plan = study.pilot, study.plan
    found = [block(table_of(say("charter.results"), columns("charter.results_head"), meanings(study), subtitle=tell("pilot.meaning_sub"))), _precision(plan)]
    if plan.sizes and not look.presenting:
        found.append(_worth(plan))
    if established:
        found = [*(_found(study, seen) for seen in established.diagnoses), *(block(table, wide=True) for table in history(study)), *found]
    return {
        "advice pilot": lead(
            tell("pilot.headline", count=plan.mark, pattern=study.name(plan.pattern)), f"{established.decision.why} {plan.why}" if established else plan.why,
            tell("pilot.if_used") if preview else "",
        ),
        "blocks figures": blocks(block(KeyFigures(tuple(charter_figures(plan))[: 2 if look.presenting else 3]), wide=True)),
        "blocks pilot": blocks(*found, warnings=established.warnings if established else ()),
        "results": {
            "files": list(files), "fault": "\n".join((why, *([] if look.asks else [tell("pilot.nothing_read")]))) if (why := look.faults.get("pilot", "")) else "", "mark": "" if plan.terms.never else percent(plan.terms.target),
            "steps": [tell("pilot.step.sheet"), tell("pilot.step.mark", count=plan.mark, twice=plan.mark_twice), tell("pilot.step.put")],
            "asks": [[option, tell(f"pilot.ask.{option}"), [list(choice) for choice in choices]] for option, choices in look.asks.items()],
            "made": bool(established) and not preview, "read": tell("pilot.read", right=figures(study.seen.right.hits, 3), cases=figures(study.seen.right.n, 6)) if preview else "",
        },
    }  # fmt: skip


def _worth(plan: Plan) -> Doc:
    rows = [
        _advised(size.n == plan.mark, str(size.n), *(money(value, plan.currency) for value in (size.value, size.cost, size.net)))
        for size in plan.sizes[:_SIZES]
    ]
    head = [tell(f"pilot.{name}") for name in ("cases", "worth", "costs", "net")]
    return block(table_of(tell("pilot.worth_title"), head, rows, range(4), subtitle=tell("pilot.worth_sub")))


def _advised(advised: bool, *cells: str) -> list[Cell]:
    """A row of sizes; the one that is advised stands out."""
    return [Cell(cell, "strong" if advised else "") for cell in cells]


def _precision(plan: Plan) -> Doc:
    rows = [_advised(width.n == plan.mark, str(width.n), span(percent(width.low), percent(width.high))) for width in plan.widths[:_SIZES]]
    expected = percent(plan.terms.expected.mean)
    head = [tell("pilot.cases"), tell("pilot.between")]
    return block(table_of(tell("pilot.width_title"), head, rows, range(2), subtitle=tell("pilot.width_sub", expected=expected)))


def _found(study: Study, seen: Diagnosis) -> Doc:
    whole = percents([share.share or 0.0 for share in seen.failures.values()])
    parts = {f"failure.{name}": hundredths(part) for name, part in zip(seen.failures, whole, strict=True)}
    rows = [
        [tell(f"pilot.{name}"), say("pilot.of", hits=figures(share.hits, 3), cases=figures(share.n, 6)), tell("bill.unknown") if share.share is None else parts.get(name, percent(share.share)),
         span(percent(share.low), percent(share.high)) if share.n else ""]
        for name, share in _shares(seen, study.rules)
    ]
    title = tell("pilot.found", pattern=study.name(seen.pilot.pattern), day=day(seen.pilot.date))
    head = [tell(f"pilot.{name}") for name in ("what", "count", "share", "range")]
    return block(table_of(title, head, rows, (1, 2, 3), subtitle=tell("pilot.found_sub")), wide=True)


def _shares(seen: Diagnosis, rules: Rules) -> Iterator[tuple[str, Share]]:
    yield "right", seen.right
    if seen.declined.hits:
        yield "declined", seen.declined
    yield from ((f"failure.{name}", share) for name, share in seen.failures.items())
    if seen.mended.n:
        yield "mended", seen.mended
    if seen.pilot.pattern in ("prompt", "finetune") and any(seen.mendable):
        yield "ceiling", seen.ceiling(rules)
