"""What every command shares: where words go, how refusals end, and the common flags."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisorkit.errors import AdvisorError, EngagementError, Fault

__all__ = ["AcceptStale", "Json", "Scenario", "Sets", "emit", "fault_document", "guarded", "out", "say", "table"]

P = ParamSpec("P")

out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 120)
"""Results for people."""
_err = Console(stderr=True, soft_wrap=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change an assumption; a range as low,high or low,likely,high."),
]
Scenario = Annotated[str | None, typer.Option("--scenario", metavar="NAME", help="Lay a named scenario over the file.")]
AcceptStale = Annotated[bool, typer.Option("--accept-stale", help="Accept prices older than the limit.")]


def say(message: str) -> None:
    """A line of progress or notice, on stderr."""
    _err.print(Text(message))


def emit(document: Mapping[str, Any]) -> None:
    """`document` as JSON on stdout, numbers finite, keys in their own order."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Table:
    """A table for the terminal; columns whose index is in `right` hold numbers."""
    drawn = Table(title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="right" if index in right else "left", overflow="fold", style="")
    for row in rows:
        drawn.add_row(*map(Text, row))
    return drawn


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """`command`, with a refusal ending in one clear message and exit code 2."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except AdvisorError as error:
            _refuse(error, as_json=bool(kwargs.get("as_json")))
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _refuse(AdvisorError(f"{place}{error.strerror or error}"), as_json=bool(kwargs.get("as_json")))

    return run


def _refuse(error: AdvisorError, *, as_json: bool) -> None:
    faults = error.faults if isinstance(error, EngagementError) else (Fault("", "", str(error)),)
    for fault in faults:
        say(f"error: {fault}")
    if as_json:
        emit({"advisorkit": 1, "faults": [fault_document(fault) for fault in faults]})
    raise typer.Exit(2)


def fault_document(fault: Fault) -> dict[str, object]:
    """A fault as the contract's object: file, where, message, nearest."""
    return {"file": fault.file, "where": fault.where, "message": fault.message, "nearest": list(fault.nearest)}
