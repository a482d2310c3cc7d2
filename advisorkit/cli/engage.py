"""Commands around an engagement file: new, check, schema, intake, actuals, brief."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.advice.answers import words_of
from advisorkit.bakeoff import part
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.cli import console
from advisorkit.cli.console import Flow, Json, One
from advisorkit.export.blocks import Block, Text, table_of
from advisorkit.files.disk import MAX_BYTES, read_source, write_bytes
from advisorkit.files.texts import languages, speaking
from advisorkit.files.trees import shown
from advisorkit.intake import actuals, questionnaire
from advisorkit.intake.brief import notes_for, notes_in, prompt, read_reply
from advisorkit.intake.mapping import propose
from advisorkit.intake.questionnaire import asked
from advisorkit.store.reading import CURRENCIES, Loaded, doubtful, load, reduced, schema
from advisorkit.store.writing import new as new_file, write
from advisorkit.values.engagement import Answer, Engagement, Workflow
from advisorkit.values.messages import AdvisorError, UsageError, nearest
from advisorkit.values.people import SecondReading

Target = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where it goes.")]


@console.guarded
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to make; it must not exist yet.")],
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="Currency of all money.")] = "EUR",
) -> None:
    """Start an engagement file: commented, with the core questions."""
    if file.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(f"{file}: an engagement file is YAML; give a name that ends in .yaml")
    if currency not in CURRENCIES:
        near = nearest(currency.upper(), CURRENCIES)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; valid: {', '.join(CURRENCIES)}"
        raise UsageError(f"--currency {currency}: is not a currency code{hint}")
    console.fresh(file)
    name = reduced(file.stem) or "client"
    today = date.today()  # noqa: DTZ011 - the user's own day
    write_bytes(file, new_file(name, name.replace("-", " ").title(), currency, today).encode())
    console.say(f"made {file}; fill it in, then run: {console.call('check', file)}")


@console.guarded
def schema_command() -> None:
    """The engagement file's JSON Schema, with every name and unit."""
    console.emit(schema())


intake_app = typer.Typer(no_args_is_help=True, help="Client questionnaire out and in.")


@intake_app.command("table")
@console.guarded
def intake_table(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="The client's list: CSV, XLSX or ODS.")], to: Target, as_json: Json = False,
) -> None:
    """Propose what the headings and words of a client's list stand for, as a mapping file to be corrected."""
    console.fresh(to)
    found = propose(file)
    write_bytes(to, found.text.encode())
    console.say(*found.notices)
    if as_json:
        console.emit({"advisorkit": 1, "placed": found.placed, "context": list(found.kept), "not_placed": list(found.words)})
        return
    console.out.print(f"{to}: {len(found.placed)} of {len(found.placed) + len(found.kept)} headings placed{', the others kept as context' * bool(found.kept)}", markup=False)
    rows = [[heading, place] for heading, place in found.placed.items()] + [[heading, "context"] for heading in found.kept]
    console.answer({}, [table_of("", ["Heading", "Stands for"], rows)], as_json=False)
    if found.words:
        console.out.print(f"words without a level, unknown until you correct them: {'; '.join(found.words)}", markup=False)
    console.say(f"correct {to}, then run: {console.call('check', file, '--mapping', to)}, and batch or report with the same flag")


@intake_app.command("new")
@console.guarded
def intake_new(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Questionnaire to make.")],
    role: Annotated[str, typer.Option("--for", metavar="ROLE", help=f"Only the questions of {', '.join(questionnaire.ROLES)}.")] = "",
    language: Annotated[str, typer.Option("--language", metavar="CODE", help=f"Its language: {', '.join(languages())}; by default the engagement's, or en.")] = "",
    engagement: Annotated[Path | None, typer.Option("--engagement", metavar="FILE", help="What is asked about; another one refuses the answers.")] = None,
    workflow: One = None,
) -> None:
    """Make a questionnaire that a client can fill in alone, whole or for one role."""
    if file.suffix.lower() != ".xlsx":
        raise UsageError(f"{file}: the questionnaire is an Excel file; give a name that ends in .xlsx")
    chosen = next((one for one in questionnaire.ROLES if one.casefold() == role.casefold()), None)
    if role and not chosen:
        raise UsageError(f"--for {role}: there is {', '.join(questionnaire.ROLES)}")
    asked_of = load(engagement).engagement if engagement else None
    if workflow and not asked_of:
        raise UsageError(f"--workflow {workflow}: say with --engagement of which engagement")
    if (language := language or (asked_of.language if asked_of else languages()[0])) not in languages():
        raise UsageError(f"--language {language}: there is {', '.join(languages())}")
    about = questionnaire.mark(asked_of.id, workflow and asked_of.workflow(workflow).id) if asked_of else ""
    console.fresh(file)
    with speaking(language):
        questionnaire.new_questionnaire(file, role=chosen or "", about=about)
    again = console.call("intake", "read", file, "--to", engagement or "ENGAGEMENT", *(["--workflow", workflow] if workflow else []))
    console.say(f"made {file}; when it comes back, run: {again}")


