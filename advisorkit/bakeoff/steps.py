"""A trial as a command or a screen takes it: planned, and once it was run (`running.tried`) read into the engagement."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from advisorkit.bakeoff import Scoring
from advisorkit.bakeoff.compared import Compared, compared, read_trial, with_corpus
from advisorkit.bakeoff.embedded import NAME
from advisorkit.bakeoff.model import Caller
from advisorkit.bakeoff.sample import read_sample
from advisorkit.bakeoff.texts import Corpus, read_texts
from advisorkit.bakeoff.trial import Trial, folder_of, keep, limited
from advisorkit.bakeoff.ways import Ahead, outlook
from advisorkit.catalog.prices import load as prices
from advisorkit.files.disk import write_bytes
from advisorkit.intake.outgoing import Endpoint, digest, permitted
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import UsageError


def plan(
    file: Path, sample: Path, texts: Path | None = None, *, workflow: str = "", score: Scoring | None = None, ways: str = "", most: int = 100, task: str = "", model: str = "", **given: Any
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
    if (given.get("judge") or given.get("tuned")) and not model:
        raise UsageError("--judge and --tuned are models at an address: name it with --endpoint and --model")
    if score == "judge" and not given.get("judge"):
        raise UsageError("--score judge needs the model that judges: --judge NAME")
    corpus = read_texts(texts) if texts else Corpus()
    found = read_sample(sample, corpus, most=most, seed=given.get("seed", 1), scoring=score or ("judge" if given.get("judge") else None))
    made = limited(Trial(flow.id, loaded.engagement.as_of, found, (), task or flow.name, corpus, model=model or NAME, **given), ways)
    seen = outlook(made, asking(made, loaded.engagement))
    try:
        permitted(loaded.engagement, made.url, made.model) if made.url else None
    except UsageError as error:
        seen = replace(seen, refused=str(error))
    made = replace(made, sent=digest((seen.exact,)))
    write_bytes(keep(made, file).with_name("would_be_sent.txt"), seen.exact.encode())
    write(file, with_corpus(made, loaded.engagement), loaded.fingerprint)
    return made, seen


def asking(made: Trial, engagement: Engagement, **limits: Any) -> Caller:
    """Asks the trial's models, at their prices; without an endpoint nothing is asked."""
    tokens = None
    if made.priced_as:
        book = prices(engagement.as_of).with_negotiated(engagement.prices, engagement.as_of).with_rates(engagement.exchange_rates, engagement.currency)
        tokens = book.tokens(made.priced_as).times(book.rate(book.price(f"{made.priced_as}/input").currency, engagement.currency))
    return Caller(Endpoint(made.url, made.model, ""), prices=tokens, **limits)


def read(file: Path, made: Trial, pass_mark: float | None = None) -> Compared:
    """What a run shows; into the engagement at `file` as pilots, unless it was a demonstration.

    Raises:
        UsageError: If nothing was run yet.
    """
    loaded, found = load(file), compared(made, folder_of(file, made.id))
    if not made.demonstration:
        write(file, read_trial(found, loaded.engagement, file, pass_mark), loaded.fingerprint)
    return found
