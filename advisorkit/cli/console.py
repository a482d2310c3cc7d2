"""What every command shares: where words go, how refusals end, and the common flags."""

from __future__ import annotations

import functools
import json
import math
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TextIO

import typer
from rich.console import Console
from rich.text import Text

from advisorkit.export.blocks import Block
from advisorkit.export.terminal import terminal
from advisorkit.values.errors import AdvisorError, EngagementError, Fault, PilotError, PriceError, UsageError

P = ParamSpec("P")
_DRAFT = re.compile(r"\.([^/\\]+)\.[0-9a-f]{8}\.tmp$")
BEYOND = "the result is beyond any real number; look for an answer or assumption that is far too large or too small"
"""Said when numbers run out of range."""

out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout and sys.stdout.isatty() else 120)
"""Results for people."""
_err = Console(stderr=True, soft_wrap=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change an assumption; a range as low,high or low,likely,high."),
]
Scenario = Annotated[str | None, typer.Option("--scenario", metavar="NAME", help="Lay a named scenario over the file.")]
Flow = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="The workflow; may be left out when there is one.")]
One = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="Only this workflow.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file (YAML or JSON).")]
AcceptStale = Annotated[bool, typer.Option("--accept-stale", help="Accept prices older than the limit.")]


def say(*lines: str) -> None:
    """Lines of progress or notice, on stderr."""
    for line in lines:
        _err.print(Text(line))


def tell(faults: Iterable[Fault], *, as_json: bool = False, **more: Any) -> None:
    """Every fault as a line of its own on stderr, and with `more` as one JSON document where that is asked for."""
    found = list(faults)
    say(*(f"error: {fault}" for fault in found))
    if as_json:
        with suppress(UsageError):
            emit({"advisorkit": 1, **more, "faults": [asdict(fault) for fault in found]})


def emit(document: Mapping[str, Any]) -> None:
    """`document` as JSON on stdout, numbers finite, keys in their own order."""
    finite(document)
    stream: TextIO | None = sys.stdout
    try:
        print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False), file=stream, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"standard output cannot be written: {error.strerror or error}") from None


def finite(document: Mapping[str, Any]) -> None:
    """Refuse a document with a number that is too large to be written.

    Example:
        >>> finite({"total": [1.0, float("inf")]})
        Traceback (most recent call last):
        advisorkit.values.errors.UsageError: total[1]: the result is beyond any real number; look for an answer or assumption that is far too large or too small
    """
    place = next(_beyond(document, ""), None)
    if place is not None:
        raise UsageError(f"{place}: {BEYOND}")


def _beyond(value: object, place: str) -> Iterator[str]:
    match value:
        case float() if not math.isfinite(value):
            yield place
        case Mapping():
            for name, member in value.items():
                yield from _beyond(member, f"{place}.{name}".lstrip("."))
        case list() | tuple():
            for index, member in enumerate(value):
                yield from _beyond(member, f"{place}[{index}]")


def answer(document: Mapping[str, Any], blocks: Iterable[Block], *, as_json: bool) -> None:
    """What a command found, on stdout: `document` as JSON, or `blocks` for people; no number may be beyond any real one."""
    if as_json:
        emit(document)
        return
    finite(document)
    for part in terminal(blocks):
        out.print(part)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """`command`, with a refusal ending in one clear message and exit code 2."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json, file = bool(kwargs.get("as_json")), str(kwargs.get("file") or kwargs.get("to") or "")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # numbers out of range are refused in words
                command(*args, **kwargs)
        except AdvisorError as error:
            refuse(faults_of(error, file), as_json=as_json)
        except ArithmeticError:
            refuse([Fault(file, "", BEYOND)], as_json=as_json)
        except BrokenPipeError:
            raise
        except OSError as error:
            refuse([Fault(_DRAFT.sub(r"\1", str(error.filename or file)), "", error.strerror or str(error))], as_json=as_json)

    return run


def faults_of(error: AdvisorError, file: str = "") -> Sequence[Fault]:
    """What a refusal says, fault by fault; `file` is named where the error names none."""
    if isinstance(error, EngagementError | PilotError):
        return error.faults
    return (Fault(file if isinstance(error, PriceError) else "", "", str(error)),)


def refuse(faults: Iterable[Fault], *, as_json: bool, **more: Any) -> NoReturn:
    """End the command with what is wrong, told as by `tell`, and exit code 2."""
    tell(faults, as_json=as_json, **more)
    raise typer.Exit(2)


def unforeseen(error: Exception, *, as_json: bool) -> None:
    """Tell of an error that is advisorkit's own, in one line with its place and no client's word."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
    message = f"advisorkit itself failed ({place}); please report it. ADVISORKIT_DEBUG=1 shows more"
    tell([Fault("", "", message)], as_json=as_json)