@intake_app.command("read")
@console.guarded
def intake_read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Questionnaires filled in; several people's come in together.")], to: Target,
    workflow: Flow = None, as_json: Json = False,
) -> None:
    """Take filled-in questionnaires into an engagement; what cannot be taken is named by cell, the rest comes in."""
    loaded = load(to)
    one = loaded.engagement.chosen(workflow)
    sheets = [*{file.resolve(): file for file in files}.values()]
    if alike := next((file for i, file in enumerate(sheets) if file.stem in {other.stem for other in sheets[:i]}), None):
        raise UsageError(f"{alike}: another sheet is called {alike.stem} too, and its name says whose answers they are; rename one after its person")
    replies = {file.stem: questionnaire.read_questionnaire(file, loaded.engagement.currency, questionnaire.mark(loaded.engagement.id, one.id)) for file in sheets}
    take_in(to, loaded, one, questionnaire.together(replies), as_json=as_json)


actuals_app = typer.Typer(no_args_is_help=True, help="What use has shown: asked of the client, and taken in.")


@actuals_app.command("new")
@console.guarded
def actuals_new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Engagement whose figures were kept.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE.xlsx", help="Sheet to make; by default beside the engagement.")] = None, workflow: One = None,
) -> None:
    """Make a sheet that says what was told and asks what was measured since."""
    target = to or file.with_name(f"{file.stem}-actuals.xlsx")
    if target.suffix.lower() != ".xlsx":
        raise UsageError(f"{target}: the sheet is an Excel file; give a name that ends in .xlsx")
    engagement = console.opened(file)
    console.fresh(target)
    actuals.new_sheet(target, engagement, workflow or "")
    console.say(f"made {target}; when it comes back, run: {console.call('actuals', 'read', file, target)}")


@actuals_app.command("read")
@console.guarded
def actuals_read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file that takes them.")],
    sheet: Annotated[Path, typer.Argument(metavar="SHEET", help="The sheet filled in.")],
    as_json: Json = False,
) -> None:
    """Take measurements into an engagement, where they replace assumptions; what cannot be taken is named by cell, the rest comes in."""
    from advisorkit.study.study import Study

    loaded = load(file)
    made, taken, faults, notices = actuals.read_sheet(sheet, loaded.engagement)
    console.say(*loaded.notices, *notices)
    for one in taken:
        _ = Study(made, made.workflow(one)).inputs  # what was measured may not fit what was said, and then nothing could be worked out of the file
    if taken:
        write(file, made, loaded.fingerprint)
        console.say(*(line for line in doubtful(made, str(file)) if line not in loaded.notices))
    console.tell(faults, as_json=as_json, taken=taken)
    if not as_json:
        count = sum(map(len, taken.values()))
        console.out.print(f"{shown(str(file), 200)}: {count} measurement{'' if count == 1 else 's'} taken; {len(faults)} refused", markup=False)
    if faults:
        raise typer.Exit(1)


