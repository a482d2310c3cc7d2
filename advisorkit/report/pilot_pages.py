"""Pages about pilots: the charter before one, and the review after it."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from advisorkit.advice.words import whole_percents
from advisorkit.charts.kinds import ShareBars, ShareRow
from advisorkit.export.blocks import Block, Callout, Cell, ChartBlock, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.established import Established
from advisorkit.pilots.planning import Plan
from advisorkit.pilots.tally import Share
from advisorkit.report.advice_pages import again, asks, cautions, decided, warned
from advisorkit.report.job import Report
from advisorkit.report.pictures import ruled_out
from advisorkit.report.printed import chance_of, columns, count, say
from advisorkit.report.trial_pages import tried
from advisorkit.report.whole_pages import basis, cover_of
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.places import linked, rounded, told
from advisorkit.values.quantities import day, hundredths, money_short, number, percent, plain, span

_FALLS_SHORT: Mapping[PatternId, tuple[str, ...]] = {
    "prompt": ("information", "behaviour", "both", "nothing"), "rag": ("search", "passage"), "finetune": ("lacking", "taught"),
    "hybrid": ("still",),
}  # fmt: skip
_BUILT: Mapping[str, PatternId] = {"information": "rag", "behaviour": "finetune", "both": "hybrid", "passage": "hybrid", "lacking": "hybrid"}
"""What would be built after a result."""
_COLOURS = {"information": "rag", "behaviour": "finetune", "unclear": "text3"}


@spoken
def pilot_cover(report: Report, key: str) -> tuple[Block, ...]:
    """A cover with the title of the sentence `key`: ``charter.cover`` or ``review.cover``."""
    engagement, names = report.workflows[0].engagement, [study.workflow.name for study in report.workflows]
    named = names[0] if len(names) == 1 else say("cover.several", count=count(len(names)).capitalize())
    about = "; ".join((named, *basis(report.workflows[0])))
    short = key != "review.cover"
    return (cover_of(say(key), about, engagement, report.brand, leaflet=short, running=named if short else ""),)


@spoken
def charter(study: Study) -> tuple[Block, ...]:
    """One page to leave behind: what is marked, by whom, what is enough, what each result will mean."""
    plan, made = study.plan, study.decision
    over = made.replaced or made.next_step.action in ("stop", "ship")
    if over or not plan.mark:
        headline = (study.cite(made.headline, "decision.headline"), *((made.next_step.why,) if made.next_step.action == "stop" else ()))
        figures = () if over else (KeyFigures(tuple(charter_figures(plan))), *_charter_notes(plan), Text((plan.why,)))
        offers = () if made.replaced or made.next_step.action == "stop" else (Text((say("charter.offers", cases=fresh_cases(study)),), "note"),)
        return (
            Heading(say("charter.no_title"), 2, study.workflow.name), Text((linked(" ", headline),), "lead"), *figures, *offers, *warned(study),
            Heading(say("decide")), Text(tuple(asks(study)), "numbered"), Heading(say("again.title")), Text(tuple(again(study)), "bullets")
        )
    return (
        Heading(_charter_title(plan), 2, study.workflow.name),
        Text((linked(" ", (study.cite(made.headline, "decision.headline"), _charter_lead(plan))),), "lead"),
        KeyFigures(tuple(charter_figures(plan))),
        *_charter_notes(plan),
        _table("charter.agreed", "charter.agreed_head", ((say(f"charter.{name}"), text) for name, text in _agreed(study, plan))),
        *(() if plan.terms.never else (_table("charter.results", "charter.results_head", meanings(study)),)),
        _table("charter.actions", "charter.actions_head", _actions(study, plan)),
        *((Text((linked(" ", careful),), "note"),) if (careful := cautions(study)) else ()),
    )


def fresh_cases(study: Study) -> float:
    """Cases that decide on a supplier's offer: as many as a pilot takes, or else as a test usually does."""
    usual = study.assumption("test_case_count").range
    return study.plan.mark or (rounded(usual.likely) if usual else 0)


