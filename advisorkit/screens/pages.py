"""The pages Portfolio and Pilot of a screen: every workflow in one table and what all cost together; how many cases to mark, and what marked results established."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice, pairwise

from advisorkit.charts.kinds import RangeBars
from advisorkit.export.blocks import Cell, KeyFigure, KeyFigures, table_of
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.report.cost_pages import ranked, shared_bill
from advisorkit.report.pictures import gain_row
from advisorkit.report.pilot_pages import charter_figures, history, meanings
from advisorkit.report.printed import chance_of, columns, say
from advisorkit.screens.advising import advice, lacking, picture, verdict_of
from advisorkit.screens.parts import Doc, Link, Look, block, blocks, lead, tell
from advisorkit.study.programme import together as costs_together
from advisorkit.study.study import Study
from advisorkit.values.criteria import Rules
from advisorkit.values.engagement import Workflow
from advisorkit.values.messages import here, locale
from advisorkit.values.quantities import day, money, money_short, number, percent, plain, span


def together(workflows: Sequence[Workflow], studies: Mapping[str, Study], look: Look) -> dict[str, Doc | None]:
    """The table of all workflows, what they cost together, and what is missing for that; those not worked out yet say so."""
    found = [studies[w.id] for w in workflows if w.id in studies]
    whole, priced = len(found) == len(workflows), counted(found)
    figures, summary, bills, chart = list[KeyFigure](), tell("portfolio.working", done=len(found), of=len(workflows)), list[Doc](), None
    if whole:
        simpler = ", ".join(study.workflow.name for study in found if study.decision.instead)
        overrides = (f"{study.workflow.name}: {study.decision.override}" for study in found if study.decision.override)
        summary = " ".join((*([tell("portfolio.simpler", names=simpler)] if simpler else ()), *overrides))
    if whole and priced:
        figures, chart = list(_figures(priced)), picture("workflows", gained(priced), look)
        asked = [(n, 1, "workflow", _asks(study)) for n, study in enumerate(priced) if study.outside is None]
        bills = [block(bill, links=asked) for bill in shared_bill(priced)]
    return {
        "advice portfolio": lead(_headline(found, len(workflows)), summary),
        "blocks sums": blocks(*([block(KeyFigures(tuple(figures)), wide=True)] if figures else ()), busy=None if whole else (len(found), len(workflows))),
        "blocks workflows": blocks(_table(workflows, studies, found[0].months if found else 0)), "blocks together": blocks(*bills),
        "chart workflows": chart,
    }


def counted(found: Sequence[Study]) -> list[Study]:
    """Those that have a price."""
    return [study for study in found if study.priced and not study.decision.instead]


def _table(workflows: Sequence[Workflow], studies: Mapping[str, Study], months: int) -> Doc:
    head = [tell(f"portfolio.{name}") for name in ("workflow", "now", "ends", "chance", "clear", "next")]
    rows = [_row(workflow, studies.get(workflow.id)) for workflow in workflows]
    cost = [tell("portfolio.cost", months=months), tell("portfolio.gain")]
    links: list[Link] = [(n, 0, "workflow", {"id": workflow.id, "section": "assessment"}) for n, workflow in enumerate(workflows)]
    rankable = ((n, studies.get(workflow.id)) for n, workflow in enumerate(workflows))
    links += [(n, 7, "workflow", _asks(study)) for n, study in rankable if study and study.priced and not study.decision.instead and study.rank.ask]
    return block(table_of(tell("portfolio.title"), [*head, *cost], rows, (3, 6, 7), subtitle=tell("portfolio.sub")), wide=True, links=links)


def listed(workflows: Sequence[Workflow], studies: Mapping[str, Study], here: str) -> Doc:
    """Every workflow in a line, with where it will probably end, to be turned to; below them the way to where they are led."""
    rows = [[Cell(w.name, "strong" if w.id == here else ""), _ends(w, studies.get(w.id))] for w in workflows]
    links: list[Link] = [(n, 0, "workflow", {"id": w.id, "section": "assessment"}) for n, w in enumerate(workflows) if w.id != here]
    head = [tell("listed.title", count=len(workflows)), tell("listed.ends")]
    return block(table_of("", head, [*rows, [tell("listed.led"), ""]], (1,)), wide=True, links=[*links, (len(rows), 0, "section", {"name": "portfolio"})])


def _ends(workflow: Workflow, study: Study | None) -> str | Cell:
    if not workflow.answers:
        return tell("listed.begun")
    if study is None:
        return "…"
    if study.decision.instead:
        return study.decision.instead
    goal = study.decision.destination
    return Cell(f"{study.name(goal)} {chance_of(study.decision, goal)}", goal) if study.decision.clear else f"○ {verdict_of(study).rstrip('.')}"


def _headline(found: Sequence[Study], count: int) -> str:
    clear = sum(study.decision.clear for study in found)
    if count == 1 or len(found) < count:
        return tell("portfolio.headline_one" if count == 1 else "portfolio.headline", count=count)
    key = "all" if clear == count else "none" if not clear else "some"
    return tell(f"portfolio.headline_{key}", count=count, clear=clear)


def _figures(found: Sequence[Study]) -> Iterator[KeyFigure]:
    joint, currency, months = costs_together(found), found[0].currency, found[0].months
    amounts = [amount for study in found if (amount := study.outside) is not None]
    total = sum(amounts) - (joint.saved or 0.0 if joint else 0.0)
    if len(amounts) < len(found) or (joint and joint.saved is None):
        if amounts:
            yield KeyFigure(money_short(sum(amounts), currency), tell("portfolio.figure.known", months=months, priced=len(amounts), count=len(found)))
        yield KeyFigure(tell("bill.unknown"), tell("portfolio.figure.unknown", why=_why(found)))
        return
    yield KeyFigure(money_short(total, currency), tell("portfolio.figure.total" if joint else "portfolio.figure.one", months=months))
    if joint:
        yield KeyFigure(money_short(joint.saved or 0.0, currency), tell("portfolio.figure.saved"))


def _asks(study: Study) -> dict[str, str]:
    """Where the first thing that is missing is asked for."""
    asked = next((row.assumption.answer for row in (*lacking(study), *study.rank.ask) if row.assumption.answer), "")
    return {"id": study.workflow.id, "section": "assessment" if asked else "costs", "criterion": asked}


def gained(found: Sequence[Study]) -> RangeBars:
    """The gain of each destination as a range about its likely value, highest first."""
    rows = sorted(((study, study.decision.destination) for study in found), key=lambda row: -(row[0].gain(row[1]) or 0))
    names = [", ".join(dict.fromkeys(locale().lowered(row.assumption.label) for row in (*lacking(study), *study.rank.ask))) for study, _ in rows]
    bars = [
        gain_row(study, goal, f"{study.workflow.name}, {study.name(goal)}", tell("portfolio.lacks", names=lacks))
        for (study, goal), lacks in zip(rows, names, strict=True)
    ]
    sub = tell("portfolio.ranges_sub", months=found[0].months, draws=number(found[0].costs.draws))
    return RangeBars(title=tell("portfolio.ranges"), subtitle=sub, currency=found[0].currency, bars=tuple(bars))


def side_by_side(studies: Mapping[str, Study | None], here: str) -> Doc:
    """The base case and every scenario of one workflow; those not worked out yet say so."""
    known = [study for study in studies.values() if study]
    head = [tell(f"scenarios.{name}") for name in ("name", "ends", "chance", "clear")]
    rows = [_scenario(name, study, here) for name, study in studies.items()]
    cost = tell("scenarios.cost", months=known[0].months if known else 0)
    links = [(n, 0, "scenario", {"name": name}) for n, name in enumerate(studies) if name != here]
    return block(table_of(tell("scenarios.title"), [*head, cost], rows, (2, 4), subtitle=tell("scenarios.sub")), wide=True, links=links)


def _scenario(name: str, study: Study | None, here: str) -> list[str | Cell]:
    first = Cell(name or tell("ui.base"), "strong" if name == here else "")
    if study is None:
        return [first, tell("portfolio.waiting"), "", "", ""]
    _, __, ends, chance, clear, ___, cost, ____ = _row(study.workflow, study)
    return [first, ends, chance, clear, cost]


def _row(workflow: Workflow, study: Study | None) -> list[str | Cell]:
    if study is None:
        return [workflow.name, tell("portfolio.waiting"), *[""] * 6]
    advice = study.advice
    simpler = study.decision.instead
    now, chance = ("–", "–") if simpler else (Cell(study.name(advice.now), advice.now), chance_of(study.decision, advice.recommended))
    ends = Cell(simpler, "strong") if simpler else Cell(study.name(advice.recommended), advice.recommended)
    cost, gain = tell("portfolio.not_priced"), ""
    if study.priced and not simpler:
        cost, gain = tell("bill.unknown") if study.outside is None else money_short(study.outside, study.currency), ranked(study)
    state = verdict_of(study).rstrip(".")
    return [workflow.name, now, ends, chance, state, tell(f"portfolio.step.{advice.next_step.action}"), cost, gain]


def _why(studies: Sequence[Study]) -> str:
    """Which workflow lacks what."""
    missing = [(study.workflow.name, here(" and ").join(locale().lowered(row.assumption.label) for row in lacking(study))) for study in studies]
    return "; ".join(tell("portfolio.lacks_one", workflow=name, names=names) for name, names in missing if names)


_SIZES = 8
_SQUARES = 400
"""Most cases that are shown as a square each."""


def pilot(study: Study, files: Sequence[str], look: Look, *, preview: bool = False) -> dict[str, Doc]:
    """What the newest pilot says, or what to mark first, in four steps; `files` lie beside the engagement and may hold results.

    A `preview` is of results that were read and are not used yet.
    """
    established, plan, seen = study.pilot, study.plan, _seen(study, handed=look.handed and not preview)
    meaning = block(table_of(say("charter.results"), columns("charter.results_head"), meanings(study), subtitle=tell("pilot.meaning_sub")))
    widths = ((str(one.n), span(percent(one.low), percent(one.high))) for one in plan.widths)
    sizes = ((str(one.n), *(money(value, plan.currency) for value in (one.value, one.cost, one.net))) for one in plan.sizes)
    found, rest = [meaning], [_by_size(plan, "width", ("cases", "between"), widths, expected=percent(plan.terms.expected.mean))]
    rest += [_by_size(plan, "worth", ("cases", "worth", "costs", "net"), sizes)] if plan.sizes and not look.presenting else []
    if established:
        *older, found[0] = (_found(study, seen) for seen in established.diagnoses)
        rest = [*older[::-1], *(block(table, wide=True) for table in history(study)), meaning, *rest]
    shown = advice(study, look) | {"when": tell("pilot.if_used") if preview else "", "beside": []} if established else lead(_to_mark(study))
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


def _to_mark(study: Study) -> str:
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
    asked = {"plan": f"{_to_mark(study)} {plan.why}" if study.pilot else "", "sheet": marking}
    if _follows(plan, seen):
        asked = {} if preview else {"decision": asked["plan"]}
    right = tell("pilot.read", right=plain(seen.right.hits), cases=plain(seen.right.n)) if seen else ""
    states = {"plan": study.name(seen.pilot.pattern if seen else plan.pattern), "results": right, "decision": tell(f"portfolio.step.{study.advice.next_step.action}") if seen and not preview else ""}
    words, done = {**asked, "results": tell("pilot.use" if preview else "pilot.put")}, True
    for name in ("plan", "sheet", "results", "decision"):
        done = done and name != now
        yield [name, "●" if name == now else "✓" if done else "○", tell(f"pilot.step.{name}"), states.get(name, ""), words.get(name, "")]


def _by_size(plan: Plan, table: str, heads: Sequence[str], sizes: Iterable[tuple[str, ...]], **values: str) -> Doc:
    """A table by how many cases are marked, which stand first in a row; the row that is advised stands out."""
    rows = [[Cell(cell, "strong" if row[0] == str(plan.mark) else "") for cell in row] for row in islice(sizes, _SIZES)]
    head = [tell(f"pilot.{name}") for name in heads]
    return block(table_of(tell(f"pilot.{table}_title"), head, rows, range(len(head)), subtitle=tell(f"pilot.{table}_sub", **values)))


def _found(study: Study, seen: Diagnosis) -> Doc:
    rows: list[list[str | Cell]] = [
        [Cell(tell(f"pilot.{name}"), name.removeprefix("failure.")), say("pilot.of", hits=plain(share.hits), cases=plain(share.n)),
         tell("bill.unknown") if share.share is None else percent(share.share),
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
