"""Commands of the bake-off: plan, run, read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.bakeoff import Scoring, part
from advisorkit.cli import console
from advisorkit.cli.console import File, Flow, Json, PassMark
from advisorkit.export.blocks import Block, Heading, Text, table_of
from advisorkit.store.reading import load
from advisorkit.values.quantities import money

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
    console.answer({"advisorkit": 1, "trial": made.id, **counted, "failed": dict(failed)}, blocks, as_json=as_json)
    if failed:
        raise typer.Exit(1)


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
    found = part("compared").read(file, made, console.mark_of(pass_mark))
    document = {"trial": made.id, "demonstration": made.demonstration, "chosen": found.chosen, "clear": found.clear, "rows": plain(found.rows)}
    said: list[Block] = []
    if not made.demonstration:
        (study,) = console.studied(load(file).engagement, file, made.workflow)
        said.append(Text((TEXTS.say("read.follows", file=file, headline=study.decision.headline),)))
    console.answer({"advisorkit": 1, **document}, (*trial_table(found), *broken(found), *said), as_json=as_json)