def _charter_title(plan: Plan) -> str:
    if _too_few(plan):
        return say("charter.title.few", cases=plan.mark, least=plan.least)
    if plan.terms.never:
        return say("charter.title.never", cases=plan.mark)
    return say("charter.title" if plan.pattern == "prompt" else "charter.title.other", cases=plan.mark, pattern=say(f"pattern.{plan.pattern}"))


def _too_few(plan: Plan) -> bool:
    """Whether not even all right answers of those to mark would decide anything."""
    return bool(plan.mark) and plan.terms.strict and plan.passing is None and not plan.terms.never


def _charter_lead(plan: Plan) -> str:
    key = "never" if plan.terms.never else "prompt" if plan.pattern == "prompt" else "other"
    enough = say("charter.enough_strict" if plan.terms.strict else "charter.enough", needed=percent(plan.terms.target))
    enough = linked(" ", (enough, say("charter.enough_usual"))) if plan.terms.source == "usual" else enough
    return say(f"charter.lead.{key}", cases=plan.mark, pattern=say(f"pattern.{plan.pattern}"), enough=enough)


def _table(title: str, head: str, rows: Iterable[tuple[str | Cell, ...]], right: Container[int] = ()) -> Table:
    return table_of(say(title), columns(head), rows, right)


def charter_figures(plan: Plan) -> Iterator[KeyFigure]:
    """Cases, pass mark and what marking costs."""
    if plan.mark:
        yield KeyFigure(number(plan.mark), say("charter.figure.cases", twice=plan.mark_twice))
    if plan.terms.never:
        yield KeyFigure(say("charter.figure.none"), say("charter.figure.needed.never"))
    else:
        yield KeyFigure(percent(plan.terms.target), say(f"charter.figure.needed.{plan.terms.source}"))
    if not plan.mark:
        return
    if plan.marking_cost is None or plan.evpi is None:
        yield KeyFigure(say("unknown"), say("charter.figure.cost_unknown"))
        return
    over = "" if plan.marking_cost <= plan.evpi else ".strict" if plan.terms.strict else ".more"
    yield KeyFigure(money_short(plan.marking_cost, plan.currency), say(f"charter.figure.cost{over}", worth=money_short(plan.evpi, plan.currency)))


def _charter_notes(plan: Plan) -> Iterator[Block]:
    if plan.terms.never:
        yield Callout(say("review.stop"), say("charter.never"), "warning")
    elif plan.terms.strict:
        yield Text((say("charter.strict"), *((say("charter.strict_few", cases=plan.mark, least=plan.least),) if _too_few(plan) else ())), "note")


def _agreed(study: Study, plan: Plan) -> Iterator[tuple[str, str]]:
    there = _in_hand(study)
    more = plan.mark - there
    yield "owner", study.workflow.led_by or say("charter.blank")
    for name in ("drawn", "who", "mark", *(("test",) if _pasted(plan) else ()), "date"):
        key = "charter.mark_never" if name == "mark" and plan.terms.never else f"charter.{name}_text"
        key += "" if name != "drawn" or not there else ".enough" if more <= 0 else ".more"
        yield name, say(key, needed=percent(plan.terms.target), there=there, more=more)


def _in_hand(study: Study) -> int:
    """Real cases that the client surely has for a first pilot; those that were marked before are kept apart."""
    there = study.answers.get("test_cases", Answer())
    return int(there.amount.low) if there.amount and there.confidence != "guess" and study.decision.next_step.action == "pilot" else 0


def _pasted(plan: Plan) -> bool:
    """Whether it decides anything what the right text would mend: above both layers nothing is left to build."""
    return plan.pattern != "hybrid"


