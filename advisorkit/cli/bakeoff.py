"""Commands of the bake-off: plan, run, read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisorkit.cli import console
from advisorkit.cli.console import File, Flow, Json
from advisorkit.export.blocks import Block, Heading, Text, table_of
from advisorkit.files.disk import write_bytes
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import money, percent

if TYPE_CHECKING:
    from advisorkit.bakeoff.compared import Compared
    from advisorkit.bakeoff.model import Caller
    from advisorkit.bakeoff.trial import Trial
    from advisorkit.bakeoff.ways import Ahead

bakeoff_app = typer.Typer(no_args_is_help=True, help="Every pattern on a sample of the client's own cases: plan, run, read.")
TrialName = Annotated[str, typer.Option("--trial", metavar="ID", help="The trial; may be left out when the workflow has one.")]


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("advisorkit"):
            raise
        raise UsageError(f'a bake-off needs {error.name}: python -m pip install "advisorkit[bakeoff]"') from None


@bakeoff_app.command("plan")
@console.guarded
def plan_trial(
    file: File,
    sample: Annotated[Path, typer.Option("--sample", metavar="TABLE", help="Cases: input, expected, optional segment and passage.")],
    texts: Annotated[Path | None, typer.Option("--texts", metavar="DIR", help="Folder of the texts that answers may draw on.")] = None,
    workflow: Flow = None,
    task: Annotated[str, typer.Option("--task", metavar="TEXT", help="What the model is told to do; by default the workflow's name.")] = "",
    endpoint: Annotated[str, typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible address; without one the small model of the package, as a demonstration.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Model there.")] = "",
    tuned: Annotated[str, typer.Option("--tuned", metavar="NAME", help="Fine-tuned model there.")] = "",
    judge: Annotated[str, typer.Option("--judge", metavar="NAME", help="Model there that judges free texts.")] = "",
    priced_as: Annotated[str, typer.Option("--priced-as", metavar="PROVIDER:ID", help="Model of the price book that tokens are priced as.")] = "",
    score: Annotated[str, typer.Option("--score", metavar="HOW", help="label, fields, exact, judge or sheet; by default what the right answers allow.")] = "",
    ways: Annotated[str, typer.Option("--ways", metavar="A,B", help="Only these ways.")] = "",
    most: Annotated[int, typer.Option("--cases", min=10, max=1000, help="Most cases to be tried.")] = 100,
    most_tokens: Annotated[int, typer.Option("--most-tokens", min=10, max=32_000, help="Longest answer.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Of the split and the examples.")] = 1,
    as_json: Json = False,
) -> None:
    """Split a sample, count the texts, and say what a run would send where, in how many calls and for how much at most; sends nothing."""
    with _installed():
        from advisorkit.bakeoff import compared, embedded, trial
        from advisorkit.bakeoff.sample import read_sample, scoring
        from advisorkit.bakeoff.texts import Corpus, read_texts
        from advisorkit.bakeoff.ways import outlook

    loaded = load(file)
    flow = loaded.engagement.chosen(workflow or "")
    if bool(endpoint) != bool(model):
        raise UsageError("--endpoint and --model go together")
    corpus = read_texts(texts) if texts else Corpus()
    found = read_sample(sample, corpus, most=most, seed=seed, scoring=scoring(score or ("judge" if judge else "")))
    made = trial.Trial(flow.id, loaded.engagement.as_of, found, (), task or flow.name, corpus, endpoint, model or embedded.NAME, tuned, judge, priced_as, most_tokens, seed)
    made = trial.limited(made, ways)
    where = trial.keep(made, file)
    caller = _caller(made, loaded.engagement)
    seen = outlook(made, caller)
    write_bytes(where.with_name("would_be_sent.txt"), "\n\n----\n\n".join(seen.texts).encode())
    write(file, compared.with_corpus(made, loaded.engagement), loaded.fingerprint)
    document = {"trial": made.id, "ways": list(made.ways), "tried": len(found.tried), "shown": len(found.shown), "scoring": found.scoring, "doubles": found.doubles,
                "corpus_tokens": corpus.tokens, "scans": list(corpus.scans), "calls": seen.calls, "tokens": seen.read, "worst_cost": seen.worst_cost, "hours": seen.hours}
    console.answer({"advisorkit": 1, **document}, _planned(made, seen, loaded.engagement, where.parent), as_json=as_json)


def _planned(made: Trial, seen: Ahead, engagement: Engagement, folder: Path) -> Iterator[Block]:
    from advisorkit.bakeoff.model import say

    sample, corpus = made.sample, made.corpus
    rows = [["plan.cases", say("plan.split", tried=len(sample.tried), shown=len(sample.shown), doubles=sample.doubles)], ["plan.scoring", say(f"scoring.{sample.scoring}")],
            ["plan.ways", ", ".join(say(f"way.{way}") for way in made.ways)]]
    if corpus.files:
        rows.append(["plan.texts", say("plan.corpus", files=corpus.files, tokens=f"{corpus.tokens:,.0f}", language=corpus.language or "?", doubles=len(corpus.doubles))])
    rows += [["plan.scans", ", ".join(corpus.scans)]] if corpus.scans else []
    cost = say("plan.no_price") if seen.worst_cost is None else money(seen.worst_cost, engagement.currency)
    rows += [["plan.to", say("plan.embedded") if made.demonstration else f"{made.url}, {', '.join(filter(None, (made.model, made.tuned, made.judge)))}"], ["plan.calls", f"{seen.calls:,}"],
             ["plan.tokens", f"{seen.read:,.0f}"], ["plan.cost", cost], ["plan.hours", f"{seen.hours:.1f}"], ["plan.exact", str(folder / "would_be_sent.txt")]]
    yield Heading(say("plan.title", trial=made.id))
    yield table_of("", ["", ""], [[say(name), value] for name, value in rows])
    notes = [say("few", cases=len(sample.tried))] if len(sample.tried) < 50 else []
    notes += [say("demonstration")] if made.demonstration else []
    if notes:
        yield Text(tuple(notes), "note")


def _caller(made: Trial, engagement: Engagement, **limits: Any) -> Caller:
    """Asks the trial's models, at their prices; without an endpoint nothing is asked."""
    from advisorkit.bakeoff.model import Caller
    from advisorkit.catalog.prices import load as prices
    from advisorkit.intake.outgoing import Endpoint

    tokens = None
    if made.priced_as:
        book = prices(engagement.as_of).with_negotiated(engagement.prices, engagement.as_of).with_rates(engagement.exchange_rates, engagement.currency)
        tokens = book.tokens(made.priced_as).times(book.rate(book.price(f"{made.priced_as}/input").currency, engagement.currency))
    return Caller(Endpoint(made.url, made.model, ""), prices=tokens, **limits)


