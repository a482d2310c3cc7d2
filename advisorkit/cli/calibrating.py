"""The command that scores the weights: calibrate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from advisorkit.calibration import read_cases, report, shipped_cases
from advisorkit.catalog import load as load_catalog
from advisorkit.cli.console import Json, emit, guarded, out, table

__all__ = ["calibrate"]

COLUMNS = {"accuracy": "Right", "balanced_accuracy": "Balanced", "log_loss": "Log-loss", "ece": "Calibration error", "selective": "Right, surest half"}


@guarded
def calibrate(
    file: Annotated[Path | None, typer.Argument(metavar="[CASES.jsonl]", help="Closed cases; the shipped ones when left out.")] = None,
    score_only: Annotated[bool, typer.Option("--score-only", help="Score the shipped weights; fit nothing.")] = False,
    as_json: Json = False,
) -> None:
    """How often the advice was right on closed cases, leaving out one company at a time."""
    cases = read_cases(file) if file else shipped_cases()
    found = report(load_catalog(), cases, refit=not score_only)
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


def _cells(scores: Mapping[str, Any]) -> list[str]:
    return [f"{scores[name]:.2f}" for name in COLUMNS]
