"""Commands around an engagement file: new, check, schema, intake, brief."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisorkit.cli.console import Json, emit, fault_document, guarded, out, say
from advisorkit.errors import EngagementError, Fault, UsageError
from advisorkit.files import write_bytes
from advisorkit.store import load, new_text, schema

__all__ = ["brief", "check", "intake_app", "new", "schema_command"]

Target = Annotated[Path, typer.Option("--to", metavar="FILE", help="Where it goes.")]
Flow = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="The workflow; may be left out when there is one.")]


@guarded
def new(file: Annotated[Path, typer.Argument(metavar="FILE", help="File to make; it must not exist yet.")]) -> None:
    """Start an engagement file: commented, with the core questions."""
    _fresh(file)
    write_bytes(file, new_text(file.stem).encode())
    say(f"made {file}; fill it in, then run: advisorkit check {file}")


def _fresh(file: Path) -> None:
    if file.exists():
        raise UsageError(f"{file}: is there already; nothing was written")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: there is no such folder")


@guarded
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Engagement files.")], as_json: Json = False
) -> None:
    """Read engagement files and name every fault with its place and the nearest valid words."""
    faults: list[Fault] = []
    for file in files:
        try:
            loaded = load(file)
        except EngagementError as error:
            faults += error.faults
            continue
        for notice in loaded.notices:
            say(notice)
        if not as_json:
            out.print(f"{file}: good ({len(loaded.engagement.workflows)} workflows)", markup=False)
    if as_json:
        emit({"advisorkit": 1, "faults": [fault_document(fault) for fault in faults]})
    for fault in faults:
        say(f"error: {fault}")
    if faults:
        raise typer.Exit(2)


@guarded
def schema_command() -> None:
    """The engagement file's JSON Schema, with every name and unit."""
    emit(schema())
