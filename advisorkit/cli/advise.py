"""Commands that answer: assess, cost, prices, calibrate."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from advisorkit.catalog.price_refresh import append, refresh
from advisorkit.catalog.price_rows import load as load_prices
from advisorkit.catalog.price_rows import prices_table
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.cli.console import AcceptStale, Json, Scenario, Sets, emit, finite, guarded, out, say, table
from advisorkit.cli.request import opened, studied, tell_ages
from advisorkit.costs.assumption import DRAWS, MOST_DRAWS
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.errors import UsageError
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.quantities import day, money_short, percent

if TYPE_CHECKING:
    from advisorkit.advice.advice import Advice, PatternAdvice
    from advisorkit.study.study import Study

File = Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file (YAML or JSON).")]
One = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="Only this workflow.")]
STATES = {"done": "done", "here": "here", "ahead": "", "held": "held back for now"}
MARKS = {"possible": "", "provisional": "provisional", "ruled_out": "ruled out"}


@guarded
def assess(
    file: File, workflow: One = None, sets: Sets = None, scenario: Scenario = None, accept_stale: AcceptStale = False,
    keep: Annotated[bool, typer.Option("--keep", help="Note this advice in the file's history, with its day and reason.")] = False,
    as_json: Json = False,
) -> None:
    """The advice: what to do now, where it will probably end up, why, and what would change it."""
    from advisorkit.study.json_advice import advice_document
    from advisorkit.study.json_reopening import history_document, reopened_document
    from advisorkit.study.pilots import told

    if keep and (sets or scenario):
        raise UsageError("--keep notes the advice on the file as it stands; leave out --set and --scenario")
    engagement = opened(file, scenario, sets, accept_stale=accept_stale)
    found = studied(engagement, file, workflow)
    if keep:
        loaded = load(file)
        write(file, told(loaded.engagement, found), loaded.fingerprint)
    if as_json:
        document = advice_document(engagement, [one.advice for one in found])
        for workflow_document, one in zip(document["workflows"], found, strict=True):
            workflow_document["reopened"] = reopened_document(one.reopened)
            workflow_document["history"] = history_document(engagement, one.workflow.id)
        emit(document)
        return
    for one in found:
        _print_advice(one)


def _print_advice(one: Study) -> None:
    from advisorkit.report.path_pages import detour

    advice, catalog = one.advice, load_catalog()
    out.print(f"\n{one.workflow.name}  ({one.workflow.id})", style="bold", markup=False)
    out.print(" ".join(advice.words.headline), markup=False)
    for line in advice.words.summary:
        out.print(line, markup=False)
    names = {name: pattern.name for name, pattern in catalog.patterns.items()}
    out.print(f"{advice.next_step.action.replace('_', ' ').capitalize()}: {advice.next_step.why}", markup=False)
    out.print(_patterns(advice, names))
    out.print(_path(advice, one.engagement.currency))
    for title, lines in (("Why", advice.words.why), ("Against", advice.words.against),
                         ("Not recommended", advice.words.not_recommended), ("Not known yet", advice.words.unknowns),
                         ("Warnings", advice.warnings), ("The detour", [said] if (said := detour(advice, one.engagement.currency)) else []),
                         ("Look again", [again.why for again in one.reopened if again.holds]), ("Told before", _told(one, names))):
        if lines:
            out.print(f"\n{title}", style="bold")
            for line in lines:
                out.print(f"  - {line}", markup=False)


def _patterns(advice: Advice, names: dict[str, str]) -> Table:
    order = sorted(PATTERNS, key=lambda pattern: -advice.patterns[pattern].probability)
    rows = [
        [names[pattern], percent(advice.patterns[pattern].probability), percent(advice.acceptability[pattern]),
         MARKS[advice.patterns[pattern].status], _lasting(advice.patterns[pattern])]
        for pattern in order
    ]
    if advice.off_ramp:
        rows.append([load_catalog().off_ramps[advice.off_ramp.kind].name, "", "", "beside", advice.off_ramp.reason])
    return table("", ["Pattern", "Chance", "First in draws", "", ""], rows, right=(1, 2))


def _path(advice: Advice, currency: str) -> Table:
    from advisorkit.report.pictures import rung_name

    rows = [
        [rung_name(rung), percent(rung.probability_suffices), "" if rung.build is None else money_short(rung.build, currency),
         "" if rung.weeks is None else f"{rung.weeks:.0f}", STATES[rung.state]]
        for rung in advice.path
    ]
    return table("", ["Path", "Enough", "Build", "Weeks", ""], rows, right=(1, 2, 3))


def _told(one: Study, names: dict[str, str]) -> list[str]:
    lines = [line for line in one.engagement.history if line.workflow == one.workflow.id]
    return [f"{day(line.date)}: {names[line.now]} first, probably {names[line.recommended]}. {line.reason}" for line in lines]


def _lasting(said: PatternAdvice) -> str:
    return " ".join(hit.reason for hit in said.gates if hit.kind == "lasting" and not hit.provisional)


@guarded
def cost(
    file: File, workflow: One = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Draws; a power of two.")] = DRAWS,
    sets: Sets = None, scenario: Scenario = None, accept_stale: AcceptStale = False, as_json: Json = False,
) -> None:
    """The bill of every pattern: build, per call, run, errors and total with ranges, break-evens and prices with ages."""
    from advisorkit.cli.cost_tables import cost_tables
    from advisorkit.costs.bill import bill
    from advisorkit.costs.simulation import price
    from advisorkit.study.json_costs import cost_document

    if not 2 <= draws <= MOST_DRAWS or draws & (draws - 1):
        raise UsageError(f"--draws {draws}: give a power of two from 2 to {MOST_DRAWS}, such as {DRAWS}")
    engagement = opened(file, scenario, sets, accept_stale=accept_stale)
    found = studied(engagement, file, workflow)
    tell_ages(engagement, [one.inputs for one in found])
    priced = [(one, bill(one.inputs), price(one.inputs, draws, among=one.in_play)) for one in found]
    document = cost_document(engagement, [(one.inputs, lines, result) for one, lines, result in priced])
    if as_json:
        emit(document)
        return
    finite(document)
    for one, _, result in priced:
        for part in cost_tables(one.workflow.name, one.inputs, result, {n: p.name for n, p in load_catalog().patterns.items()}):
            out.print(part)


prices_app = typer.Typer(invoke_without_command=True, help="The price book with ages and sources.")


@prices_app.callback()
@guarded
def prices(context: typer.Context, as_json: Json = False) -> None:
    """The price book with ages and sources."""
    if context.invoked_subcommand:
        return
    today = date.today()  # noqa: DTZ011 - the user's own day
    rows = prices_table(load_prices(today), today)
    if as_json:
        emit({"advisorkit": 1, "prices": rows})
        return
    cells = [[str(r["id"]), f"{r['low']:g}", f"{r['likely']:g}", f"{r['high']:g}", str(r["currency"]), str(r["unit"]),
              str(r["age_days"]), str(r["state"]), str(r["source"])] for r in rows]
    out.print(table("Price book", ["Price", "Low", "Likely", "High", "", "Unit", "Days old", "State", "Source"], cells, right=(1, 2, 3, 6)))


@prices_app.command("refresh")
@guarded
def prices_refresh(
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Append the changes to your own price file.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the book with the installed price package; shows the difference, and changes nothing unless --to says so."""
    today = date.today()  # noqa: DTZ011 - the user's own day
    seen = refresh(load_prices(today), today)
    if to:
        append(seen, to)
        say(f"{len(seen.rows)} prices appended to {to}; reviewed and negotiated prices stay; use it with ADVISORKIT_PRICES={to}")
    if as_json:
        changes = [{"id": c.id, "before": c.before and c.before.amount.likely, "after": c.after and c.after.amount.likely,
                    "kept": c.kept} for c in seen.changes]
        emit({"advisorkit": 1, "package": seen.package, "on": seen.on.isoformat(), "unchanged": seen.unchanged, "changes": changes})
        return
    say(f"{seen.package}, {seen.on}: {seen.unchanged} prices agree, {len(seen.changes)} differ")
    rows = [[c.id, f"{c.before.amount.likely:g}" if c.before else "–", f"{c.after.amount.likely:g}" if c.after else "gone",
             "kept: reviewed or negotiated" if c.kept else "to review"] for c in seen.changes]
    if rows:
        out.print(table("Differences", ["Price", "Book", "Package", ""], rows, right=(1, 2)))
