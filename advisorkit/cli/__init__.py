"""The command line: ``advisorkit``, also ``python -m advisorkit``."""

import io
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import typer
from typer.core import TyperGroup

from advisorkit.cli.advise import assess, bakeoff_app, cost, diff, pilot_app, portfolio
from advisorkit.cli.checks import check
from advisorkit.cli.console import emit, say, unforeseen
from advisorkit.cli.deliver import batch, calibrate, demo, doctor_command, live, prices_app, report, seal
from advisorkit.cli.engage import actuals_app, brief, intake_app, new, schema_command
from advisorkit.values.messages import Fault


class _Commands(TyperGroup):
    """All commands; a call that is wrong is told on stderr as ever, and in JSON where that is asked for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.obj = [*args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        given: list[str] = ctx.obj
        try:
            if twice := _twice(self, given):
                ctx.fail(f"{twice} is given twice, and only the last would count; give it once{', its formats parted by commas' * (twice == '--to' and '--out' in given)}")
            return super().invoke(ctx)
        except Exception as error:
            wrong: Any = error
            if (lacking := getattr(error, "param", None)) and not wrong.message:
                wrong.message = lacking.help
            if "--json" in given and (said := getattr(error, "format_message", None)):  # of what typer raises itself
                emit({"advisorkit": 1, "faults": [asdict(Fault("", "", said()))]})
            raise


def _twice(command: Any, words: list[str]) -> str:
    """An option that takes one value and is given twice; empty where none is."""
    rest = words[: words.index("--")] if "--" in words else [*words]
    while rest and (inner := getattr(command, "commands", {}).get(rest[0])):
        command, rest = inner, rest[1:]
    single = [one.opts for one in command.params if one.param_type_name == "option" and not (one.multiple or one.is_flag)]
    given = [word.partition("=")[0] for word in rest]
    return next((names[0] for names in single if sum(map(given.count, names)) > 1), "")


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Advice on prompting, retrieval (RAG), fine-tuning or both, with costs and reports.",
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo, "new": new, "check": check, "schema": schema_command, "assess": assess, "cost": cost, "portfolio": portfolio, "diff": diff, "report": report,
    "batch": batch, "live": live, "brief": brief, "calibrate": calibrate,
    "doctor": doctor_command, "seal": seal,
}
for name, command in _COMMANDS.items():
    app.command(name)(command)
for name, group in {"prices": prices_app, "pilot": pilot_app, "intake": intake_app, "actuals": actuals_app, "bakeoff": bakeoff_app}.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line; ends the process with its exit code.

    Ctrl+C ends it with 130. What nobody foresaw ends in one line and exit code 1; ``ADVISORKIT_DEBUG=1`` shows where it happened.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
    try:
        app(prog_name="advisorkit")
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(130)
    except Exception as error:
        if os.environ.get("ADVISORKIT_DEBUG"):
            raise
        unforeseen(error, as_json="--json" in sys.argv)
        sys.exit(1)
