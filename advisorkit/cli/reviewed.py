"""Commands about what was reviewed beforehand: the price book, and the weights scored on closed cases."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.catalog.prices import append, load as load_prices, prices_table, refresh
from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.kinds import Bin, Reliability
from advisorkit.cli.console import Json, answer, guarded, say
from advisorkit.export.blocks import Block, table_of
from advisorkit.files.disk import write_bytes
from advisorkit.values.messages import UsageError

FEW = 20
"""Cases below which scores say so little that it is told."""
COLUMNS = {"accuracy": "Right", "balanced_accuracy": "Balanced", "log_loss": "Log-loss", "ece": "Calibration error", "selective": "Right, surest half"}


prices_app = typer.Typer(invoke_without_command=True, help="The price book with ages and sources.")


@prices_app.callback()
@guarded
def prices(context: typer.Context, as_json: Json = False) -> None:
    """The price book with ages and sources."""
    if context.invoked_subcommand:
        return
    today = date.today()  # noqa: DTZ011 - the user's own day
    rows = prices_table(load_prices(today), today)
    cells = [[str(r["id"]), f"{r['low']:g}", f"{r['likely']:g}", f"{r['high']:g}", str(r["currency"]), str(r["unit"]),
              str(r["age_days"]), str(r["state"]), str(r["source"])] for r in rows]
    table = table_of("Price book", ["Price", "Low", "Likely", "High", "", "Unit", "Days old", "State", "Source"], cells, (1, 2, 3, 6))
    answer({"advisorkit": 1, "prices": rows}, [table], as_json=as_json)


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
        append(seen.rows, to)
        say(f"{len(seen.rows)} prices appended to {to}; reviewed and negotiated prices stay; use it with ADVISORKIT_PRICES={to}")
    changes = [{"id": c.id, "before": c.before and c.before.amount.likely, "after": c.after and c.after.amount.likely,
                "kept": c.kept} for c in seen.changes]
    document = {"advisorkit": 1, "package": seen.package, "on": seen.on.isoformat(), "unchanged": seen.unchanged, "changes": changes}
    if not as_json:
        say(f"{seen.package}, {seen.on}: {seen.unchanged} prices agree, {len(seen.changes)} differ")
    rows = [[c.id, f"{c.before.amount.likely:g}" if c.before else "–", f"{c.after.amount.likely:g}" if c.after else "gone",
             "kept: reviewed or negotiated" if c.kept else "to review"] for c in seen.changes]
    tables = [table_of("Differences", ["Price", "Book", "Package", ""], rows, (1, 2))] if rows else []
    answer(document, tables, as_json=as_json)


@guarded
def calibrate(
    file: Annotated[Path | None, typer.Argument(metavar="[CASES.jsonl]", help="Closed cases; the shipped ones when left out.")] = None,
    score_only: Annotated[bool, typer.Option("--score-only", help="Score the shipped weights; fit nothing.")] = False,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw whether stated chances come true.")] = None,
    as_json: Json = False,
) -> None:
    """How often the advice was right on closed cases, leaving out one company at a time."""
    from advisorkit.calibration.closed_cases import read_cases, shipped_cases
    from advisorkit.calibration.scoring import report

    if plot is not None and plot.suffix != ".svg":
        raise UsageError(f"--plot {plot}: the plot is drawn as SVG; name a file that ends in .svg")
    if plot is not None and file is not None and plot.resolve() == file.resolve():
        raise UsageError(f"--plot {plot}: is the file of cases itself; name another")
    cases = read_cases(file) if file else shipped_cases()
    found = report(load_catalog(), cases, refit=not score_only)
    if len(cases) < FEW:
        say(f"note: {len(cases)} cases are too few to fit weights to; a score may be off by {2 * found['standard_error']:.2f} either way")
    if plot is not None:
        _draw(plot, reliability(found))
    answer({"advisorkit": 1, **found}, _scores(found), as_json=as_json)


def _scores(found: Mapping[str, Any]) -> Iterator[Block]:
    shown = {"Shipped weights": found["shipped"]}
    if "refitted" in found:
        shown["Fitted afresh"] = found["refitted"]
    shown |= {f"Baseline: {name.replace('_', ' ')}": scores for name, scores in found["baselines"].items()}
    shown["With the nearest deployments' vote"] = found["with_neighbours"]
    rows = [[name, *(f"{scores[column]:.2f}" for column in COLUMNS)] for name, scores in shown.items()]
    title = f"{found['cases']} cases of {found['companies']} companies; one standard error of a share is about {found['standard_error']:.2f}"
    yield table_of(title, ["", *COLUMNS.values()], rows, range(1, 6))
    bins = [[str(one["cases"]), f"{one['stated']:.2f}", f"{one['observed']:.2f}"] for one in found["shipped"]["bins"]]
    yield table_of("Sure and right", ["Cases", "Stated", "Observed"], bins, range(3))


def reliability(found: Mapping[str, Any]) -> Reliability:
    """Stated against observed by the shipped weights: five groups of equally many cases, with 90 % Wilson intervals."""
    from advisorkit.pilots.tally import wilson

    seen = [(one["stated"], one["observed"], one["cases"]) for one in found["shipped"]["bins"]]
    return Reliability(
        title=f"How often the stated chance came true, {found['cases']} closed cases",
        bins=tuple(Bin(stated, came, *wilson(came * count, count, 0.9), count) for stated, came, count in seen),
    )


def _draw(plot: Path, chart: Reliability) -> None:
    from advisorkit.charts.svg import svg

    write_bytes(plot, svg(chart).encode())
    say(f"drawn: {plot}")
