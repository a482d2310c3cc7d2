"""The storyline of a board deck: situation, advice, why, money, path, risks, the decision asked for, appendix."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from advisorkit.export.blocks import Block, Callout, Cell, ChartBlock, Heading, KeyFigure, KeyFigures, Table, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.report import cost_pictures, pictures
from advisorkit.report.advice_pages import asked, decided, off_ramp, summary
from advisorkit.report.cost_pages import costs, gained, left_out, steps
from advisorkit.report.job import Report
from advisorkit.report.money_table import cash_years, money_table
from advisorkit.report.printed import columns, count, say, unknowns
from advisorkit.report.trial_pages import tried
from advisorkit.report.whole_pages import ordered
from advisorkit.study.study import Study
from advisorkit.values.messages import linked, told
from advisorkit.values.quantities import money_short, percent

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
        yield from (*_why(study), *_tried(study), *_changes(study), *_money(study), *_path(study))
    yield from (*_risks(study), *_decision(study), *_appendix(study))


def _many(report: Report) -> Iterator[Block]:
    studies = ordered(report.workflows)
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
        yield from (*decided(study), *_figures(study), *off_ramp(study), *_stairs(study), Callout(say("slides.decide.title"), linked(" ", _asked(study)[:1])))


def _last(studies: Sequence[Study]) -> Iterator[Block]:
    if any(study.decision.warnings for study in studies):
        yield from _listed("risks", studies, lambda study: study.decision.warnings)
    yield from _listed("decide", studies, lambda study: _asked(study)[:1])


def _first(studies: Sequence[Study]) -> tuple[Study, ...]:
    """Those with slides of their own, one for the decision and one for its money: all, or the ones that gain most."""
    each = 2 if studies[0].priced else 1
    most = sorted(studies, key=lambda study: -((study.rank.gain or 0.0) if study.priced and not study.decision.ended else 0.0))[: SINGLE // each]
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


def _why(study: Study) -> Iterator[Block]:
    words = study.advice.words
    yield _page(pictures.needs(study.advice), study)
    yield ChartBlock(pictures.belief_map(study), (*words.summary, *chain(*words.untold(REASONS))), titled=False)


def _tried(study: Study) -> Iterator[Block]:
    """What a bake-off measured, on a slide of its own."""
    yield from (_page(one.text, study) if isinstance(one, Heading) else one for one in tried(study))


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
    curves = cost_pictures.gains(study)
    yield _page(curves.title if curves else say("slides.ranges"), study)
    yield from (ChartBlock(cost_pictures.range_bars(study)), *((ChartBlock(curves, titled=False),) if curves else ()))


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
    if lines := tuple(line for line in (*gained(study), *left_out(study)) if line != study.decision.gain):
        yield Text(lines, "bullets")


def _stairs(study: Study) -> Iterator[Block]:
    if study.decision.path:
        yield ChartBlock(pictures.path_stairs(study), titled=False)


def _path(study: Study) -> Iterator[Block]:
    yield from (_page(say("slides.path"), study), *_stairs(study), Callout(say("slides.decide.title"), linked(" ", _asked(study))))


def _risks(study: Study) -> Iterator[Block]:
    careful, unknown = study.decision.warnings, unknowns(study)
    if careful or unknown:
        yield _page(_weakened(len(careful) + len(unknown)) if careful else say("slides.risks.open", count=study.cite(len(unknown), "words.unknowns")), study)
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
    yield from steps(study)


def _listed(key: str, studies: Sequence[Study], lines: Callable[[Study], Sequence[str]]) -> Iterator[Block]:
    rows = [(Cell(study.workflow.name, "strong"), Cell(line)) for study in studies for line in lines(study)]
    title = say("slides.decide.many", count=count(len(rows)).capitalize()) if key == "decide" else _weakened(len(rows))
    yield from (Heading(title, 2), table_of("", columns(f"slides.{key}.head"), rows))


def _appendix(study: Study) -> Iterator[Block]:
    if not study.priced or study.decision.replaced:
        return
    swings, years = cost_pictures.tornado(study), cash_years(study)
    if swings:
        yield from (_page(_appended(swings.title), study), ChartBlock(swings, titled=False))
    if years:
        yield from (_page(say("slides.appendix.years"), study), replace(years, title=""))
