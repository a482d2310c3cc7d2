"""Commands around an engagement file: new, check, schema, intake, actuals."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.cli import console
from advisorkit.cli.console import Flow, Json, MappingFile, One
from advisorkit.export.blocks import Block, Table, table_of
from advisorkit.files.disk import write_bytes
from advisorkit.files.tables import KINDS
from advisorkit.files.texts import languages, speaking
from advisorkit.files.trees import shown
from advisorkit.intake import actuals, questionnaire
from advisorkit.intake.mapping import propose
from advisorkit.store.document import CURRENCIES, schema
from advisorkit.store.reading import Loaded, load, reduced
from advisorkit.store.writing import new as new_file, write
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.errors import EngagementError, Fault, UsageError, nearest
from advisorkit.values.people import Action

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
    console.say(f"made {file}; fill it in, then run: advisorkit check {file}")


@console.guarded
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Engagement files or lists.")], mapping: MappingFile = None, as_json: Json = False
) -> None:
    """Read engagement files and lists, name every fault with its place and the nearest valid words, and list what is to be confirmed and done."""
    faults: list[Fault] = []
    guesses: list[questionnaire.Pending] = []
    actions: list[Action] = []
    for file in files:
        try:
            found = _checked(file, mapping, faults)
        except EngagementError as error:
            faults += error.faults
            continue
        guesses += [one for engagement in found for one in questionnaire.pending(engagement)]
        actions += [one for engagement in found for one in engagement.actions if one.state == "open"]
        counted = sum(len(engagement.workflows) for engagement in found)
        if not as_json and counted:
            console.out.print(f"{shown(str(file), 200)}: good ({counted} workflow{'s' if counted != 1 else ''})", markup=False)
    console.tell(faults, as_json=as_json, to_confirm=[asdict(one) for one in guesses], actions=[{**asdict(one), "date": one.date and one.date.isoformat()} for one in actions])
    if not as_json:
        console.answer({}, _agenda(guesses, actions), as_json=False)
    if faults:
        raise typer.Exit(2)


def _agenda(guesses: Sequence[questionnaire.Pending], actions: Sequence[Action]) -> Iterator[Table]:
    if guesses:
        rows = [[one.workflow, one.criterion, one.who, one.by] for one in guesses]
        yield table_of("Guesses to confirm", ["Workflow", "Answer", "By whom", "Until"], rows)
    if actions:
        yield table_of("To be done", ["What", "By whom", "Until"], [[one.act, one.owner, one.date.isoformat() if one.date else ""] for one in actions])


def _checked(file: Path, mapping: Path | None, faults: list[Fault]) -> Sequence[Engagement]:
    """The engagements in a file or list, none when rows of it are faulty, which go into `faults`."""
    if file.suffix.lower() not in KINDS:
        loaded = load(file)
        console.say(*loaded.notices, *_unread_targets(str(file), loaded.engagement))
        return (loaded.engagement,)
    table = console.listed(file, mapping)
    faults += table.faults
    return () if table.faults else [row.engagement for row in table.rows if row.engagement]


def _unread_targets(file: str, engagement: Engagement) -> Iterator[str]:
    for one in engagement.workflows:
        if one.context.get("target") and one.wanted is None:
            yield f"{file}: {one.id}: no share right was read from the target, so it is only printed; write it as 85 %, 85 of 100 or {{share: 0.85}}"


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
    console.out.print(f"{to}: {len(found.placed)} of {len(found.placed) + len(found.kept)} headings placed, the others kept as context", markup=False)
    rows = [[heading, place] for heading, place in found.placed.items()] + [[heading, "context"] for heading in found.kept]
    console.answer({}, [table_of("", ["Heading", "Stands for"], rows)], as_json=False)
    if found.words:
        console.out.print(f"words without a level, unknown until you correct them: {'; '.join(found.words)}", markup=False)
    console.say(f"correct {to}, then run: advisorkit check {file} --mapping {to}, and batch or report with the same flag")


@intake_app.command("new")
@console.guarded
def intake_new(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Questionnaire to make.")],
    role: Annotated[str, typer.Option("--for", metavar="ROLE", help=f"Only the questions of {', '.join(questionnaire.ROLES)}.")] = "",
    language: Annotated[str, typer.Option("--language", metavar="CODE", help=f"Language of the questionnaire: {', '.join(languages())}.")] = "en",
) -> None:
    """Make a questionnaire that a client can fill in alone, whole or for one role."""
    if file.suffix.lower() != ".xlsx":
        raise UsageError(f"{file}: the questionnaire is an Excel file; give a name that ends in .xlsx")
    chosen = next((one for one in questionnaire.ROLES if one.casefold() == role.casefold()), None)
    if role and not chosen:
        raise UsageError(f"--for {role}: there is {', '.join(questionnaire.ROLES)}")
    if language not in languages():
        raise UsageError(f"--language {language}: there is {', '.join(languages())}")
    console.fresh(file)
    with speaking(language):
        questionnaire.new_questionnaire(file, role=chosen or "")
    console.say(f"made {file}; when it comes back, run: advisorkit intake read {file} --to ENGAGEMENT")


@intake_app.command("read")
@console.guarded
def intake_read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Questionnaires filled in; several people's come in together.")], to: Target,
    workflow: Flow = None, as_json: Json = False,
) -> None:
    """Take filled-in questionnaires into an engagement; what cannot be taken is named by cell, the rest comes in."""
    loaded = load(to)
    one = loaded.engagement.chosen(workflow)
    take_in(to, loaded, one, questionnaire.together({file.stem: questionnaire.read_questionnaire(file) for file in files}), as_json=as_json)


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
    console.say(f"made {target}; when it comes back, run: advisorkit actuals read {file} {target.name}")


@actuals_app.command("read")
@console.guarded
def actuals_read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file that takes them.")], sheet: Annotated[Path, typer.Argument(metavar="SHEET", help="The sheet filled in.")],
    as_json: Json = False,
) -> None:
    """Take measurements into an engagement, where they replace assumptions; what cannot be taken is named by cell, the rest comes in."""
    loaded = load(file)
    made, taken, faults, notices = actuals.read_sheet(sheet, loaded.engagement)
    console.say(*loaded.notices, *notices)
    if taken:
        write(file, made, loaded.fingerprint)
    console.tell(faults, as_json=as_json, taken=taken)
    if not as_json:
        console.out.print(f"{shown(str(file), 200)}: {sum(map(len, taken.values()))} measurements taken; {len(faults)} refused", markup=False)
    if faults:
        raise typer.Exit(1)


def take_in(to: Path, loaded: Loaded, one: Workflow, reply: questionnaire.Reply, *, as_json: bool, then: Iterable[Block] = (), **more: Any) -> None:
    """Write answers into an engagement and tell what came in, `then` what follows, or `more` in JSON; what is known there is never replaced by a guess."""
    console.say(*reply.notices)
    said = loaded.engagement.answers_of(one)
    new = {name: said[name].beside(found) if name in said and said[name].said_by and found.said_by not in {"", said[name].said_by} else found for name, found in reply.answers.items()}
    kept = {name: found for name, found in new.items() if reply.answers[name].confidence == "known" or name not in said or said[name].confidence == "guess"}
    if kept:
        write(to, loaded.engagement.having(replace(one, answers={**one.answers, **kept})), loaded.fingerprint)
    left = [name for name in reply.answers if name not in kept]
    console.tell(reply.faults, as_json=as_json, workflow=one.id, taken=list(kept), left=left, **more)
    if not as_json:
        console.out.print(f"{shown(str(to), 200)}: {len(kept)} answer{'' if len(kept) == 1 else 's'} taken into {one.id}; {len(left)} left as they were; {len(reply.faults)} refused", markup=False)
        console.answer({}, then, as_json=False)
    if reply.faults:
        raise typer.Exit(1)
