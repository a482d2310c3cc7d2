"""Commands that answer: assess, cost, portfolio, diff, pilot, bakeoff."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from advisorkit.bakeoff import Scoring, part
from advisorkit.cli import console
from advisorkit.cli.console import AcceptStale, File, Flow, Json, Listed, MappingFile, One, PassMark, ScenarioName, ScenarioNames, Sets
from advisorkit.costs.assumption import DRAWS, MOST_DRAWS
from advisorkit.export.blocks import Block, Heading, Text, table_of
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
    from advisorkit.report.cost_pages import shared_bill
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
    from advisorkit.batch.runner import weigh_list
    from advisorkit.report.whole_pages import consultants, programme
    from advisorkit.study.documents import programme_document
    from advisorkit.study.pilots import pilots_of
    from advisorkit.study.programme import Selection

    engagement, faults = console.whole(file, mapping, scenario, sets, accept_stale=accept_stale)
    pilots = pilots_of(engagement, file)
    with console.bar("Workflows") as tick:
        found = Selection(engagement, weigh_list(engagement, pilots, executor, scheduler, tick=tick), pilots)
    console.tell_ages(engagement, (age for row in found.rows for age in row.ages))
    console.answer(programme_document(engagement, found) if as_json else {}, (*programme(found), *consultants(found)), as_json=as_json, failed=bool(faults))


@console.guarded
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Engagement file as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Engagement file as it is.")],
    as_json: Json = False,
) -> None:
    """What changed between two states of an engagement, and what that changes in advice and money, by kind of change."""
    from advisorkit.report.short_pages import differing
    from advisorkit.study.documents import diff_document
    from advisorkit.study.returning import changes, moved

    both = [console.opened(file) for file in (old, new)]
    found = changes(*both)
    before, after = (console.studied(state, file) for state, file in zip(both, (old, new), strict=True))
    moves = moved(before, after)
    console.answer(diff_document(found, moves) if as_json else {}, differing(found, moves), as_json=as_json)


pilot_app = typer.Typer(no_args_is_help=True, help="How many cases to mark; marked results in.")


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
            write_bytes(sheet, marking_sheet(found[0], engagement.workflow(found[0].workflow).name, engagement=engagement.id))
        console.say(f"made {sheet}")
    blocks = (block for one in found for block in _planned(engagement.workflow(one.workflow).name, one))
    console.answer(plan_document(found), blocks, as_json=as_json)


_LEAST = 0.005
"""Money below which an amount is printed as nought: half a hundredth."""


def _planned(name: str, one: Plan) -> Iterator[Block]:
    yield Heading(f"{name}: mark {one.mark} case{'' if one.mark == 1 else 's'}. {one.why}")
    if one.sizes:
        rows = [[str(size.n), money(size.value if size.value >= _LEAST else 0.0, one.currency), money(size.cost, one.currency)] for size in one.sizes]
        yield table_of("", ["Cases", "Worth", "Costs to mark"], rows, range(3))


@pilot_app.command("read")
@console.guarded
def read(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Marked sheet or table, or what an evaluation tool wrote.")],
    to: Annotated[Path, typer.Option("--to", metavar="ENGAGEMENT", help="Engagement file that takes the pilot.")],
    workflow: Flow = None,
    pattern: Annotated[PatternId | None, typer.Option("--pattern", help="What is piloted; by default what the marking sheet was made for, else prompt.")] = None,
    pass_mark: PassMark = "",
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the pilot.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why the pass mark differs from the agreed one.")] = "",
    scorer: Annotated[str, typer.Option("--scorer", metavar="NAME", help="Whose verdict counts, where a log holds several.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Which model was piloted, where a log holds several.")] = "",
    version: Annotated[str, typer.Option("--version", metavar="NAME", help="Which prompt or run was piloted, where there are several.")] = "",
    threshold: Annotated[
        str, typer.Option("--threshold", metavar="GRADE", help="Least grade that is right (of what is wrong, the most), such as 4 or 0.8, or all that are, such as A,B.")
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


bakeoff_app = typer.Typer(no_args_is_help=True, help="Every pattern on a sample of the client's own cases: plan, run, read.")
TrialName = Annotated[str, typer.Option("--trial", metavar="ID", help="The trial; may be left out when the workflow has one.")]


@bakeoff_app.command("plan")
@console.guarded
def plan_trial(
    file: File,
    sample: Annotated[Path, typer.Option("--sample", metavar="TABLE", help="Cases: input, expected, optional segment and passage.")],
    texts: Annotated[Path | None, typer.Option("--texts", metavar="DIR", help="Folder of the texts that answers may draw on.")] = None,
    workflow: Flow = None,
    task: Annotated[str, typer.Option("--task", metavar="TEXT", help="What the model is told to do; by default the workflow's name.")] = "",
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible address; without one the small model of the package, as a demonstration.")
    ] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Model there.")] = "",
    tuned: Annotated[str, typer.Option("--tuned", metavar="NAME", help="Fine-tuned model there.")] = "",
    judge: Annotated[str, typer.Option("--judge", metavar="NAME", help="Model there that judges free texts.")] = "",
    priced_as: Annotated[str, typer.Option("--priced-as", metavar="PROVIDER:ID", help="Model of the price book that tokens are priced as.")] = "",
    score: Annotated[Scoring | None, typer.Option("--score", help="By default what the right answers allow.")] = None,
    ways: Annotated[str, typer.Option("--ways", metavar="A,B", help="Only these ways.")] = "",
    most: Annotated[int, typer.Option("--cases", min=10, max=1000, help="Most cases to be tried.")] = 100,
    most_tokens: Annotated[int, typer.Option("--most-tokens", min=10, max=32_000, help="Longest answer.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Of the split and the examples.")] = 1,
    as_json: Json = False,
) -> None:
    """Split a sample, count the texts, and say what a run would send where, in how many calls and for how much at most; sends nothing."""
    from advisorkit.report.trial_pages import ahead

    made, seen = part("ways").plan(
        file, sample, texts, workflow=workflow or "", score=score, ways=ways, most=most, task=task, url=endpoint, model=model,
        tuned=tuned, judge=judge, priced_as=priced_as, most_tokens=most_tokens, seed=seed,
    )
    found, corpus = made.sample, made.corpus
    document = {"trial": made.id, "ways": list(made.ways), "tried": len(found.tried), "shown": len(found.shown), "scoring": found.scoring,
                "doubles": found.doubles, "corpus_tokens": corpus.size.likely, "language": corpus.language,
                "text_doubles": dict(corpus.doubles), "scans": list(corpus.scans), "calls": seen.calls,
                "tokens": seen.read, "worst_cost": seen.worst_cost, "hours": seen.hours, "refused": seen.refused or None,
                "columns": dict(found.columns), "notices": [*found.notices, *corpus.notices]}
    console.answer({"advisorkit": 1, **document}, ahead(made, seen, load(file).engagement, part("trial").folder_of(file, made.id)), as_json=as_json)


@bakeoff_app.command("run")
@console.guarded
def run_trial(
    file: File, workflow: Flow = None, trial: TrialName = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who lets the client's text go to the endpoint.")] = "",
    most_cost: Annotated[
        float | None, typer.Option("--max-cost", min=0, metavar="MONEY", help="Money that the trial does not pass in all its runs, in the engagement's currency.")
    ] = None,
    most_calls: Annotated[int | None, typer.Option("--max-calls", min=1, metavar="N", help="Requests that it does not pass in all its runs.")] = None,
    oracle: Annotated[bool, typer.Option("--oracle/--no-oracle", help="Ask failed cases again with the text that holds the answer.")] = True,
    as_json: Json = False,
) -> None:
    """Try every way on every case; goes on where it stopped, and asks nothing twice."""
    made = part("trial").kept(file, workflow or "", trial)
    caller, failed, sheets = part("running").tried(file, made, by, most_cost, most_calls, oracle=oracle, said=_progress)
    for sheet in sheets:
        console.say(f"made {sheet}; once it is marked, read the trial")
    if (training := part("trial").folder_of(file, made.id) / "training.jsonl").stat().st_size:
        console.say(f"made {training}: the cases that were not tried, to train a model on")
    counted = {"requests": caller.requests, "read": caller.read, "written": caller.written, "cost": caller.spent if caller.prices else None,
               "requests_in_all": caller.before[0] + caller.requests, "cost_in_all": caller.before[1] + caller.spent if caller.prices else None}
    rows = [[cause, str(count)] for cause, count in failed.items()]
    told = f"{made.id}: {caller.requests} requests, {caller.read:,} tokens read, {caller.written:,} written"
    currency, earlier = load(file).engagement.currency, caller.before[1]
    told += f", {money(caller.spent, currency)} spent" if caller.prices else ""
    told += f", {money(earlier + caller.spent, currency)} with what was spent before" if caller.prices and earlier else ""
    blocks: list[Block] = [Heading(told), *([table_of("Cases without an answer, none of them counted as wrong", ["Why", "Cases"], rows, [1])] if rows else [])]
    console.answer({"advisorkit": 1, "trial": made.id, **counted, "failed": dict(failed)}, blocks, as_json=as_json, failed=bool(failed))


def _progress(facts: Mapping[str, Any]) -> None:
    from advisorkit.report.trial_pages import TEXTS

    if facts["done"] % 10 == 0:
        console.say(TEXTS.say("progress", **facts))


@bakeoff_app.command("read")
@console.guarded
def read_run(file: File, workflow: Flow = None, trial: TrialName = "", pass_mark: PassMark = "", as_json: Json = False) -> None:
    """The paired table, where each way breaks, and the trial as pilots in the engagement."""
    from advisorkit.report.trial_pages import TEXTS, broken, trial_table
    from advisorkit.study.documents import plain

    made = part("trial").kept(file, workflow or "", trial)
    if names := part("trial").changed(file, made):
        console.say(TEXTS.say("sources", trial=made.id, names=names))
    found = part("compared").read(file, made, console.mark_of(pass_mark))
    document = {"trial": made.id, "demonstration": made.demonstration, "chosen": found.chosen, "clear": found.clear, "rows": plain(found.rows)}
    said: list[Block] = []
    if not made.demonstration:
        (study,) = console.studied(load(file).engagement, file, made.workflow)
        said.append(Text((TEXTS.say("read.follows", file=file, headline=study.decision.headline),)))
    console.answer({"advisorkit": 1, **document}, (*trial_table(found), *broken(found), *said), as_json=as_json)
