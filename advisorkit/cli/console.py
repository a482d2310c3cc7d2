"""What every command shares: where words go, how refusals end, the common flags, and the engagement that they ask for."""

from __future__ import annotations

import functools
import json
import math
import re
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from advisorkit.catalog.reading import assumptions, load as load_catalog, measure
from advisorkit.costs.assumption import DRAWS
from advisorkit.export.blocks import Block
from advisorkit.export.terminal import terminal
from advisorkit.files.amounts import share_in
from advisorkit.files.numbers import Listener, is_number, unclear
from advisorkit.files.tables import KINDS
from advisorkit.intake.mapping import read_mapping
from advisorkit.intake.portfolio import PortfolioTable, portfolio
from advisorkit.store.reading import doubtful, load, reduced
from advisorkit.values.engagement import Engagement, Scenario, Setting
from advisorkit.values.messages import BEYOND, AdvisorError, EngagementError, Fault, PilotError, PriceError, UsageError, nearest, printable
from advisorkit.values.places import leaves
from advisorkit.values.prices import WARN_DAYS, PriceAge
from advisorkit.values.quantities import Estimate, day, plain

if TYPE_CHECKING:
    from advisorkit.study.study import Study

P = ParamSpec("P")
_DRAFT = re.compile(r"\.([^/\\]+)\.[0-9a-f]{8}\.tmp$")

@contextmanager
def _printing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"standard output cannot be written: {error.strerror or error}") from None


class _Out(Console):
    def print(self, *parts: Any, **how: Any) -> None:
        with _printing():
            super().print(*parts, **how)


out = _Out(soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout and sys.stdout.isatty() else 120)
"""Results for people."""
_err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

PassMark = Annotated[str, typer.Option("--pass-mark", metavar="SHARE", help="Share right agreed before the cases were marked, such as 0.85 or 85%.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change an assumption; a range as low,high or low,likely,high."),
]
ScenarioName = Annotated[str | None, typer.Option("--scenario", metavar="NAME", help="Lay a named scenario over the file.")]
ScenarioNames = Annotated[list[str] | None, typer.Option("--scenario", metavar="NAME", help="Lay a named scenario over the file; several stand side by side.")]
Flow = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="The workflow; may be left out when there is one.")]
One = Annotated[str | None, typer.Option("--workflow", metavar="ID", help="Only this workflow.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file (YAML or JSON).")]
Listed = Annotated[Path, typer.Argument(metavar="FILE", help="Engagement file (YAML or JSON), or a client's list (CSV, XLSX or ODS).")]
MappingFile = Annotated[Path | None, typer.Option("--mapping", metavar="FILE", help="What a list's headings and words stand for.")]
AcceptStale = Annotated[bool, typer.Option("--accept-stale", help="Accept prices older than the limit.")]


def mark_of(text: str) -> float | None:
    """A `PassMark` as a share from 0 to 1; None where none was given."""
    found = share_in(text)
    with suppress(ValueError):
        found = float(text) if found is None else found
    if text and (found is None or not 0 <= found <= 1):
        raise UsageError(f"--pass-mark {text}: give a share from 0 to 1 or in percent, such as 0.85 or 85%")
    return found


def say(*lines: str) -> None:
    """Lines of progress or notice, on stderr."""
    if lines:
        _err.print(Text(printable("\n".join(lines))))


def call(*words: object) -> str:
    """A command of ours to be pasted into a shell.

    Example:
        >>> call("check", "our client.yaml")
        "advisorkit check 'our client.yaml'"
    """
    return shlex.join(("advisorkit", *map(str, words)))


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
    with _printing():
        print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False), flush=True)


def finite(document: Mapping[str, Any]) -> None:
    """Refuse a document with a number that is too large to be written.

    Example:
        >>> finite({"total": [1.0, float("inf")]})
        Traceback (most recent call last):
        advisorkit.values.messages.UsageError: total[1]: the result is beyond any real number; look for an answer or assumption that is far too large or too small
    """
    for place, value in leaves(document):
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{place}: {BEYOND}")


def answer(document: Mapping[str, Any], blocks: Iterable[Block], *, as_json: bool, failed: bool = False) -> None:
    """What a command found, on stdout: `document` as JSON, or `blocks` for people; no number may be beyond any real one. Exit code 1 where a part `failed`."""
    if as_json:
        emit(document)
    else:
        finite(document)
        for part in terminal(blocks):
            out.print(part)
    if failed:
        raise typer.Exit(1)


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """`command`, with a refusal ending in one clear message and exit code 2, Ctrl+C in a word and 130."""

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
        except KeyboardInterrupt:
            say("stopped")
            raise typer.Exit(130) from None
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


