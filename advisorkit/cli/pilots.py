"""Commands around a pilot: plan, sheet, read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisorkit.cli.console import AcceptStale, Json, Scenario, Sets, emit, guarded, out, refuse, say, table, told
from advisorkit.cli.request import fresh, opened
from advisorkit.files.disk import write_bytes
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.errors import PilotError, UsageError
from advisorkit.values.patterns import PatternId
from advisorkit.values.quantities import money, percent

if TYPE_CHECKING:
    from advisorkit.pilots.planning import Plan
    from advisorkit.study.pilots import PilotRead

pilot_app = typer.Typer(no_args_is_help=True, help="How many cases to mark; marked results in.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file.")]
Pattern = Annotated[PatternId, typer.Option("--pattern", help="What is piloted.")]
One = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="Only this workflow; needed when there are several.")]


@pilot_app.command("plan")
@guarded
def plan(
    file: File, workflow: One = None,
    pattern: Pattern = "prompt",
    sheet: Annotated[Path | None, typer.Option("--sheet", metavar="FILE.xlsx", help="Write the marking sheet of one workflow.")] = None,
    sets: Sets = None, scenario: Scenario = None, accept_stale: AcceptStale = False, as_json: Json = False,
) -> None:
    """How many cases to mark, by money where it is known and by precision where it is not."""
    from advisorkit.pilots.sheet import marking_sheet
    from advisorkit.study.documents import plan_document
    from advisorkit.study.pilots import plans

    if sheet and sheet.suffix.lower() != ".xlsx":
        raise UsageError(f"--sheet {sheet}: the marking sheet is an Excel file; give a name that ends in .xlsx")
    engagement = opened(file, scenario, sets, accept_stale=accept_stale)
    found = plans(engagement, [workflow] if workflow else [], pattern)
    if sheet and len(found) != 1:
        raise UsageError(f"--sheet is for one workflow: add --workflow with one of {', '.join(p.workflow for p in found)}")
    if sheet:
        fresh(sheet)
        write_bytes(sheet, marking_sheet(found[0], engagement.workflow(found[0].workflow).name))
        say(f"made {sheet}")
    if as_json:
        emit(plan_document(found))
        return
    for one in found:
        _print_plan(engagement.workflow(one.workflow).name, one)


def _print_plan(name: str, one: Plan) -> None:
    out.print(f"\n{name}: mark {one.mark} cases. {one.why}", markup=False)
    if one.sizes:
        rows = [[str(size.n), money(size.value, one.currency), money(size.cost, one.currency)] for size in one.sizes]
        out.print(table("", ["Cases", "Worth", "Costs to mark"], rows, right=(0, 1, 2)))


@pilot_app.command("read")
@guarded
def read(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="CSV, XLSX, JSON lines, Inspect AI or promptfoo output.")],
    to: Annotated[Path, typer.Option("--to", metavar="ENGAGEMENT", help="Engagement file that takes the pilot.")],
    workflow: One = None,
    pattern: Pattern = "prompt",
    pass_mark: Annotated[float | None, typer.Option("--pass-mark", metavar="SHARE", help="Share right agreed before the pilot.")] = None,
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the pilot.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why the pass mark differs from the agreed one.")] = "",
    as_json: Json = False,
) -> None:
    """Read marked results into an engagement: what they establish, and the advice before and after."""
    from advisorkit.study.documents import read_document
    from advisorkit.study.pilots import read_pilot

    if pass_mark is not None and not 0 <= pass_mark <= 1:
        raise UsageError(f"--pass-mark {pass_mark:g}: give a share from 0 to 1, such as 0.85")
    loaded = load(to)
    try:
        found = read_pilot(results, loaded.engagement, to, workflow or "", pattern=pattern, pass_mark=pass_mark,
                           day=day.date() if day else None, reason=reason)
    except PilotError as error:
        refuse(error.faults, as_json=as_json, read=0, refused=error.rows, posterior=None)
    write(to, found.engagement, loaded.fingerprint)
    told(found.results.notices)
    if as_json:
        emit(read_document(found.workflow, len(found.results.marks), found.established, found.before, found.after))
        return
    _print_read(found)


def _print_read(found: PilotRead) -> None:
    decision, last = found.established.decision, found.established.diagnoses[-1]
    out.print(f"{last.right.hits:g} of {last.right.n:g} right ({percent(last.right.low)} to {percent(last.right.high)}).", markup=False)
    out.print(f"{decision.action.replace('_', ' ').capitalize()}: {decision.why}", markup=False)
    for warning in found.established.warnings:
        out.print(f"  - {warning}", markup=False)
    before, after = found.before, found.after
    rows = [["Before", before.now, before.recommended, percent(before.patterns[before.recommended].probability)],
            ["After", after.now, after.recommended, percent(after.patterns[after.recommended].probability)]]
    out.print(table("", ["Advice", "Now", "Probably becomes", "Chance"], rows, right=(3,)))
