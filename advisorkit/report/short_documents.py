"""Documents around the report: a brief of two pages, the record of a decision, what a session needs and leaves, what suppliers are asked for, and the slides of a board deck."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from advisorkit.advice.answers import words_of
from advisorkit.export.blocks import Block, Callout, Cell, ChartBlock, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.intake.questionnaire import confirmer, pending
from advisorkit.report import pictures
from advisorkit.report.advice_pages import again, asked, asks, cautions, decided, off_ramp, summary, warned
from advisorkit.report.annex_pages import PRIVATE, PROTECTED, answers_of, each, joined, not_this, numbered, way_asked
from advisorkit.report.cost_pages import ahead, cash_years, costs, left_out, money_table, steps, worth
from advisorkit.report.job import Report
from advisorkit.report.pilot_pages import fresh_cases, pilot_cover
from advisorkit.report.printed import columns, count, expected, inside, say, unknowns
from advisorkit.report.trial_pages import tried
from advisorkit.report.whole_pages import on_how_many
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.messages import locale
from advisorkit.values.places import linked, told
from advisorkit.values.quantities import day, money_short, percent


@spoken
def brief(report: Report) -> tuple[Block, ...]:
    """Two pages: the decision and the money of one workflow, or the programme of several and where its data goes."""
    first, *more = report.workflows
    pages = (*report.overview, *report.protection) if more else (*summary(first), *costs(first))
    return (*pilot_cover(report, "brief.cover"), *pages)


@spoken
def decision_record(report: Report) -> tuple[Block, ...]:
    """What was decided on each workflow, what was weighed, what re-opens it, what follows and who signs that."""
    return (*pilot_cover(report, "record.cover"), *(block for study in report.workflows for block in _record(study)))


def _record(study: Study) -> Iterator[Block]:
    yield from decided(study)
    if not study.decision.replaced:
        head = columns("record.options_head" if study.priced else "record.options_head.unpriced")
        rows = (_option(study, pattern) for pattern in PATTERNS)
        yield from (Heading(say("record.options")), table_of("", head, rows, range(1, len(head) - 1), note=linked(" ", ahead(study))))
    yield from (*warned(study), Heading(say("again.title")), Text(tuple(again(study)), "bullets"))
    yield from (Heading(say("record.signed")), table_of("", columns("record.signed_head"), [(ask, say("charter.blank"), say("charter.blank")) for ask in asks(study)]))


def _option(study: Study, pattern: PatternId) -> tuple[str | Cell, ...]:
    right, money = expected(study, pattern), tuple[str, ...]()
    if study.priced:
        amounts = (None if study.costs.money[pattern].at_least else study.amount(pattern, "all_in"), study.gain(pattern))
        money = tuple("–" if amount is None else money_short(amount, study.currency) for amount in amounts)
    share = "–" if study.status(pattern) == "ruled_out" or right is None else percent(right.p50)
    return Cell(study.name(pattern), pattern), share, *money, _verdict(study, pattern)


def _verdict(study: Study, pattern: PatternId) -> str:
    """Advised, advised now though it will probably end elsewhere, its probable end, why it stops here, or why it is not the advice."""
    now, goal = study.decision.now, study.decision.destination
    if study.decision.ended and pattern in (now, goal):
        return study.decision.next_step.why if pattern == now and study.decision.next_step.action == "stop" else say("state.stop")
    if pattern == goal:
        return say("record.advised" if pattern == now else "record.goal")
    return say("record.now", why=inside(not_this(study, pattern))) if pattern == now else not_this(study, pattern)


def _raised(name: str) -> str:
    """A name as it opens a line."""
    return f"{name[:1].upper()}{name[1:]}"


def _come_to(found: Sequence[Study]) -> Iterator[Block]:
    """What is advised on each of several workflows, and on how many that is clear."""
    yield Heading(on_how_many(found), 2)
    yield Text(tuple(linked("", (f"{one.workflow.name}: ", one.cite(one.decision.headline, "decision.headline"))) for one in found), "numbered")


@spoken
def session_note(report: Report) -> tuple[Block, ...]:
    """What a session decided and heard, without names of speakers; guesses to confirm, and what is to be done."""
    found, engagement = report.workflows, report.workflows[0].engagement
    named, labels = {one.id: one.name for one in engagement.workflows}, found[0].catalog.criteria
    guesses = [(named[one.workflow], labels[one.criterion].label, _raised(one.who), day(date.fromisoformat(one.by)) if one.by else "–") for one in pending(engagement)]
    kept = [name for name in labels if name not in PRIVATE]
    said = tuple(joined(found, "answers.head_many", lambda one: answers_of(one, kept)))
    return (
        *pilot_cover(report, "note.cover"), *(_come_to(found) if found[1:] else decided(found[0])),
        *steps(found[0].engagement, everywhere=True),
        *((Heading(say("note.guesses")), table_of("", columns("note.guesses_head"), guesses)) if guesses else ()),
        *((Heading(say("note.said")), *said) if said else ()),
    )  # fmt: skip


@spoken
def session_prep(report: Report) -> tuple[Block, ...]:
    """Who should come, what to bring, and the open questions by who can answer them."""
    found, engagement = report.workflows, report.workflows[0].engagement
    left = {who: each(found, lambda one, who=who: _put_to(one, who)) for who in ("business", "IT", "legal")}  # type: ignore[misc]
    left["legal"] = (*way_asked(engagement).values(), *left["legal"])
    named = {confirmer(engagement, who): lines for who, lines in left.items() if lines}
    guesses = sum(line.endswith(say("protection.ask.guess")) for lines in named.values() for line in lines)
    title = say("prep.title.guesses" if guesses else "prep.title", questions=sum(map(len, named.values())), guesses=guesses)
    lacking = tuple(dict.fromkeys(locale().lowered(name) for one in found if one.priced for name in one.lacking))
    bring = (say("prep.bring.cases"), *((say("prep.bring.numbers", names=", ".join(lacking)),) if lacking else ()), say("prep.bring.papers"))
    return (
        *pilot_cover(report, "prep.cover"), Heading(title, 2), *numbered(found), Heading(say("prep.who")),
        Text(tuple(say("prep.asked", who=_raised(name), questions=len(lines)) for name, lines in named.items()), "bullets"), Heading(say("prep.bring")), Text(bring, "bullets"),
        *(block for name, lines in named.items() for block in (Heading(_raised(name)), Text(lines, "bullets"))),
    )  # fmt: skip


def _put_to(study: Study, who: str) -> Iterator[str]:
    """What `who` can say: what nobody has said, on data as the page on its protection asks it, and what is a guess so far."""
    for criterion in study.catalog.criteria.values():
        said = study.answers.get(criterion.id)
        if criterion.who == who and (criterion.id in study.decision.to_ask or (criterion.id in PROTECTED and said is None)):
            yield criterion.question
        elif criterion.who == who and said and said.confidence == "guess":
            yield f"{criterion.question} {say('protection.ask.guess')}"


NEEDS = (
    "calls_per_month", "task_kind", "input_form", "languages", "rare_language", "source_form", "corpus_tokens", "knowledge_change", "citations", "refuse_to_guess", "human_review",
    "error_tolerance", "latency_s", "integration_count", "access_control", "data_class", "exposure", "hosting", "data_location", "withdrawal_speed", "regulated",
)  # fmt: skip
"""Answers that a supplier has to know; none tells what a right answer is worth, what was offered by others, or what was advised."""
PRICED, TERMS, WAYS_OUT = ("setup", "seat", "item", "more", "holds", "ready"), ("where", "kept", "training", "others", "logs", "breach"), ("data", "setup", "notice", "help")


@spoken
def supplier_brief(report: Report) -> Iterator[Block]:
    """A brief for each workflow that any supplier can answer; it names no product, no budget and no other offer."""
    yield from pilot_cover(report, "supplier.cover")
    for study in report.workflows:
        if (stopped := study.decision.next_step.action == "stop") or study.decision.replaced:
            yield Heading(say("supplier.none", workflow=study.workflow.name), 2, study.workflow.name)
            yield Text((say("state.stop" if stopped else "supplier.none.simpler"),), "lead")
        else:
            yield from (*_needs(study), *_test(study), *_answers(study))


def _needs(study: Study) -> Iterator[Block]:
    told, context = study.answers, study.workflow.context
    yield Heading(say("supplier.title", workflow=study.workflow.name, cases=fresh_cases(study)), 2, study.workflow.name)
    if lines := [say(f"supplier.{name}", value=context[name]) for name in ("problem", "success_metric") if context.get(name)]:
        yield Text(tuple(lines), "lead")
    rows = [(criterion.label, words_of(criterion, told[name], study.currency), told[name].confidence) for name in NEEDS if name in told for criterion in [study.catalog.criterion(name)]]
    yield Heading(say("supplier.needs"))
    needs = ((label, say("supplier.guess", value=value) if sure == "guess" else value) for label, value, sure in rows)
    yield table_of("", columns("supplier.needs_head"), needs) if rows else Text((say("supplier.needs_none"),))


def _test(study: Study) -> Iterator[Block]:
    """The test with the mark that was frozen, or else with one to be agreed, on cases that nobody has seen."""
    frozen = next((pilot for pilot in reversed(study.workflow.pilots) if pilot.pass_mark is not None), None)
    held = study.decision.prospects.target.share
    if frozen and frozen.pass_mark is not None:
        mark = say("supplier.test.frozen", needed=percent(study.cite(frozen.pass_mark, "pilot.pass_mark") if study.pilot else frozen.pass_mark), date=day(frozen.date))
    else:
        mark = say("supplier.test.open") if held is None or study.prospects.target.never else say("supplier.test.wanted", needed=percent(min(held, 1.0)))
    lines = (say("supplier.test.cases", cases=fresh_cases(study)), say("supplier.test.marked"), mark, say("supplier.test.alike"))
    yield from (Heading(say("supplier.test")), Text(lines, "numbered"))


def _answers(study: Study) -> Iterator[Block]:
    blank, owner, known = say("charter.blank"), study.workflow.led_by, study.answers.get("calls_per_month")
    at = "" if known and not known.unknown else ".unknown"
    yield Heading(say("supplier.offer"), 2, study.workflow.name)
    yield Heading(say(f"supplier.price{at}", currency=study.currency))
    yield table_of("", columns("supplier.price_head"), [(say(f"supplier.price.{name}{at if name == 'more' else ''}"), blank, blank * 2) for name in PRICED])
    yield Heading(say("supplier.data"))
    yield table_of("", columns("supplier.data_head"), [(say(f"supplier.data.{name}"), blank * 2) for name in TERMS])
    yield from (Heading(say("supplier.out")), Text(tuple(say(f"supplier.out.{name}") for name in WAYS_OUT), "bullets"))
    yield Text((say("supplier.to", owner=owner or blank, blank=blank),), "note")


SINGLE = 7
"""Most slides of single workflows among several: with those of all, a deck has at most twelve."""
REASONS = 2
"""Most reasons for, and against, that stand beside the map."""
_SUMS = (0, 3, 6, 7, 8, 9, 10, 11)


@spoken
def slides(report: Report) -> Iterator[Block]:
    """Everything that a board is shown, slide by slide, worked out when it is shown; every figure is that of the report."""
    found = report.workflows
    return _one(found[0]) if len(found) == 1 else _many(report)


def _one(study: Study) -> Iterator[Block]:
    yield from _situation(study)
    yield from _advice(study)
    if not study.decision.replaced:
        yield from (*_why(study), *(_page(one.text, study) if isinstance(one, Heading) else one for one in tried(study)), *_changes(study), *_money(study), *_path(study))
    yield from (*_risks(study), *_decision(study), *_appendix(study))


def _many(report: Report) -> Iterator[Block]:
    studies = report.ranked
    shown = _first(studies)
    yield from report.overview
    if len(shown) < len(studies):
        yield Text((say("slides.rest"),), "note")
    yield from _each(shown)
    yield from _last(studies)
    for study in shown:
        if study.priced and not study.decision.replaced:
            yield from (_page(_appended(_gains(study)), study), _sums(study), *_said(study))


@spoken
def chosen_slides(report: Report) -> Iterator[Block]:
    """The portfolio as slides: the programme and where its data goes, a slide for each workflow that is begun, what to be careful about, what is asked for."""
    yield from (*report.programme, *report.scenarios, *report.begun_protection)
    if report.begun:
        yield from (*_each(report.begun), *_last(report.begun))


def _each(studies: Sequence[Study]) -> Iterator[Block]:
    """A slide a workflow."""
    for study in studies:
        yield from (*decided(study), *_figures(study), *off_ramp(study), *_stairs(study), Callout(say("slides.decide.title"), linked(" ", _foremost(study))))


def _last(studies: Sequence[Study]) -> Iterator[Block]:
    if any(map(cautions, studies)):
        yield from _listed("risks", studies, cautions)
    yield from _listed("decide", studies, lambda study: (linked(" ", _foremost(study)),))


def _first(studies: Sequence[Study]) -> tuple[Study, ...]:
    """Those with slides of their own, one for the decision and one for its money: all, or the ones that gain most."""
    each = 2 if studies[0].priced else 1
    gains = {study.workflow.id: study.rank.gain if study.priced else None for study in studies}
    order = {name: (gain is None, -(gain or 0.0)) for name, gain in gains.items()}
    most = sorted(studies, key=lambda study: (study.decision.ended, order[study.workflow.id]))[: SINGLE // each]
    return tuple(study for study in studies if study in most)


def _page(title: str, study: Study) -> Heading:
    return Heading(told(title.rstrip("."), title), 2, study.workflow.name)


def _situation(study: Study) -> Iterator[Block]:
    workflow, said = study.workflow, study.workflow.context
    amount = _today(study)
    key = "today.asked" if amount is None else "today.least" if study.costs.money["today"].at_least else "today.known"
    yield _page(say(f"slides.{key}", amount=amount or "", months=study.months, workflow=workflow.name), study)
    yield Text((say("slides.today.lead", client=study.engagement.client, workflow=workflow.name),), "lead")
    held = study.decision.prospects
    figures = [KeyFigure(amount, say("slides.today.cost", months=study.months))] if amount else []
    if held.today is not None:
        figures.append(KeyFigure(percent(held.today), say("slides.today.right" if held.today_measured else "slides.today.right_said")))
    if held.target.never:
        figures.append(KeyFigure(say("charter.figure.none"), say("charter.figure.needed.never")))
    elif held.target.share is not None:
        figures.append(KeyFigure(percent(min(held.target.share, 1.0)), say("slides.today.needed")))
    if figures:
        yield KeyFigures(tuple(figures))
    names = ("problem", "success_metric", "baseline", "target", "owner")
    if lines := tuple(say(f"slides.{name}", value=said[name]) for name in names if said.get(name)):
        yield Text(lines)


def _today(study: Study) -> str | None:
    """What today costs, as the money table prints it; None where that is not known or not told."""
    if not study.priced or study.costs.money["today"].all_in is None:
        return None
    found = study.amount("today", "all_in")
    return None if found is None else money_short(found, study.currency)


def _advice(study: Study) -> Iterator[Block]:
    yield from (*decided(study), *_figures(study), *off_ramp(study))
    if not study.decision.replaced:
        yield ChartBlock(pictures.destinations(study))
        yield from ((Text((study.decision.next_step.why,)),) if study.decision.next_step.why else ())


def _figures(study: Study) -> Iterator[Block]:
    yield from (block for block in summary(study) if isinstance(block, KeyFigures))


def _asked(study: Study) -> tuple[str, ...]:
    """What the report asks to be decided."""
    return next((block.paragraphs for block in asked(study) if isinstance(block, Text) and block.style == "numbered"), ())


def _foremost(study: Study) -> tuple[str, ...]:
    """Of what is asked, the first, and to stop where that is the other choice."""
    first, *more = _asked(study) or (study.decision.headline,)
    return (first, *(ask for ask in more[-1:] if ask == say("ask.or_stop", pattern=study.name(study.decision.told))))


def _why(study: Study) -> Iterator[Block]:
    words = study.advice.words
    yield _page(pictures.needs(study.advice), study)
    yield ChartBlock(pictures.belief_map(study), (*filter(None, (pictures.beyond(study),)), *words.summary, *chain(*words.untold(REASONS))), titled=False)


def _changes(study: Study) -> Iterator[Block]:
    if study.advice.flips:
        found = len({flip.criterion for flip in study.advice.flips if flip.recommended != study.advice.recommended})
        yield _page(say(f"slides.changes.{'none' if not found else 'one' if found == 1 else 'many'}"), study)
        chart = pictures.flip_bars(study)
        some = say("slides.changes.some") if found > len(chart.flips) - 1 else ""
        yield from (Text((linked(" ", filter(None, (say("slides.changes.lead"), some))),), "lead"), ChartBlock(chart, titled=False))


def _money(study: Study) -> Iterator[Block]:
    if not study.priced:
        return
    yield from (_page(_gains(study), study), _sums(study), *_said(study))
    curves = pictures.gains(study)
    yield _page(curves.title if curves else say("slides.ranges"), study)
    yield from (ChartBlock(pictures.range_bars(study)), *((ChartBlock(curves, titled=False),) if curves else ()))


def _gains(study: Study) -> str:
    """What the money page says."""
    return next(block.text for block in costs(study) if isinstance(block, Heading))


def _appended(title: str) -> str:
    return say("slides.appendix", title=title)


def _sums(study: Study) -> Table:
    """The money table in its sums, without its notes."""
    whole = money_table(study)
    head, *lines = (tuple(row[n] for n in _SUMS) for row in (whole.head, *whole.rows))
    return replace(whole, title="", note="", head=head, rows=tuple(lines), numeric=tuple(whole.numeric[n] for n in _SUMS))


def _said(study: Study) -> Iterator[Block]:
    if lines := (*worth(study), *left_out(study)):
        yield Text(lines, "bullets")


def _stairs(study: Study) -> Iterator[Block]:
    if study.decision.path:
        yield ChartBlock(pictures.path_stairs(study), titled=False)


def _path(study: Study) -> Iterator[Block]:
    yield from (_page(pictures.path_title(study), study), *_stairs(study), Callout(say("slides.decide.title"), linked(" ", _asked(study))))


def _risks(study: Study) -> Iterator[Block]:
    careful, unknown = cautions(study), unknowns(study)
    if careful or unknown:
        yield _page(_weakened(len(careful) + len(unknown)), study)
        both = bool(careful and unknown)
        yield from (Heading(say("slides.risks.careful"), column="left" if both else ""), Text(careful, "bullets")) if careful else ()
        yield from (Heading(say("slides.risks.unknown"), column="right" if both else ""), Text(unknown, "bullets")) if unknown else ()


def _weakened(several: int) -> str:
    return say(f"slides.risks.{'one' if several == 1 else 'some'}", count=count(several).capitalize())


def _decision(study: Study) -> Iterator[Block]:
    first, *more = _asked(study) or (study.decision.headline,)
    yield _page(first, study)
    yield from ((Text(tuple(more), "bullets"),) if more else ())
    yield from ((Text((study.decision.enough,)),) if study.decision.enough else ())
    yield from steps(study.engagement)


def _listed(key: str, studies: Sequence[Study], lines: Callable[[Study], Sequence[str]]) -> Iterator[Block]:
    rows = [(Cell(study.workflow.name, "strong"), Cell(line)) for study in studies for line in lines(study)]
    title = say("slides.decide.many", count=count(len(rows)).capitalize()) if key == "decide" else _weakened(len(rows))
    yield from (Heading(title, 2), table_of("", columns(f"slides.{key}.head"), rows))


def _appendix(study: Study) -> Iterator[Block]:
    if not study.priced or study.decision.replaced:
        return
    swings, years = pictures.tornado(study), cash_years(study)
    if swings:
        yield from (_page(_appended(swings.title), study), ChartBlock(swings, titled=False))
    if years:
        yield from (_page(say("slides.appendix.years"), study), replace(years, title=""))