@bakeoff_app.command("run")
@console.guarded
def run_trial(
    file: File, workflow: Flow = None, trial: TrialName = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who lets the client's text go to the endpoint.")] = "",
    most_cost: Annotated[float | None, typer.Option("--max-cost", min=0, metavar="MONEY", help="Money that is not passed, in the engagement's currency.")] = None,
    most_calls: Annotated[int | None, typer.Option("--max-calls", min=1, metavar="N", help="Requests that are not passed.")] = None,
    oracle: Annotated[bool, typer.Option("--oracle/--no-oracle", help="Ask failed cases again with the text that holds the answer.")] = True,
    as_json: Json = False,
) -> None:
    """Try every way on every case; goes on where it stopped, and asks nothing twice."""
    with _installed():
        from advisorkit.bakeoff import embedded, running
        from advisorkit.bakeoff.trial import folder_of, kept
        from advisorkit.bakeoff.ways import outlook
    from advisorkit.intake.outgoing import consent, permitted

    engagement = load(file).engagement
    made = kept(engagement, file, workflow or "", trial)
    caller, folder = _caller(made, engagement, most_cost=most_cost, most_calls=most_calls), folder_of(file, made.id)
    caller.folder = folder / "calls"
    caller.folder.mkdir(parents=True, exist_ok=True)
    if made.demonstration:
        with embedded.embedded() as here:
            ran = running.run(made, replace(caller, endpoint=here), folder, oracle=oracle, said=_progress)
    else:
        seen = outlook(made, caller, oracle=oracle)
        _allowed(made, seen, most_cost, most_calls, engagement.currency)
        there = permitted(engagement, made.url, made.model)
        consent(file, there, seen.texts, by, engagement.as_of)
        ran = running.run(made, replace(caller, endpoint=there), folder, oracle=oracle, said=_progress)
    if made.sample.scoring in ("sheet", "judge"):
        _sheets(made, ran, engagement, folder)
    _ran(ran, made, as_json=as_json)


def _sheets(made: Trial, ran: Any, engagement: Engagement, folder: Path) -> None:
    """A marking sheet for each way that has none yet, with a random part of its answers."""
    from advisorkit.bakeoff.compared import to_mark
    from advisorkit.bakeoff.trial import PATTERN
    from advisorkit.pilots.planning import marking_sheet
    from advisorkit.study.study import Study

    study = Study(engagement, engagement.workflow(made.workflow))
    for way, log in ran.logs.items():
        sheet = folder / f"sheet-{way}.xlsx"
        if not sheet.exists() and (cases := to_mark(made, log)):
            write_bytes(sheet, marking_sheet(study.plan_of(PATTERN[way]), study.workflow.name, cases))
            console.say(f"made {sheet}; once it is marked, read the trial")


