"""The command brief: a prompt out, a reply in, or both with a model that the client allows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from advisorkit.advice.answers import words_of
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.cli.console import Flow, Json, answer, fresh, guarded, say, studied
from advisorkit.cli.engage import Target, take_in
from advisorkit.export.blocks import Block, Text, table_of
from advisorkit.files.disk import MAX_BYTES, read_source, write_bytes
from advisorkit.intake.brief import notes_in, prompt, read_reply
from advisorkit.intake.questionnaire import asked
from advisorkit.store.reading import load
from advisorkit.values.engagement import Answer, SecondReading
from advisorkit.values.errors import AdvisorError, UsageError

_MOST_TOKENS = 4000
"""Longest reply asked for."""


@guarded
def brief(
    source: Annotated[str, typer.Argument(metavar="NOTES", help="File with your notes; or the word read, then the reply; or the word run, then your notes.")],
    to: Target,
    second: Annotated[Path | None, typer.Argument(metavar="[REPLY]", help="After read: the model's reply. After run: your notes.")] = None,
    notes: Annotated[Path | None, typer.Option("--notes", metavar="NOTES", help="After read: your notes; by default those in the prompt beside the reply.")] = None,
    workflow: Flow = None,
    endpoint: Annotated[str, typer.Option("--endpoint", metavar="URL", help="After run: address of the model; the engagement's endpoints must list it.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="After run: its name there.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="After run: who lets the notes go out; noted in the file.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="After run: show the exact text and send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Brief NOTES --to FILE writes a prompt for the model that the client allows; brief read REPLY --to ENGAGEMENT takes its reply in as guesses; brief run NOTES --to ENGAGEMENT --endpoint URL --model NAME does both."""
    if source not in ("read", "run"):
        fresh(to)
        write_bytes(to, prompt(read_source(source).text).encode())
        say(f"made {to}; give it to the model that the client allows, save the reply, then run: "
            "advisorkit brief read REPLY --to ENGAGEMENT")
        return
    if second is None:
        raise UsageError("brief read needs the model's reply: advisorkit brief read REPLY --to ENGAGEMENT" if source == "read"
                         else "brief run needs your notes: advisorkit brief run NOTES --to ENGAGEMENT --endpoint URL --model NAME")
    if source == "run":
        _run(read_source(second).text, to, workflow, (endpoint, model, by), dry_run=dry_run, as_json=as_json)
        return
    words = read_source(notes).text if notes else _notes_beside(second, to)
    loaded = load(to)
    take_in(to, loaded, loaded.engagement.chosen(workflow), read_reply(read_source(second).text, words, str(second)), as_json=as_json)


def _notes_beside(reply: Path, engagement: Path) -> str:
    """The notes in the one prompt that lies beside the reply or the engagement."""
    folders = dict.fromkeys((reply.resolve().parent, engagement.resolve().parent))
    paths = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file() and path.stat().st_size < MAX_BYTES]
    found = [notes for path in paths if (notes := notes_in(path.read_bytes().decode(errors="replace"))) is not None]
    if len(found) != 1:
        count = "no prompt" if not found else f"{len(found)} prompts"
        raise UsageError(f"{count} made by 'advisorkit brief' beside {reply}: name your notes with --notes, so that quotes can be checked")
    return found[0]


def _run(notes: str, to: Path, workflow: str | None, call: tuple[str, str, str], *, dry_run: bool, as_json: bool) -> None:
    """Notes to guesses with the model at an endpoint; the consent is noted before anything is sent."""
    from advisorkit.intake.brief import briefed, second_prompt, second_reading
    from advisorkit.intake.outgoing import consent, digest, permitted

    url, model, by = call
    engagement = load(to).engagement
    one, texts = engagement.chosen(workflow).id, (prompt(notes), second_prompt(notes))
    if dry_run:
        try:
            say(f"would go to {permitted(engagement, url, model).url}, model {model}; nothing was sent")
        except UsageError as error:
            say(f"as it stands this would be refused: {error}")
        answer({"advisorkit": 1, "texts": list(texts), "sha256": digest(texts)}, (), as_json=as_json)
        print(*([] if as_json else texts), sep="\n\n", end="" if as_json else "\n")
        return
    try:
        from advisorkit.bakeoff.model import Caller
    except ImportError:
        raise UsageError("brief run needs packages that are not here: pip install 'advisorkit[bakeoff]'; nothing was sent") from None
    caller, today = Caller(permitted(engagement, url, model)), date.today()  # noqa: DTZ011  the user's own day
    consent(to, caller.endpoint, texts, by, today)

    def ask(turns: Sequence[Mapping[str, str]]) -> str:
        return caller.ask(turns, most_tokens=_MOST_TOKENS).text

    with closing(caller):
        reply, found = briefed(notes, ask), None
        try:
            found = second_reading(notes, ask, model, today)
        except AdvisorError as error:
            say(f"no second reading: {error}")
    loaded = load(to)
    said = loaded.engagement.answers_of(loaded.engagement.workflow(one))
    missing = [row.id for row in asked() if row.id not in reply.answers and row.id not in said]
    take_in(
        to, loaded, replace(loaded.engagement.workflow(one), second_reading=found), reply, as_json=as_json, then=_follows(to, one, found, reply.answers, missing),
        not_found=missing, second_reading=found and {"chances": found.chances, "quotes": found.quotes}, requests=caller.requests,
    )


def _follows(to: Path, workflow: str, found: SecondReading | None, answers: Mapping[str, Answer], missing: Sequence[str]) -> Iterator[Block]:
    """The answers with the words behind them, what the notes leave open, and both readings."""
    from advisorkit.report.second_reading import TEXTS, beside

    engagement, criteria = load(to).engagement, load_catalog().criteria
    there, words = engagement.answers_of(engagement.workflow(workflow)), partial(words_of, currency=engagement.currency)
    pairs = [(criteria[name], one, words(criteria[name], there.get(name, one))) for name, one in answers.items()]
    rows = [(row.label, words(row, one), one.private_note, kept if kept != words(row, one) else "") for row, one, kept in pairs]
    yield table_of(TEXTS.say("found.title"), TEXTS.columns("found.head"), rows)
    yield Text((TEXTS.say("found.missing", count=len(missing), names="; ".join(criteria[name].label for name in missing)),))
    yield from beside(studied(engagement.having(replace(engagement.workflow(workflow), second_reading=found)), to, workflow)[0])
