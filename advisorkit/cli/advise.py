"""Commands that answer: assess, cost, pilot plan, pilot read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from advisorkit.cli import console
from advisorkit.cli.console import AcceptStale, File, Flow, Json, Listed, MappingFile, One, PassMark, ScenarioName, ScenarioNames, Sets
from advisorkit.costs.assumption import DRAWS, MOST_DRAWS
from advisorkit.export.blocks import Block, Heading, table_of
from advisorkit.files.disk import write_bytes
from advisorkit.files.texts import speaking
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.criteria import PatternId
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import PilotError, UsageError
from advisorkit.values.quantities import money

if TYPE_CHECKING:
    from advisorkit.pilots.planning import Plan
    from advisorkit.study.study import Study


@console.guarded
def assess(
    file: File, workflow: One = None, sets: Sets = None, scenario: ScenarioNames = None, accept_stale: AcceptStale = False,
    keep: Annotated[bool, typer.Option("--keep", help="Note this advice in the file's history, with its day and reason.")] = False,
    as_json: Json = False,
) -> None:
    """The advice: what to do now, where it will probably end up, why, and what would change it."""
    from advisorkit.report.short_pages import assessed
    from advisorkit.study.documents import advice_document
    from advisorkit.study.returning import told

    if keep and (sets or scenario):
        raise UsageError("--keep notes the advice on the file as it stands; leave out --set and --scenario")
    found = console.states(file, scenario, sets, workflow, accept_stale=accept_stale)
    if keep:
        loaded = load(file)
        with speaking(loaded.engagement.language):  # a client's file is kept in the client's language
            noted = found if loaded.engagement.language == "en" else console.states(file, None, None, workflow, accept_stale=accept_stale)
            write(file, told(loaded.engagement, next(iter(noted.values()))[1]), loaded.fingerprint)
    _answered(found, advice_document, lambda studies: (block for one in studies for block in assessed(one)), as_json=as_json)


def _answered(
    found: Mapping[str, tuple[Engagement, Sequence[Study]]], document: Callable[[Engagement, Sequence[Study]], dict[str, Any]],
    page: Callable[[Sequence[Study]], Iterable[Block]], *, as_json: bool,
) -> None:
    """What a command found of one state of a file, or of several side by side."""
    from advisorkit.report.short_pages import side_by_side

    (_, first), *others = found.items()
    documents = {name: document(*state) for name, state in others} if as_json else {}
    made = document(*first) | ({"scenarios": documents} if others else {}) if as_json else {}
    console.answer(made, side_by_side({name: studies for name, (_, studies) in found.items()}) if others else page(first[1]), as_json=as_json)


@console.guarded
def cost(
    file: File, workflow: One = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Draws; a power of two.")] = DRAWS,
    sets: Sets = None, scenario: ScenarioNames = None, accept_stale: AcceptStale = False, as_json: Json = False,
) -> None:
    """The bill of every pattern: build, per call, run, errors and total with ranges, break-evens and prices with ages."""
    from advisorkit.report.money_table import shared_bill
    from advisorkit.report.short_pages import costed
    from advisorkit.study.documents import cost_document

    if not 2 <= draws <= MOST_DRAWS or draws & (draws - 1):
        raise UsageError(f"--draws {draws}: give a power of two from 2 to {MOST_DRAWS}, such as {DRAWS}")
    found = console.states(file, scenario, sets, workflow, draws, accept_stale=accept_stale)
    engagement, first = next(iter(found.values()))
    console.tell_ages(engagement, (age for one in first if one.priced for age in one.inputs.prices()))
    _answered(found, cost_document, lambda studies: (block for page in (*map(costed, studies), shared_bill(studies)) for block in page), as_json=as_json)


@console.guarded
def portfolio(
    file: Listed, mapping: MappingFile = None, sets: Sets = None, scenario: ScenarioName = None, accept_stale: AcceptStale = False,
    executor: Annotated[Literal["local", "dask"], typer.Option("--executor", help="Where a long list is worked out.")] = "local",
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="URL", help="A running Dask scheduler.")] = None, as_json: Json = False,
) -> None:
    """Which workflows of an engagement or a list to begin and when, under budget and people, and why the others wait."""
    from advisorkit.batch.weighing import weigh_list
    from advisorkit.report.programme_pages import consultants, programme
    from advisorkit.study.documents import programme_document
    from advisorkit.study.pilots import pilots_of
    from advisorkit.study.programme import Selection

    engagement, faults = console.whole(file, mapping, scenario, sets, accept_stale=accept_stale)
    pilots = pilots_of(engagement, file)
    with console.bar("Workflows") as tick:
        found = Selection(engagement, weigh_list(engagement, pilots, executor, scheduler, tick=tick), pilots)
    console.tell_ages(engagement, (age for row in found.rows for age in row.ages))
    console.answer(programme_document(engagement, found) if as_json else {}, (*programme(found), *consultants(found)), as_json=as_json)
    if faults:
        raise typer.Exit(1)


@console.guarded
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Engagement file as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Engagement file as it is.")],
    as_json: Json = False,
) -> None:
    """What changed between two states of an engagement, and what that changes in advice and money, by kind of change."""
    from advisorkit.report.short_pages import differing
    from advisorkit.study.changes import changes, moved
    from advisorkit.study.documents import diff_document

    both = [console.opened(file) for file in (old, new)]
    found = changes(*both)
    before, after = (console.studied(state, file) for state, file in zip(both, (old, new), strict=True))
    moves = moved(before, after)
    console.answer(diff_document(found, moves) if as_json else {}, differing(found, moves), as_json=as_json)


pilot_app = typer.Typer(no_args_is_help=True, help="How many cases to mark; marked results in.")
Pattern = Annotated[PatternId, typer.Option("--pattern", help="What is piloted.")]


@pilot_app.command("plan")
@console.guarded
def plan(
    file: File, workflow: One = None,
    pattern: Annotated[PatternId | None, typer.Option("--pattern", help="What is piloted; by default what is advised.")] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", metavar="FILE.xlsx", help="Write the marking sheet of one workflow.")] = None,
    sets: Sets = None, scenario: ScenarioName = None, accept_stale: AcceptStale = False, as_json: Json = False,
) -> None:
    """How many cases to mark, by money where it is known and by precision where it is not."""
    from advisorkit.pilots.planning import marking_sheet
    from advisorkit.study.documents import plan_document
    from advisorkit.study.pilots import pilots_of, plans

    if sheet and sheet.suffix.lower() != ".xlsx":
        raise UsageError(f"--sheet {sheet}: the marking sheet is an Excel file; give a name that ends in .xlsx")
    engagement = console.opened(file, scenario, sets, accept_stale=accept_stale)
    found = plans(engagement, [workflow] if workflow else [], pattern, pilots_of(engagement, file))
    if sheet and len(found) != 1:
        raise UsageError(f"--sheet is for one workflow: add --workflow with one of {', '.join(p.workflow for p in found)}")
    if sheet:
        console.fresh(sheet)
        with speaking(engagement.language):
            write_bytes(sheet, marking_sheet(found[0], engagement.workflow(found[0].workflow).name))
        console.say(f"made {sheet}")
    blocks = (block for one in found for block in _planned(engagement.workflow(one.workflow).name, one))
    console.answer(plan_document(found), blocks, as_json=as_json)


def _planned(name: str, one: Plan) -> Iterator[Block]:
    yield Heading(f"{name}: mark {one.mark} cases. {one.why}")
    if one.sizes:
        rows = [[str(size.n), money(size.value, one.currency), money(size.cost, one.currency)] for size in one.sizes]
        yield table_of("", ["Cases", "Worth", "Costs to mark"], rows, range(3))


@pilot_app.command("read")
@console.guarded
def read(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Marked sheet or table, or what an evaluation tool wrote.")],
    to: Annotated[Path, typer.Option("--to", metavar="ENGAGEMENT", help="Engagement file that takes the pilot.")],
    workflow: Flow = None, pattern: Pattern = "prompt",
    pass_mark: PassMark = "",
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the pilot.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why the pass mark differs from the agreed one.")] = "",
    scorer: Annotated[str, typer.Option("--scorer", metavar="NAME", help="Whose verdict counts, where a log holds several.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Which model was piloted, where a log holds several.")] = "",
    version: Annotated[str, typer.Option("--version", metavar="NAME", help="Which prompt or run was piloted, where there are several.")] = "",
    threshold: Annotated[
        str, typer.Option("--threshold", metavar="GRADE", help="Least grade that is right, such as 4 or 0.8, or all that are, such as A,B.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Read marked results into an engagement: what they establish, and the advice before and after."""
    from advisorkit.pilots.judging import Choice
    from advisorkit.report.pilot_pages import moved, result
    from advisorkit.study.documents import read_document
    from advisorkit.study.pilots import read_pilot
    from advisorkit.study.study import Study

    loaded = load(to)
    try:
        found = read_pilot(results, loaded.engagement, to, workflow or "", pattern=pattern, pass_mark=console.mark_of(pass_mark),
                           day=day.date() if day else None, reason=reason, choice=Choice(scorer, model, version, threshold))
    except PilotError as error:
        console.refuse(error.faults, as_json=as_json, read=0, refused=error.rows, posterior=None)
    write(to, found.engagement, loaded.fingerprint)
    console.say(*found.results.notices)
    document = read_document(found.workflow, len(found.results.marks), found.established, found.before, found.after)
    study = Study(found.engagement, found.engagement.workflow(found.workflow), found.established)
    console.answer(document, (block for page in (result, moved) for block in page(study)), as_json=as_json)
