"""The command that scores the weights: calibrate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.charts.kinds import Bin, Reliability
from advisorkit.charts.svg import svg
from advisorkit.cli.console import Json, emit, guarded, out, say, table
from advisorkit.files.disk import write_bytes
from advisorkit.values.errors import UsageError

FEW = 20
"""Cases below which scores say so little that it is told."""
COLUMNS = {"accuracy": "Right", "balanced_accuracy": "Balanced", "log_loss": "Log-loss", "ece": "Calibration error", "selective": "Right, surest half"}


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
    if as_json:
        emit({"advisorkit": 1, **found})
        return
    shown = {"Shipped weights": found["shipped"]}
    if "refitted" in found:
        shown["Fitted afresh"] = found["refitted"]
    shown |= {f"Baseline: {name.replace('_', ' ')}": scores for name, scores in found["baselines"].items()}
    shown["With the nearest deployments' vote"] = found["with_neighbours"]
    rows = [[name, *_cells(scores)] for name, scores in shown.items()]
    title = f"{found['cases']} cases of {found['companies']} companies; one standard error of a share is about {found['standard_error']:.2f}"
    out.print(table(title, ["", *COLUMNS.values()], rows, right=range(1, 6)))
    out.print(table("\nSure and right", ["Cases", "Stated", "Observed"], [
        [str(one["cases"]), f"{one['stated']:.2f}", f"{one['observed']:.2f}"] for one in found["shipped"]["bins"]
    ], right=range(3)))


def reliability(found: Mapping[str, Any]) -> Reliability:
    """Stated against observed by the shipped weights: five groups of equally many cases, with 90 % Wilson intervals."""
    from advisorkit.pilots.tally import wilson

    seen = [(one["stated"], one["observed"], one["cases"]) for one in found["shipped"]["bins"]]
    return Reliability(
        title=f"How often the stated chance came true, {found['cases']} closed cases",
        bins=tuple(Bin(stated, came, *wilson(came * count, count, 0.9), count) for stated, came, count in seen),
    )


def _draw(plot: Path, chart: Reliability) -> None:
    try:
        write_bytes(plot, svg(chart).encode())
    except OSError as error:
        raise UsageError(f"--plot {plot}: cannot be written ({error.strerror})") from error
    say(f"drawn: {plot}")


def _cells(scores: Mapping[str, Any]) -> list[str]:
    return [f"{scores[name]:.2f}" for name in COLUMNS]