def fresh(path: Path) -> None:
    """Refuse a file that is there already, or whose folder is not."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path}: is there already; nothing was written")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")


def opened(path: Path, scenario: str | None = None, sets: Sequence[str] | None = None, *, accept_stale: bool = False) -> Engagement:
    """The engagement in `path` as the command wants it; notices about the file go to stderr."""
    loaded = load(path)
    say(*loaded.notices)
    return changed(loaded.engagement, scenario, settings(sets or (), loaded.engagement.currency), accept_stale=accept_stale)


def states(
    path: Path, scenarios: Sequence[str] | None, sets: Sequence[str] | None, workflow: str | None, draws: int = DRAWS, *, accept_stale: bool
) -> dict[str, tuple[Engagement, tuple[Study, ...]]]:
    """The engagement in `path`, worked out, under the one scenario named; or, for several, as it stands, called an empty name, and under each."""
    names = list(dict.fromkeys(scenarios or ())) or [""]
    base = opened(path, None, None, accept_stale=accept_stale)
    found = {name: changed(base, name, settings(sets or (), base.currency)) for name in (["", *names] if len(names) > 1 else names)}
    return {name: (state, studied(state, path, workflow, draws)) for name, state in found.items()}


def listed(path: Path, mapping: Path | None) -> PortfolioTable:
    """The rows of a client's list; what it assumes goes to stderr."""
    found = portfolio(path, "EUR", date.today(), read_mapping(mapping) if mapping else None)  # noqa: DTZ011  the user's own day
    say(*found.notices)
    return found


def whole(
    path: Path, mapping: Path | None, scenario: str | None, sets: Sequence[str] | None, *, accept_stale: bool = False
) -> tuple[Engagement, Sequence[Fault]]:
    """The engagement in `path`, or the good rows of a client's list as one engagement, with the faults of the others."""
    if path.suffix.lower() not in KINDS:
        if mapping:
            raise UsageError(f"--mapping {mapping}: goes with a client's list (CSV, XLSX or ODS); {path} is read as an engagement, so leave it out")
        return opened(path, scenario, sets, accept_stale=accept_stale), ()
    table = listed(path, mapping)
    tell(table.faults)
    joined = table.joined(reduced(path.stem) or "list")
    say(*doubtful(joined, str(path)))
    return changed(joined, scenario, settings(sets or (), joined.currency), accept_stale=accept_stale), table.faults


def changed(engagement: Engagement, scenario: str | None, values: Mapping[str, Setting], *, accept_stale: bool = False) -> Engagement:
    """`engagement` under a scenario, with `values` winning over everything in the file; what is set is named as a scenario is."""
    base = engagement.under(scenario) if scenario else engagement
    workload = {name: value for name, value in values.items() if assumptions()[name].group == "workload"}
    rest = {name: value for name, value in values.items() if name not in workload}
    named = "; ".join(filter(None, (base.scenario, *(f"{assumptions()[name].label} {_written(value)}" for name, value in values.items()))))
    return replace(base.under(Scenario(workload=workload, assumptions=rest)), scenario=named, accept_stale=base.accept_stale or accept_stale)


def _written(value: Setting) -> str:
    ends = dict.fromkeys((value.low, value.likely, value.high)) if isinstance(value, Estimate) else ()
    return " / ".join(map(plain, ends)) or str(value)


def studied(engagement: Engagement, file: Path, workflow: str | None = None, draws: int = DRAWS) -> tuple[Study, ...]:
    """Every workflow of `engagement` worked out with the pilots that `file` names, or only `workflow`."""
    from advisorkit.study.pilots import pilots_of
    from advisorkit.study.study import studies

    return studies(engagement, pilots_of(engagement, file), [workflow] if workflow else [], draws)


def priceable(engagement: Engagement, file: Path | None = None) -> Engagement:
    """`engagement`, once every workflow's bill was drawn up, so that no report is begun that cannot be made or sent."""
    from advisorkit.study.pilots import unsigned

    found, faults = worked_out(engagement, str(file or engagement.id))
    if faults:
        raise EngagementError(faults)
    if lacking := unsigned(found):
        raise UsageError("\n".join(lacking))
    tell_ages(engagement, (age for one in found for age in one.inputs.prices()))
    return engagement


def worked_out(engagement: Engagement, file: str, *, marked: bool = False) -> tuple[Sequence[Study], Sequence[Fault]]:
    """Every workflow with its bill drawn up, and what keeps others from it, each fault of `file` once; with its marked results where it is `marked`."""
    from advisorkit.study.pilots import study_at
    from advisorkit.study.study import studies

    good: list[Study] = []
    faults: list[Fault] = []
    for one in studies(engagement):
        try:
            _ = one.bill
            good.append(study_at(engagement, one.workflow.id, file) if marked and one.workflow.pilots else one)
            _ = good[-1].bill
        except ArithmeticError:
            faults.append(Fault(file, one.workflow.id, BEYOND))
        except AdvisorError as error:
            faults += error.faults if isinstance(error, PilotError) else (replace(fault, file=file) for fault in faults_of(error))
    return good, [*dict.fromkeys(faults)]