def take_in(to: Path, loaded: Loaded, one: Workflow, reply: questionnaire.Reply, *, as_json: bool, then: Iterable[Block] = (), **more: Any) -> None:
    """Write answers into an engagement and tell what came in, `then` what follows, or `more` in JSON; what is known there is never replaced by a guess."""
    console.say(*reply.notices)
    said = loaded.engagement.answers_of(one)
    others = {name for name, found in reply.answers.items() if name in said and said[name].said_by and found.said_by not in {"", said[name].said_by}}
    new = {name: said[name].beside(found) if name in others or (name in said and found.unknown) else found for name, found in reply.answers.items()}
    kept = {name: found for name, found in new.items() if reply.answers[name].confidence == "known" or name not in said or said[name].confidence == "guess"}
    if kept:
        write(to, loaded.engagement.having(replace(one, answers={**one.answers, **kept})), loaded.fingerprint)
    left = [name for name in reply.answers if name not in kept]
    console.say(*_changes(loaded.engagement, said, new, kept))
    console.tell(reply.faults, as_json=as_json, workflow=one.id, taken=list(kept), left=left, **more)
    if not as_json:
        taken = f"{len(kept)} answer{'' if len(kept) == 1 else 's'} taken into {one.id}"
        console.out.print(f"{shown(str(to), 200)}: {taken}; {len(left)} left as they were; {len(reply.faults)} refused", markup=False)
        console.answer({}, then, as_json=False)
    if reply.faults:
        raise typer.Exit(1)


def _changes(engagement: Engagement, said: Mapping[str, Answer], new: Mapping[str, Answer], kept: Collection[str]) -> Iterator[str]:
    """What a reply says otherwise than the file, and which of the two holds."""
    for name in (name for name in new if name in said and new[name].value != said[name].value):
        old, other = (words_of(load_catalog().criterion(name), one[name], engagement.currency) for one in (said, new))
        both = f"; people differ, both stand: {new[name].said_by}" if said[name].said_by and "(" in new[name].said_by else ""
        yield f"{name}: {old} → {other}{both}" if name in kept else f"{name}: {old} is known and stays; the guess was {other}"


_MOST_TOKENS = 4000
"""Longest reply asked for."""


@console.guarded
def brief(
    source: Annotated[str, typer.Argument(metavar="NOTES", help="File with your notes; or the word read, then the reply; or the word run, then your notes.")],
    to: Target,
    second: Annotated[Path | None, typer.Argument(metavar="[REPLY]", help="After read: the model's reply. After run: your notes.")] = None,
    notes: Annotated[Path | None, typer.Option("--notes", metavar="NOTES", help="After read: your notes; by default those in the prompt beside the reply.")] = None,
    engagement: Annotated[Path | None, typer.Option("--engagement", metavar="FILE", help="After NOTES: what they are about; another one refuses the reply.")] = None,
    workflow: Flow = None,
    endpoint: Annotated[str, typer.Option("--endpoint", metavar="URL", help="After run: address of the model; the engagement's endpoints must list it.")] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="After run: its name there.")] = "",
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="After run: who lets the notes go out; noted in the file, with --dry-run before anything goes.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="After run: show the exact text and send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """A prompt from your notes for the model that the client allows, its reply taken in as guesses (brief read REPLY
    --to ENGAGEMENT), or both at once (brief run NOTES --to ENGAGEMENT --endpoint URL --model NAME).
    """
    if source not in ("read", "run"):
        console.fresh(to)
        of = load(engagement).engagement if engagement else None
        about = questionnaire.mark(of.id, workflow and of.workflow(workflow).id) if of else ""
        write_bytes(to, prompt(_text(source), about).encode())
        console.say(f"made {to}; give it to the model that the client allows, save the reply, then run: "
            "advisorkit brief read REPLY --to ENGAGEMENT")
        return
    if second is None:
        raise UsageError("brief read needs the model's reply: advisorkit brief read REPLY --to ENGAGEMENT" if source == "read"
                         else "brief run needs your notes: advisorkit brief run NOTES --to ENGAGEMENT --endpoint URL --model NAME")
    if source == "run":
        _run(_text(second), to, workflow, (endpoint, model, by), dry_run=dry_run, as_json=as_json)
        return
    loaded, reply = load(to), _text(second)
    one, sources = loaded.engagement.chosen(workflow), [_text(notes)] if notes else _prompts_beside(second, to)
    words, told = notes_for(reply, sources, (loaded.engagement.id, questionnaire.mark(loaded.engagement.id, one.id)), str(second))
    guessed = read_reply(reply, words, str(second), loaded.engagement.currency)
    console.say(*told)
    take_in(to, loaded, one, guessed, as_json=as_json)


