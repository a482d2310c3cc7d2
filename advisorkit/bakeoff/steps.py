"""A trial step by step, as a command or a screen takes it: planned, allowed, run, read into the engagement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from advisorkit.bakeoff import embedded, running
from advisorkit.bakeoff.compared import Compared, compared, read_trial, to_mark, with_corpus
from advisorkit.bakeoff.model import Caller
from advisorkit.bakeoff.running import Ran
from advisorkit.bakeoff.sample import read_sample, scoring
from advisorkit.bakeoff.texts import Corpus, read_texts
from advisorkit.bakeoff.trial import PATTERN, Trial, folder_of, keep, kept, limited
from advisorkit.bakeoff.ways import Ahead, outlook
from advisorkit.catalog.prices import load as prices
from advisorkit.files.disk import write_bytes
from advisorkit.intake.outgoing import Endpoint, consent, permitted
from advisorkit.pilots.planning import marking_sheet
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import money


def plan(
    file: Path, sample: Path, texts: Path | None = None, *, workflow: str = "", score: str = "", ways: str = "", most: int = 100, task: str = "", model: str = "", **given: Any
) -> tuple[Trial, Ahead]:
    """Split a sample and count the texts into the engagement at `file`; sends nothing. `given` are further fields of the trial.

    Raises:
        EngagementError: If sample or texts have faults.
        UsageError: If something is named that there is not.
    """
    loaded = load(file)
    flow = loaded.engagement.chosen(workflow)
    if bool(given.get("url")) != bool(model):
        raise UsageError("--endpoint and --model go together")
    corpus = read_texts(texts) if texts else Corpus()
    found = read_sample(sample, corpus, most=most, seed=given.get("seed", 1), scoring=scoring(score or ("judge" if given.get("judge") else "")))
    made = limited(Trial(flow.id, loaded.engagement.as_of, found, (), task or flow.name, corpus, model=model or embedded.NAME, **given), ways)
    seen = outlook(made, asking(made, loaded.engagement))
    write_bytes(keep(made, file).with_name("would_be_sent.txt"), "\n\n----\n\n".join(seen.texts).encode())
    write(file, with_corpus(made, loaded.engagement), loaded.fingerprint)
    return made, seen


def planned(file: Path, workflow: str = "", trial: str = "") -> Trial:
    """The trial called `trial` beside the engagement at `file`, else the only one of the workflow.

    Raises:
        UsageError: If there is none, or there are several.
    """
    return kept(load(file).engagement, file, workflow, trial)


def asking(made: Trial, engagement: Engagement, **limits: Any) -> Caller:
    """Asks the trial's models, at their prices; without an endpoint nothing is asked."""
    tokens = None
    if made.priced_as:
        book = prices(engagement.as_of).with_negotiated(engagement.prices, engagement.as_of).with_rates(engagement.exchange_rates, engagement.currency)
        tokens = book.tokens(made.priced_as).times(book.rate(book.price(f"{made.priced_as}/input").currency, engagement.currency))
    return Caller(Endpoint(made.url, made.model, ""), prices=tokens, **limits)


def run(
    file: Path, made: Trial, by: str = "", most_cost: float | None = None, most_calls: int | None = None, *, oracle: bool = True,
    said: Callable[[int, str], object] = lambda _done, _words: None,
) -> tuple[Ran, tuple[Path, ...]]:
    """Try every way on every case, once `by` allowed it within a limit; what came of it, and the marking sheets made.

    Raises:
        UsageError: If a limit, a name, a key or the client's permission is missing; nothing was sent then.
    """
    engagement, folder = load(file).engagement, folder_of(file, made.id)
    caller = asking(made, engagement, most_cost=most_cost, most_calls=most_calls)
    caller.folder = folder / "calls"
    caller.folder.mkdir(parents=True, exist_ok=True)
    if made.demonstration:
        with embedded.embedded() as here:
            ran = running.run(made, replace(caller, endpoint=here), folder, oracle=oracle, said=said)
    else:
        seen = outlook(made, caller, oracle=oracle)
        _allowed(made, seen, most_cost, most_calls, engagement.currency)
        there = permitted(engagement, made.url, made.model)
        consent(file, there, seen.texts, by, engagement.as_of)
        ran = running.run(made, replace(caller, endpoint=there), folder, oracle=oracle, said=said)
    return ran, _sheets(made, ran, engagement, folder) if made.sample.scoring in ("sheet", "judge") else ()


def _allowed(made: Trial, seen: Ahead, most_cost: float | None, most_calls: int | None, currency: str) -> None:
    if made.priced_as and most_cost is None:
        raise UsageError(f"{made.id}: may cost up to {money(seen.worst_cost or 0, currency)}; set a limit with --max-cost; nothing was sent")
    if made.priced_as and seen.worst_cost is not None and most_cost is not None and most_cost < seen.worst_cost:
        raise UsageError(f"{made.id}: --max-cost {most_cost:g} is below the plan, which may cost up to {money(seen.worst_cost, currency)}; raise it, or plan fewer cases or ways; nothing was sent")
    if not made.priced_as and most_calls is None:
        raise UsageError(f"{made.id}: no price is known (--priced-as at the plan), so set a limit with --max-calls; it needs up to {2 * seen.calls}; nothing was sent")


def _sheets(made: Trial, ran: Ran, engagement: Engagement, folder: Path) -> tuple[Path, ...]:
    """A marking sheet for each way that has none yet, with a random part of its answers."""
    study, found = Study(engagement, engagement.workflow(made.workflow)), list[Path]()
    for way, log in ran.logs.items():
        sheet = folder / f"sheet-{way}.xlsx"
        if not sheet.exists() and (cases := to_mark(made, log)):
            write_bytes(sheet, marking_sheet(study.plan_of(PATTERN[way]), study.workflow.name, cases))
            found.append(sheet)
    return tuple(found)


def read(file: Path, made: Trial, pass_mark: float | None = None) -> Compared:
    """What a run shows; into the engagement at `file` as pilots, unless it was a demonstration.

    Raises:
        UsageError: If nothing was run yet.
    """
    loaded, found = load(file), compared(made, folder_of(file, made.id))
    if not made.demonstration:
        write(file, read_trial(found, loaded.engagement, file, pass_mark), loaded.fingerprint)
    return found
