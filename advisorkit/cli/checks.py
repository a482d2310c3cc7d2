"""The command that checks engagement files and lists, and tells of all that the advice would refuse."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.catalog.prices import load as prices
from advisorkit.cli import console
from advisorkit.cli.console import Json, MappingFile
from advisorkit.export.blocks import Table, table_of
from advisorkit.files.tables import KINDS
from advisorkit.files.texts import Texts
from advisorkit.files.trees import shown
from advisorkit.intake import questionnaire
from advisorkit.store.reading import load, wanted
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError, Fault, PriceError
from advisorkit.values.people import Action
from advisorkit.values.quantities import percent


@console.guarded
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Engagement files or lists.")], mapping: MappingFile = None, as_json: Json = False
) -> None:
    """Read engagement files and lists, name every fault with its place and the nearest valid words, and list what is to be confirmed and done."""
    faults: list[Fault] = []
    guesses: list[tuple[Path, questionnaire.Pending]] = []
    actions: list[tuple[Path, Action]] = []
    for file in files:
        try:
            found = _checked(file, mapping, faults)
        except EngagementError as error:
            faults += error.faults
            continue
        guesses += [(file, one) for engagement in found for one in questionnaire.pending(engagement)]
        actions += [(file, one) for engagement in found for one in engagement.actions if one.state == "open"]
        counted = sum(len(engagement.workflows) for engagement in found)
        if not as_json and counted:
            console.out.print(f"{shown(str(file), 200)}: good ({counted} workflow{'s' if counted != 1 else ''})", markup=False)
    several = len(files) > 1
    confirm = [_of(file, several) | asdict(one) for file, one in guesses]
    due = [_of(file, several) | asdict(one) | {"date": one.date and one.date.isoformat()} for file, one in actions]
    console.tell(faults, as_json=as_json, to_confirm=confirm, actions=due)
    if not as_json:
        console.answer({}, _agenda(confirm, due, ["File"] * several), as_json=False)
    if faults:
        raise typer.Exit(2)


def _of(file: Path, several: bool) -> dict[str, Any]:
    return {"file": str(file)} if several else {}


def _agenda(confirm: Sequence[Mapping[str, Any]], due: Sequence[Mapping[str, Any]], first: list[str]) -> Iterator[Table]:
    """What is to be confirmed and done, below the heads of `first` where several files are told of."""
    if confirm:
        yield table_of("Guesses to confirm", [*first, "Workflow", "Answer", "By whom", "Until"], [[*one.values()] for one in confirm])
    if due:
        rows = [[*(one[name.lower()] for name in first), one["act"], one["owner"], one["date"] or ""] for one in due]
        yield table_of("To be done", [*first, "What", "By whom", "Until"], rows)


def _checked(file: Path, mapping: Path | None, faults: list[Fault]) -> Sequence[Engagement]:
    """The engagements in a file or list, none when rows of it are faulty, which go into `faults`."""
    if file.suffix.lower() not in KINDS:
        loaded = load(file)
        console.say(*loaded.notices, *_targets(str(file), loaded.engagement))
        found = [loaded.engagement]
    else:
        table = console.listed(file, mapping)
        faults += table.faults
        found = [] if table.faults else [row.engagement for row in table.rows if row.engagement]
    wrong = [Fault(str(file), "currency", message) for message in dict.fromkeys(message for one in found for message in _without_rate(one))] or _refused(file, found)
    faults += wrong
    return [] if wrong else found


def _refused(file: Path, found: Sequence[Engagement]) -> list[Fault]:
    """What would keep engagements, or scenarios of them, from being advised on though every word is right; how old their prices are is told once for each day."""
    faults, told, marked = dict[Fault, None](), set[date](), file.suffix.lower() not in KINDS
    for one in filter(_says, found):
        good, wrong = console.worked_out(one, str(file), marked=marked)
        faults |= dict.fromkeys(wrong)
        for name in one.scenarios:
            more = (fault for fault in console.worked_out(one.under(name), str(file))[1] if fault not in wrong)
            faults |= {replace(fault, where=", ".join(filter(None, (f"scenarios.{name}", fault.where)))): None for fault in more}
        if one.as_of not in told:
            console.tell_ages(one, (age for study in good for age in study.inputs.prices()))
        told.add(one.as_of)
    return [*faults]


def _says(engagement: Engagement) -> bool:
    """Whether it says anything that could be refused: one that was begun today does not."""
    said = any(engagement.answers_of(one) or engagement.settings_of(one) or one.pilots for one in engagement.workflows)
    return bool(said or engagement.prices or engagement.scenarios) or engagement.as_of != date.today()  # noqa: DTZ011  the user's own day


def _without_rate(engagement: Engagement) -> Iterator[str]:
    book = prices(engagement.as_of)
    rated = book.with_rates(engagement.exchange_rates, engagement.currency)
    for source in (book.rates_into, "USD"):  # wages and models
        try:
            rated.rate(source, engagement.currency)
        except PriceError as error:
            yield str(error)


def _targets(file: str, engagement: Engagement) -> Iterator[str]:
    """Targets of which no share was read, and pass marks below one."""
    for one in engagement.workflows:
        marks, share = [pilot.pass_mark for pilot in one.pilots if pilot.pass_mark is not None][-1:], wanted(one)
        yield from (f"{file}: {one.id}: {Texts('pilots').say('warn.lower', mark=percent(mark), wanted=percent(share or 0))}" for mark in marks if mark < (share or 0))
        if one.context.get("target") and share is None:
            yield f"{file}: {one.id}: no share right was read from the target, so it is only printed; write it as 85 %, 85 of 100 or {{share: 0.85}}"