@contextmanager
def bar(what: str) -> Iterator[Callable[..., None]]:
    """A bar on stderr, moved by calls with how many are done, how many there are, and words beside it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    progress = Progress(*columns, console=_err, transient=False)
    task = progress.add_task(what, total=None, pace="")

    def move(done: int, total: int, pace: str = "") -> None:
        progress.start()
        progress.update(task, completed=done, total=total, pace=pace)

    try:
        yield move
    finally:
        if progress.live.is_started:
            progress.stop()


def tell_ages(engagement: Engagement, ages: Iterable[PriceAge]) -> None:
    """Say on stderr how old the prices that are used are, unless they are accepted, and which of the file's own nothing uses."""
    used = {age.id: age for age in ages}
    if used and (idle := [name for name in engagement.prices if name not in used]):
        say(f"warning: prices: {', '.join(idle)}: used by nothing that is worked out here; which model is used say the assumptions model and tuned_model")
    old = {name: age for name, age in used.items() if age.state != "fresh"}
    if not old or engagement.accept_stale:
        return
    oldest = max(old.values(), key=lambda age: age.age_days)
    seen = f"list prices last seen more than {WARN_DAYS} days, statistics published more than two years before {day(engagement.as_of)}"
    are, them = ("price is", "it") if len(old) == 1 else ("prices are", "them")
    say(f"warning: {len(old)} {are} old: {seen}, {oldest.id} {oldest.age_days} days; check {them}, or accept {them} with --accept-stale")


def settings(pairs: Sequence[str], currency: str = "") -> dict[str, Setting]:
    """Values of ``NAME=VALUE`` words, money in `currency`; all wrong ones are named together.

    Example:
        >>> settings(["engineer_day_rate=700,900,1200", "horizon_months=24"])["engineer_day_rate"].high
        1200.0
    """
    values: dict[str, Setting] = {}
    faults: list[str] = []
    for pair in pairs:
        name, _, text = pair.partition("=")
        fault = "is set twice; keep one" if name.strip() in values else _unfit(name.strip(), text.strip(), values, currency)
        faults += [f"--set {pair}: {fault}"] * bool(fault)
    if faults:
        raise UsageError("\n".join(faults))
    return values


def _unfit(name: str, text: str, values: dict[str, Setting], currency: str) -> str:
    table = assumptions()
    if name not in table:
        if name in load_catalog().criteria:
            return f"'{name}' is an answer, and --set changes assumptions: write it into the file, or lay a scenario over it with --scenario"
        near = nearest(name, list(table))
        return f"unknown assumption '{name}'" + (f"; did you mean {' or '.join(near)}?" if near else "")
    if not text:
        return "give a value, such as 24 or 700,900,1200"
    assumption = table[name]
    try:
        values[name] = _range(name, text, currency) if assumption.numeric else text
    except (ValueError, OverflowError) as error:
        return f"give a number, or low,high or low,likely,high with rising numbers; {error}"
    return assumption.fits(values[name])


def _range(name: str, text: str, currency: str) -> Estimate:
    """The range in a word of the command, its ends parted by commas; what may be meant otherwise is said."""
    row, heard, ends = assumptions()[name], Listener(".", currency=currency), text.split(",")
    unit = measure(row.unit_in("currency", "share"), row.label)
    found = [Estimate.of(float(end)) if is_number(end) else heard.amount(end, unit) for end in ends]
    if len({is_number(end) for end in ends}) > 1:
        raise ValueError("both ends need their unit; a decimal has a point")
    if unclear(text):
        heard.told.append(f"taken as {' to '.join(ends)}; for thousands write {re.sub('[.,]', '', text)}")
    elif re.fullmatch("[0-9]+,[0-9]{1,2}", text):
        heard.told.append(f"taken as {' to '.join(ends)}; for a decimal write {text.replace(',', '.')}")
    if unit.unit.startswith("share") and min(one.low for one in found) > 1 and all(map(is_number, ends)):
        heard.plain_share(Estimate.of([one.likely for one in found]) if len(found) > 1 else found[0])
    if len(found) > 1 and not all(one.fixed for one in found):
        raise ValueError("each end is one number")
    taken = found[0] if len(found) == 1 else Estimate.of([one.likely for one in found])
    say(*(f"--set {name}={text}: {words}" for words in heard.told))
    return taken