def _ran(ran: Any, made: Trial, *, as_json: bool) -> None:
    counted = {"requests": ran.caller.requests, "read": ran.caller.read, "written": ran.caller.written, "cost": ran.caller.spent if ran.caller.prices else None}
    rows = [[cause, str(count)] for cause, count in ran.failed.items()]
    told = f"{made.id}: {ran.caller.requests} requests, {ran.caller.read:,} tokens read, {ran.caller.written:,} written"
    blocks: list[Block] = [Heading(told), *([table_of("Cases without an answer, none of them counted as wrong", ["Why", "Cases"], rows, [1])] if rows else [])]
    console.answer({"advisorkit": 1, "trial": made.id, **counted, "failed": dict(ran.failed)}, blocks, as_json=as_json)
    if ran.failed:
        raise typer.Exit(1)


def _progress(done: int, words: str) -> None:
    if done % 10 == 0:
        console.say(words)


def _allowed(made: Trial, seen: Ahead, most_cost: float | None, most_calls: int | None, currency: str) -> None:
    if made.priced_as and most_cost is None:
        raise UsageError(f"{made.id}: may cost up to {money(seen.worst_cost or 0, currency)}; set a limit with --max-cost; nothing was sent")
    if made.priced_as and seen.worst_cost is not None and most_cost is not None and most_cost < seen.worst_cost:
        raise UsageError(f"{made.id}: --max-cost {most_cost:g} is below the plan, which may cost up to {money(seen.worst_cost, currency)}; raise it, or plan fewer cases or ways; nothing was sent")
    if not made.priced_as and most_calls is None:
        raise UsageError(f"{made.id}: no price is known (--priced-as at the plan), so set a limit with --max-calls; it needs up to {2 * seen.calls}; nothing was sent")


@bakeoff_app.command("read")
@console.guarded
def read_run(
    file: File, workflow: Flow = None, trial: TrialName = "",
    pass_mark: Annotated[float | None, typer.Option("--pass-mark", metavar="SHARE", min=0, max=1, help="Share right agreed before the trial.")] = None,
    as_json: Json = False,
) -> None:
    """The paired table, where each way breaks, and the trial as pilots in the engagement."""
    with _installed():
        from advisorkit.bakeoff.compared import compared, read_trial
        from advisorkit.bakeoff.trial import folder_of, kept

    loaded = load(file)
    made = kept(loaded.engagement, file, workflow or "", trial)
    found = compared(made, folder_of(file, made.id))
    if not made.demonstration:
        write(file, read_trial(found, loaded.engagement, file, pass_mark), loaded.fingerprint)
    console.answer({"advisorkit": 1, "trial": made.id, "demonstration": made.demonstration, "chosen": found.chosen, "clear": found.clear, "rows": _rows(found)}, table(found), as_json=as_json)


def _rows(found: Compared) -> list[dict[str, Any]]:
    return [{"way": row.way, "right": row.right.hits, "cases": row.right.n, "low": row.right.low, "high": row.right.high, "failed": row.failed, "breaks": dict(row.breaks),
             "hit_rate": row.found.share, "seconds": row.seconds, "tokens": row.tokens, "people": row.people and {"same": row.people.same, "kappa": row.people.kappa, "cases": row.people.cases}} for row in found.rows]


def table(found: Compared) -> Iterator[Block]:
    """The paired table of a trial and where its ways break."""
    from advisorkit.bakeoff.compared import interval
    from advisorkit.bakeoff.model import say

    yield Heading(found.verdict)
    rows = [[say(f"way.{row.way}"), interval(row.right), str(row.failed), percent(row.found.share or 0) if row.found.n else "", f"{row.tokens[0]:.0f} / {row.tokens[1]:.0f}" if row.tokens else "",
             f"{row.seconds[0]:.1f}" if row.seconds else ""] for row in found.rows]
    yield table_of("", say("table.head").split(" | "), rows, range(1, 6))
    names = [name for name in found.rows[0].breaks if any(row.breaks[name] for row in found.rows)]
    if names:
        yield table_of(say("breaks.title"), [say("table.way"), *(say(f"breaks.{name}") for name in names)], [[say(f"way.{row.way}"), *(str(row.breaks[name]) for name in names)] for row in found.rows], range(1, len(names) + 1))
    pairs = [[say(f"way.{a}"), say(f"way.{b}"), f"{100 * pair.difference:+.0f}", f"{100 * pair.low:+.0f} … {100 * pair.high:+.0f}"] for (a, b), pair in found.pairs.items() if a == found.chosen]
    if pairs:
        yield table_of(say("pairs.title"), say("pairs.head").split(" | "), pairs, [2, 3])
    notes = [say("demonstration")] * found.trial.demonstration
    notes += [say("people", name=say(f"way.{row.way}"), same=percent(row.people.same), cases=row.people.cases) for row in found.rows if row.people]
    if notes:
        yield Text(tuple(notes), "note")