def _text(path: str | Path) -> str:
    """The text of a file; what is to be known of it goes to stderr."""
    source = read_source(path)
    console.say(*source.notices)
    return source.text


def _prompts_beside(reply: Path, engagement: Path) -> list[str]:
    """The prompts that lie beside the reply or the engagement."""
    folders = dict.fromkeys((reply.resolve().parent, engagement.resolve().parent))
    paths = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file() and path.stat().st_size < MAX_BYTES]
    return [text for path in paths if notes_in(text := path.read_bytes().decode(errors="replace")) is not None]


def _run(notes: str, to: Path, workflow: str | None, call: tuple[str, str, str], *, dry_run: bool, as_json: bool) -> None:
    """Notes to guesses with the model at an endpoint; the consent is noted before anything is sent."""
    from advisorkit.intake.brief import briefed, second_prompt, second_reading
    from advisorkit.intake.outgoing import consent, digest, permitted

    url, model, by = call
    engagement = load(to).engagement
    one, texts, today = engagement.chosen(workflow).id, (prompt(notes), second_prompt(notes)), date.today()  # noqa: DTZ011  the user's own day
    if dry_run:
        _shown(to, call, texts)
        console.answer({"advisorkit": 1, "texts": list(texts), "sha256": digest(texts)}, (), as_json=as_json)
        print(*([] if as_json else texts), sep="\n\n", end="" if as_json else "\n")
        return
    caller = part("model").Caller(permitted(engagement, url, model))
    consent(to, caller.endpoint, texts, by, today)

    def ask(turns: Sequence[Mapping[str, str]]) -> str:
        return str(caller.ask(turns, most_tokens=_MOST_TOKENS).text)

    reply, found = briefed(notes, ask, engagement.currency), None
    try:
        found = second_reading(notes, ask, model, today)
    except AdvisorError as error:
        console.say(f"no second reading: {error}")
    loaded = load(to)
    said = loaded.engagement.answers_of(loaded.engagement.workflow(one))
    missing = [row.id for row in asked() if row.id not in reply.answers and row.id not in said]
    take_in(
        to, loaded, replace(loaded.engagement.workflow(one), second_reading=found), reply, as_json=as_json,
        then=_follows(to, one, found, reply.answers, missing), not_found=missing,
        second_reading=found and {"chances": found.chances, "quotes": found.quotes}, requests=caller.requests,
    )


def _shown(to: Path, call: tuple[str, str, str], texts: Sequence[str]) -> None:
    """Where texts would go; who is named lets them go, which is noted as an act of its own, so that the run itself writes no line."""
    from advisorkit.intake.outgoing import consent, permitted

    url, model, by = call
    try:
        there = permitted(load(to).engagement, url, model)
    except UsageError as error:
        if by:
            raise
        console.say(f"as it stands this would be refused: {error}")
        return
    console.say(f"would go to {there.url}, model {model}; nothing was sent")
    if by:
        consent(to, there, texts, by, date.today())  # noqa: DTZ011  the user's own day
        console.say(f"noted in {to}: {by} lets this text go there; now run it without --dry-run and --by")


def _follows(to: Path, workflow: str, found: SecondReading | None, answers: Mapping[str, Answer], missing: Sequence[str]) -> Iterator[Block]:
    """The answers with the words behind them, what the notes leave open, and both readings."""
    from advisorkit.report.short_pages import TEXTS, beside

    engagement, criteria = load(to).engagement, load_catalog().criteria
    there, words = engagement.answers_of(engagement.workflow(workflow)), partial(words_of, currency=engagement.currency)
    pairs = [(criteria[name], one, words(criteria[name], there.get(name, one))) for name, one in answers.items()]
    rows = [(row.label, words(row, one), one.private_note, kept if kept != words(row, one) else "") for row, one, kept in pairs]
    yield table_of(TEXTS.say("found.title"), TEXTS.columns("found.head"), rows)
    yield Text((TEXTS.say("found.missing", count=len(missing), names="; ".join(criteria[name].label for name in missing)),))
    yield from beside(console.studied(engagement.having(replace(engagement.workflow(workflow), second_reading=found)), to, workflow)[0])
