"""From a command's arguments to an engagement: the file, a scenario and changed assumptions laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisorkit.catalog.tables import assumptions
from advisorkit.cli.console import BEYOND, say
from advisorkit.costs.assumption import DRAWS
from advisorkit.files.numbers import COMMAND, estimate
from advisorkit.store.reading import load
from advisorkit.values.engagement import Engagement, Scenario, Setting
from advisorkit.values.errors import PriceError, UsageError, nearest
from advisorkit.values.prices import WARN_DAYS
from advisorkit.values.quantities import day

if TYPE_CHECKING:
    from advisorkit.study.study import Study


def fresh(path: Path) -> None:
    """Refuse a file that is there already, or whose folder is not."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path}: is there already; nothing was written")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")


def opened(
    path: Path, scenario: str | None = None, sets: Sequence[str] | None = None, *, accept_stale: bool = False
) -> Engagement:
    """The engagement in `path` as the command wants it; notices about the file go to stderr."""
    loaded = load(path)
    say(*loaded.notices)
    return changed(loaded.engagement, scenario, settings(sets or ()), accept_stale=accept_stale)


def changed(
    engagement: Engagement, scenario: str | None, values: Mapping[str, Setting], *, accept_stale: bool = False
) -> Engagement:
    """`engagement` under a scenario, with `values` winning over everything in the file."""
    base = engagement.under(scenario) if scenario else engagement
    workload = {name: value for name, value in values.items() if assumptions()[name].group == "workload"}
    rest = {name: value for name, value in values.items() if name not in workload}
    return replace(base.under(Scenario(workload=workload, assumptions=rest)), accept_stale=base.accept_stale or accept_stale)


def studied(engagement: Engagement, file: Path, workflow: str | None = None, draws: int = DRAWS) -> tuple[Study, ...]:
    """Every workflow of `engagement` worked out with the pilots that `file` names, or only `workflow`."""
    from advisorkit.study.pilots import pilots_of
    from advisorkit.study.study import studies

    return studies(engagement, pilots_of(engagement, file), [workflow] if workflow else [], draws)


def priceable(engagement: Engagement) -> Engagement:
    """`engagement`, once every workflow's bill was drawn up, so that no report is begun that cannot be made or sent."""
    from advisorkit.study.study import studies

    found = studies(engagement)
    for one in found:
        try:
            _ = one.bill
        except ArithmeticError:
            raise UsageError(f"{one.workflow.id}: {BEYOND}") from None
    tell_ages(engagement, found, report=True)
    return engagement


def tell_ages(engagement: Engagement, found: Iterable[Study], *, report: bool = False) -> None:
    """Say on stderr how old the prices behind `found` are, unless they are accepted."""
    old = {age.id: age for one in found for age in one.inputs.prices() if age.state != "fresh"}
    if not old or engagement.accept_stale:
        return
    oldest = max(old.values(), key=lambda age: age.age_days)
    text = f"{len(old)} prices were last checked more than {WARN_DAYS} days before {day(engagement.as_of)}, {oldest.id} {oldest.age_days} days"
    final = ", ".join(workflow.id for workflow in engagement.workflows if workflow.status == "final")
    if report and final and oldest.state == "stale":
        raise PriceError(f"{text}; {final} is final, so check them or accept them with --accept-stale")
    say(f"warning: {text}; check them, or accept them with --accept-stale")


def settings(pairs: Sequence[str]) -> dict[str, Setting]:
    """Values of ``NAME=VALUE`` words; all wrong ones are named together.

    Example:
        >>> settings(["engineer_day_rate=700,900,1200", "horizon_months=24"])["engineer_day_rate"].high
        1200.0
    """
    values: dict[str, Setting] = {}
    faults: list[str] = []
    for pair in pairs:
        name, _, text = pair.partition("=")
        fault = _unfit(name.strip(), text.strip(), values)
        faults += [f"--set {pair}: {fault}"] * bool(fault)
    if faults:
        raise UsageError("\n".join(faults))
    return values


def _unfit(name: str, text: str, values: dict[str, Setting]) -> str:
    table = assumptions()
    if name not in table:
        near = nearest(name, list(table))
        return f"unknown assumption '{name}'" + (f"; did you mean {' or '.join(near)}?" if near else "")
    if not text:
        return "give a value, such as 24 or 700,900,1200"
    assumption = table[name]
    try:
        values[name] = estimate(text, COMMAND) if assumption.numeric else text
    except (ValueError, OverflowError):
        return "give a number, or low,high or low,likely,high with rising numbers"
    return assumption.fits(values[name])