def meanings(study: Study) -> Iterator[tuple[str, ...]]:
    """What each result of the pilot will mean, agreed before the first case is marked."""
    plan = study.plan
    passes = not plan.terms.never and not (plan.terms.strict and plan.passing is None)
    for name in (*(("pass",) if passes else ()), *_FALLS_SHORT[plan.pattern], "open"):
        values = {"needed": percent(plan.terms.target), "hits": plan.passing, "cases": plan.mark} if name == "pass" else {}
        strict = "" if name != "pass" or not plan.terms.strict else ".strict.more" if plan.before.n else ".strict"
        person = ".person" if name == "pass" and study.decision.person_decides else ""
        built = _BUILT.get(name)
        if built and study.status(built) == "ruled_out":
            then = say("charter.result.ruled_then", pattern=study.name(built), reason=ruled_out(study.advice, built))
        else:
            then = say(f"charter.result.{name}_then{person}")
        yield say(f"charter.result.{name}{strict}", **values), then


def _actions(study: Study, plan: Plan) -> Iterator[tuple[str, ...]]:
    owner, there = study.workflow.context.get("owner") or study.workflow.led_by or say("charter.blank"), _in_hand(study)
    more = ".more" if 0 < there < plan.mark else ""
    for name in ("draw", "mark", *(("paste",) if _pasted(study.plan) else ()), "decide"):
        values = {"cases": plan.mark - (there if more else 0)} if name == "draw" else {}
        yield say(f"charter.action.{name}{more if values else ''}", **values), owner if name == "decide" else say("charter.blank"), say("charter.blank")


@spoken
def unmarked(report: Report) -> tuple[Block, ...]:
    """The workflows of which no pilot is marked yet; nothing where there is none."""
    left = tuple(study.workflow.name for study in report.workflows if study.pilot is None)
    return (Heading(say("review.none"), 2), Text((say("review.none_text"),)), Text(left, "bullets")) if left else ()


@spoken
def result(study: Study) -> tuple[Block, ...]:
    """What the newest pilot decides, with its figures and what weakens them; nothing without a pilot."""
    found = study.pilot
    if found is None:
        return ()
    return (
        *decided(study),
        Text(tuple(dict.fromkeys(filter(None, (study.decision.next_step.why, "" if found.decision.result or study.decision.next_step.used else found.decision.why, study.decision.enough)))), "lead"),
        KeyFigures(tuple(_result_figures(study, found))),
        *tried(study),
        *warned(study),
    )


def _result_figures(study: Study, found: Established) -> Iterator[KeyFigure]:
    seen, needed = study.seen, study.cite(found.terms.target, "pilot.pass_mark")
    ends = {"low": percent(seen.right.low), "high": percent(seen.right.high)}
    yield KeyFigure(_share(seen.right), say("review.figure.right", cases=plain(seen.right.n), **ends))
    yield KeyFigure(percent(min(needed, 1.0)), say(f"review.figure.needed.{found.terms.source}"))
    if seen.mended.n:
        yield KeyFigure(_share(seen.mended), say("review.figure.mended"))
    if seen.declined.hits:
        yield KeyFigure(_share(seen.declined), say("review.figure.declined"))


def _share(count: Share) -> str:
    return "–" if count.share is None else percent(count.share)


def _range(count: Share) -> str:
    return span(percent(count.low), percent(count.high))


@spoken
def failures(study: Study) -> tuple[Block, ...]:
    """Why answers failed, by kind, by part of the work and by severity; nothing without a pilot."""
    if study.pilot is None:
        return ()
    seen = study.seen
    mix, lines = _mix(seen), tuple(_about_failures(study, seen))
    return (
        Heading(mix.chart.title if isinstance(mix, ChartBlock) else say("review.failures"), 2, study.workflow.name),
        mix,
        *((Text(lines),) if lines else ()),
        *_parts(seen),
        *_harm(seen),
    )


@spoken
def review(study: Study) -> tuple[Block, ...]:
    """The review on paper: why answers failed stands below what is decided, on one page."""
    below = (replace(block, level=3, part="") if isinstance(block, Heading) else block for block in failures(study))
    return (*result(study), *below, *moved(study))


