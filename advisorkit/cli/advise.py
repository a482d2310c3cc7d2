"""Commands that answer: assess, cost, prices, calibrate."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from advisorkit.catalog.price_refresh import append, refresh
from advisorkit.catalog.price_rows import load as load_prices
from advisorkit.catalog.price_rows import prices_table
from advisorkit.cli.console import AcceptStale, Json, Scenario, Sets, emit, finite, guarded, out, say, table
from advisorkit.cli.request import opened, studied, tell_ages
from advisorkit.costs.assumption import DRAWS, MOST_DRAWS
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.errors import UsageError

File = Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file (YAML or JSON).")]
One = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="Only this workflow.")]


@guarded
def assess(
    file: File, workflow: One = None, sets: Sets = None, scenario: Scenario = None, accept_stale: AcceptStale = False,
    keep: Annotated[bool, typer.Option("--keep", help="Note this advice in the file's history, with its day and reason.")] = False,
    as_json: Json = False,
) -> None:
    """The advice: what to do now, where it will probably end up, why, and what would change it."""
    from advisorkit.export.terminal import terminal
    from advisorkit.report.short_pages import assessed
    from advisorkit.study.documents import advice_document
    from advisorkit.study.pilots import told

    if keep and (sets or scenario):
        raise UsageError("--keep notes the advice on the file as it stands; leave out --set and --scenario")
    engagement = opened(file, scenario, sets, accept_stale=accept_stale)
    found = studied(engagement, file, workflow)
    if keep:
        loaded = load(file)
        write(file, told(loaded.engagement, found), loaded.fingerprint)
    if as_json:
        emit(advice_document(engagement, found))
        return
    for part in terminal(block for one in found for block in assessed(one)):
        out.print(part)


@guarded
def cost(
    file: File, workflow: One = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Draws; a power of two.")] = DRAWS,
    sets: Sets = None, scenario: Scenario = None, accept_stale: AcceptStale = False, as_json: Json = False,
) -> None:
    """The bill of every pattern: build, per call, run, errors and total with ranges, break-evens and prices with ages."""
    from advisorkit.export.terminal import terminal
    from advisorkit.report.short_pages import costed
    from advisorkit.study.documents import cost_document

    if not 2 <= draws <= MOST_DRAWS or draws & (draws - 1):
        raise UsageError(f"--draws {draws}: give a power of two from 2 to {MOST_DRAWS}, such as {DRAWS}")
    engagement = opened(file, scenario, sets, accept_stale=accept_stale)
    found = studied(engagement, file, workflow, draws)
    tell_ages(engagement, [one.inputs for one in found if one.priced])
    if as_json:
        emit(cost_document(engagement, found))
        return
    if engagement.priced:
        finite(cost_document(engagement, found))
    for part in terminal(block for one in found for block in costed(one)):
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
