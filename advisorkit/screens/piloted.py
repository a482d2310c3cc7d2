"""The pilot on screen: how many cases to mark, and what marked results established."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from advisorkit.export.blocks import Cell, KeyFigures, table_of
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.report.pilot_pages import charter_figures, history, meanings
from advisorkit.report.printed import columns, say
from advisorkit.screens.advising import advice
from advisorkit.screens.parts import Doc, block, blocks, lead, tell
from advisorkit.screens.state import Look
from advisorkit.study.study import Study
from advisorkit.values.criteria import Rules
from advisorkit.values.quantities import day, figures, hundredths, money, percent, percents, span

_SIZES = 8
_SQUARES = 400
"""Most cases that are shown as a square each."""


def pilot(study: Study, files: Sequence[str], look: Look, *, preview: bool = False) -> dict[str, Doc]:
    """What the newest pilot says, or what to mark first, in four steps; `files` lie beside the engagement and may hold results.

    A `preview` is of results that were read and are not used yet.
    """
    established, plan, seen = study.pilot, study.plan, _seen(study, handed=look.handed and not preview)
    meaning = block(table_of(say("charter.results"), columns("charter.results_head"), meanings(study), subtitle=tell("pilot.meaning_sub")))
    found, rest = [meaning], [_precision(plan), *([_worth(plan)] if plan.sizes and not look.presenting else [])]
    if established:
        *older, found[0] = (_found(study, seen) for seen in established.diagnoses)
        rest = [*older[::-1], *(block(table, wide=True) for table in history(study)), meaning, *rest]
    shown = advice(study, look) | {"when": tell("pilot.if_used") if preview else "", "beside": []} if established else lead(_headline(study))
    return {
        "advice pilot": shown | {"summary": established.decision.why if established else plan.why},
        "blocks figures": blocks(*([] if established else [block(KeyFigures(tuple(charter_figures(plan))[: 2 if look.presenting else 3]), wide=True)])),
        "blocks found": blocks(*found), "blocks pilot": blocks(*rest, warnings=established.warnings if established else ()),
        "results": {
            "files": list(files), "fault": "\n".join((why, *([] if look.asks else [tell("pilot.nothing_read")]))) if (why := look.faults.get("pilot", "")) else "",
            "mark": look.faults.get("pilot typed") or ("" if plan.terms.never else percent(plan.terms.target)),
            "title": tell("pilot.title", pattern=study.name(seen.pilot.pattern if seen else plan.pattern)), "sub": day(seen.pilot.date) if seen else "",
            "steps": list(_steps(study, seen, preview=preview, handed=look.handed)), "next": _follows(plan, seen) and plan.mark > 0 and not preview,
            "asks": [[option, tell(f"pilot.ask.{option}"), [list(choice) for choice in choices]] for option, choices in look.asks.items()],
            "made": bool(established) and not preview, "read": preview,
        },
    }  # fmt: skip


def _headline(study: Study) -> str:
    return tell("pilot.headline" if study.plan.mark else "pilot.headline_none", count=study.plan.mark, pattern=study.name(study.plan.pattern))


def _seen(study: Study, *, handed: bool) -> Diagnosis | None:
    """The pilot that the steps are about, where its results are in; None while they are still to come, as they are once the next one's sheet is `handed` out."""
    seen = study.seen if study.pilot else None
    return None if seen and handed and _follows(study.plan, seen) else seen


def _follows(plan: Plan, seen: Diagnosis | None) -> bool:
    """Whether `plan` is that of another pilot after the one that was `seen`."""
    return seen is not None and plan.pattern != seen.pilot.pattern


def _steps(study: Study, seen: Diagnosis | None, *, preview: bool, handed: bool) -> Iterator[list[str]]:
    """Plan, sheet, results and decision: name, mark, title, how it stands, and what to do; a sheet that was `handed` out waits for results.

    What the next pilot asks for is told with the decision on the one before.
    """
    plan, now = study.plan, "results" if preview or handed else "decision" if seen else "sheet"
    marking = tell("pilot.mark", count=plan.mark, twice=plan.mark_twice) if plan.mark else ""
    asked = {"plan": f"{_headline(study)} {plan.why}" if study.pilot else "", "sheet": marking}
    if _follows(plan, seen):
        asked = {} if preview else {"decision": asked["plan"]}
    right = tell("pilot.read", right=figures(seen.right.hits, 3), cases=figures(seen.right.n, 6)) if seen else ""
    states = {"plan": study.name(seen.pilot.pattern if seen else plan.pattern), "results": right, "decision": tell(f"portfolio.step.{study.advice.next_step.action}") if seen and not preview else ""}
    words, done = {**asked, "results": tell("pilot.use" if preview else "pilot.put")}, True
    for name in ("plan", "sheet", "results", "decision"):
        done = done and name != now
        yield [name, "●" if name == now else "✓" if done else "○", tell(f"pilot.step.{name}"), states.get(name, ""), words.get(name, "")]


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
    rows: list[list[str | Cell]] = [
        [Cell(tell(f"pilot.{name}"), name.removeprefix("failure.")), say("pilot.of", hits=figures(share.hits, 3), cases=figures(share.n, 6)),
         tell("bill.unknown") if share.share is None else parts.get(name, percent(share.share)),
         span(percent(share.low), percent(share.high)) if share.n else ""]
        for name, share in _shares(seen, study.rules)
    ]
    title = tell("pilot.found", pattern=study.name(seen.pilot.pattern), day=day(seen.pilot.date))
    head = [tell(f"pilot.{name}") for name in ("what", "count", "share", "range")]
    made, drawn = block(table_of(title, head, rows, (1, 2, 3), subtitle=tell("pilot.found_sub")), wide=True), "".join(_squares(seen))
    return made | {"html": str(made["html"]).replace("</caption>", f'<span class="ak-squares" aria-hidden="true">{drawn}</span></caption>', 1)}


def _squares(seen: Diagnosis) -> Iterator[str]:
    """A square a case, in the order of the rows of the table, which tells the same counts; none where there would be too many to see."""
    failed: dict[str, float] = {name: share.hits for name, share in seen.failures.items()}
    mended = min(seen.mended.hits, failed["information"])
    counts = {"right": seen.right.hits, "declined": seen.cases - seen.right.hits - sum(failed.values()), "mended": mended, **failed, "information": failed["information"] - mended}
    ends = [round(end) for end in accumulate(counts.values(), initial=0.0)]
    for name, (low, high) in zip(counts, pairwise(ends), strict=True):
        yield f'<i class="is-{name}"></i>' * (high - low if ends[-1] <= _SQUARES else 0)


def _shares(seen: Diagnosis, rules: Rules) -> Iterator[tuple[str, Share]]:
    yield "right", seen.right
    if seen.declined.hits:
        yield "declined", seen.declined
    for name, share in seen.failures.items():
        yield f"failure.{name}", share
        if name == "information" and seen.mended.n:
            yield "mended", seen.mended
    if seen.pilot.pattern in ("prompt", "finetune") and any(seen.mendable):
        yield "ceiling", seen.ceiling(rules)
