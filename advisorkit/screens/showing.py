"""The document of a sitting as it is, and those that it may need next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from advisorkit.catalog.tables import assumptions
from advisorkit.costs.inputs import Input
from advisorkit.screens.asking import plain
from advisorkit.screens.delivering import deliver
from advisorkit.screens.document import document
from advisorkit.screens.foresee import Likely
from advisorkit.screens.phrases import tell
from advisorkit.screens.piloted import pilot
from advisorkit.screens.portfolio import side_by_side, together
from advisorkit.screens.pricing import positions, scale_of, typed
from advisorkit.screens.sitting import Sitting
from advisorkit.screens.stage import Doc, Stage
from advisorkit.screens.state import State
from advisorkit.study.study import Study
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import Estimate

_PARTS = ("low", "likely", "high")


def shown(sitting: Sitting, state: State, **changes: Any) -> dict[str, Any]:
    """The document of `state` on this screen; `changes` are laid over the stage."""
    work, desk = sitting.work, sitting.work.desk
    tried = {**state.trying.answers, **state.trying.workload, **state.trying.assumptions}
    names = tuple(a.name for a in assumptions().values() if a.name in tried or (a.answer and a.answer in tried))
    stage = replace(
        sitting.stage, scenario=state.scenario, can_undo=work.can_undo, can_redo=work.can_redo, parked=state.parked,
        absent=state.absent, tried=names, saved=tell("saved.not" if desk.refused else "saved.at", time=f"{desk.at:%H:%M}"),
        saved_words=tell("saved.words", time=f"{desk.at:%H:%M}"),
    )
    stage = replace(stage, scenarios=_scenarios(sitting, state), **changes)
    view = work.judge(state).finish()
    page = _PAGES[stage.section](sitting, view, stage) if stage.section in _PAGES else None
    return {**document(view, stage, page), "basis": sitting.basis(state)}


def _scenarios(sitting: Sitting, state: State) -> Doc | None:
    if not state.engagement.scenarios:
        return None
    judged = {name: sitting.work.known(other) for name, other in cases(state).items()}
    return side_by_side(judged, state.scenario)


def cases(state: State) -> dict[str, State]:
    """The base case and every scenario of the workflow on screen, by name; what is tried counts on screen only."""
    names = ("", *state.engagement.scenarios)
    return {name: state if name == state.scenario else replace(state, tried={}).at(name) for name in names}


def pending(sitting: Sitting) -> Iterator[State]:
    """States that the screen shows in a table and that are not worked out yet."""
    state = sitting.work.state
    wanted = list(cases(state).values()) if sitting.stage.section == "assessment" and state.engagement.scenarios else []
    if sitting.stage.section == "portfolio":
        wanted = [replace(state, workflow=workflow.id) for workflow in state.engagement.workflows]
    yield from (one for one in wanted if not sitting.work.known(one))


def _pilot(sitting: Sitting, view: Study, stage: Stage) -> Doc:
    return pilot(view, view.plan, sitting.results, sitting.work.desk.path.name, stage)


def _portfolio(sitting: Sitting, _: Study, stage: Stage) -> Doc:
    state = sitting.work.state
    workflows = state.engagement.workflows
    found = {w.id: sitting.work.known(replace(state, workflow=w.id)) for w in workflows}
    return together(workflows, {name: judged for name, judged in found.items() if judged}, stage)


def _deliver(sitting: Sitting, _: Study, stage: Stage) -> Doc:
    """The page of deliverables; they are made from what was agreed, so what is only tried must not count here either."""
    made, view = sitting.delivery, sitting.work.judge(replace(sitting.work.state, tried={})).finish()
    return deliver(view, stage, sitting.brands, made.made, f"{made.out.parent.name}/{made.out.name}", made.busy, made.fault)


_PAGES: Mapping[str, Callable[[Sitting, Study, Stage], Doc]] = {"pilot": _pilot, "portfolio": _portfolio, "deliver": _deliver}


def likely(sitting: Sitting, doc: Mapping[str, Any]) -> Iterator[Likely]:
    """Edits that the user may make next while `doc` is on screen, each with the document that it would lead to."""
    asked, work = doc.get("question"), sitting.work
    if asked and not asked["locked"]:
        for value in [*(option[0] for option in asked["options"]), "unknown"]:
            args = {"criterion": asked["criterion"], "value": value}
            yield Likely("answer", args, _ahead(sitting, partial(work.if_answered, **args)))
    if sitting.held:
        name, part = sitting.held
        for value, text in _positions(work.judged().inputs.rows[name], part):
            yield Likely("assume_part", {"name": name, "part": part, "text": text}, _ahead(sitting, partial(work.if_assumed, **{name: value})))


def _ahead(sitting: Sitting, lead: Callable[[], State]) -> Callable[[], dict[str, Any]]:
    return lambda: shown(
        sitting, lead(), revision=sitting.stage.revision + 1, can_undo=True, can_redo=False, asked="", faults={}
    )


def _positions(row: Input, part: str) -> Iterator[tuple[Estimate, str]]:
    for number in positions(row, part):
        try:
            yield moved(row, part, number), typed(number)
        except UsageError:
            continue


def moved(row: Input, part: str, number: float) -> Estimate:
    """The range of `row` with one of its three numbers changed; `number` is as displayed."""
    old, value = row.range, number / scale_of(row)
    if old is None or (old.fixed and part == "likely"):
        return Estimate(value, value, value)
    ends = {name: getattr(old, name) for name in _PARTS} | {part: value}
    for lower, upper in (("low", "likely"), ("likely", "high")):
        if ends[lower] > ends[upper]:
            kept = plain(getattr(old, part) * scale_of(row))
            raise UsageError(tell("fault.order", lower=tell(f"ui.{lower}"), upper=tell(f"ui.{upper}").lower(), value=kept))
    return Estimate(ends["low"], ends["likely"], ends["high"])