def _mix(seen: Diagnosis) -> ChartBlock | Text:
    """Failures by kind, most first, below a heading that says the chart's title."""
    known = sorted(seen.failures.items(), key=lambda pair: -pair[1].hits)
    first, count = known[0]
    if not count.n:
        return Text((say("review.failures_none"),))
    bars = tuple(
        ShareRow(_COLOURS[name], say(f"review.kind_short.{name}"), share.share, say("pilot.of", hits=plain(share.hits), cases=plain(share.n)), linked("", ("(", _range(share), ")")))
        for name, share in known
    )
    title = say("review.failures_title", share=_share(count), kind=say(f"review.kind.{first}"))
    return ChartBlock(ShareBars(title=title, subtitle=say("review.failures_subtitle"), bars=bars), titled=False)


def _about_failures(study: Study, seen: Diagnosis) -> Iterator[str]:
    ceiling = study.cite(seen.ceiling(study.rules), "pilot.ceiling")
    if ceiling.share is not None and seen.pilot.pattern in ("prompt", "finetune"):
        yield say("review.ceiling", share=_share(ceiling))
    if seen.missed.hits:
        yield say("review.search", share=_share(seen.missed))
    if pair := seen.against_today:
        low, gap, high = (told(number(100 * part), part) for part in (pair.low, pair.difference, pair.high))
        values = {"cases": pair.cases, "gap": gap, "low": low, "high": high}
        yield say("review.today", pattern=say(f"pattern.{seen.pilot.pattern}"), today=_share(seen.today), right=_share(seen.right), **values)
    if seen.agreement:
        yield say("review.agreement" if seen.agreement.same == 1 else "review.agreement.parts", same=percent(seen.agreement.same), cases=seen.agreement.cases)


def _parts(seen: Diagnosis) -> Iterator[Block]:
    if seen.segments:
        yield _table("review.parts", "review.parts_head", ((name, _share(c), plain(c.n), _range(c)) for name, c in seen.segments.items()), (1, 2, 3))


def _harm(seen: Diagnosis) -> Iterator[Block]:
    if seen.severities:
        rows = ((say(f"review.severity.{name}"), plain(c.hits), told(hundredths(100 * c.at_most, 1), c.at_most)) for name, c in seen.severities.items())
        yield _table("review.harm", "review.harm_head", rows, (1, 2))


@spoken
def moved(study: Study) -> tuple[Block, ...]:
    """The advice before and after the newest pilot, what it measured for the costs, and the history; nothing without one."""
    if study.pilot is None:
        return ()
    before = study.before
    chances = study.cite({p: before.patterns[p].probability for p in PATTERNS}, "pilot.before")
    whole = whole_percents(chances)
    rows = ((Cell(study.name(p), p), told(hundredths(whole[p]), chances[p]), chance_of(study.decision, p)) for p in PATTERNS)
    same = before.recommended == study.advice.recommended
    key, names = ("same", {"pattern": study.name(before.recommended)}) if same else ("other", {"before": study.name(before.recommended), "after": study.name(study.advice.recommended)})
    title, lead = (say("review.moved.simpler"), say("review.moved_lead.simpler")) if study.decision.replaced else (say(f"review.moved.{key}", **names), say("review.moved_lead"))
    return (
        Heading(title, 2, study.workflow.name),
        Text((lead,), "lead"),
        table_of("", columns("review.moved_head"), rows, (1, 2)),
        *_measured(study.seen),
        *history(study),
    )


def _measured(seen: Diagnosis) -> Iterator[Block]:
    if seen.measured:
        yield _table("review.measured", "review.measured_head", ((say(f"review.measured.{name}"), plain(value.likely)) for name, value in seen.measured.items()), (1,))


def history(study: Study) -> Iterator[Table]:
    """Advice given on a workflow before, oldest first; nothing where there was none."""
    lines = study.cite(tuple(line for line in study.engagement.history if line.workflow == study.workflow.id), "history")
    if lines:
        yield _table("review.history", "review.history_head", ((day(x.date), Cell(study.name(x.now), x.now), Cell(study.name(x.recommended), x.recommended), x.reason) for x in lines))
