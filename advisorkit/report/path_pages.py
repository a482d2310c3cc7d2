"""The page about the path: rungs, tests, and what the detour through the cheapest step costs and saves."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.advice.advice import Advice
from advisorkit.advice.ladder import Policy
from advisorkit.export.blocks import Block, Cell, ChartBlock, Heading, Table, Text
from advisorkit.report import pictures
from advisorkit.report.printed import project, weeks
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.quantities import percent


def path(study: Study) -> tuple[Block, ...]:
    """The rungs as stairs and as tests, and what starting small costs and saves."""
    return (
        Heading(say("path.title"), 2, study.workflow.name), Text((say("path.lead"),), "lead"),
        ChartBlock(pictures.path_stairs(study.advice, study.currency)),
        Table(
            say("path.tests"), _head("path.head"), tuple(_tests(study)), (False, False, False, True, True), say("path.tests_subtitle")
        ),
        *_detour(study),
    )


def _tests(study: Study) -> Iterator[tuple[Cell, ...]]:
    for rung in study.advice.path:
        build = build_of(rung.build, study.currency)
        yield (
            Cell(pictures.rung_name(rung), rung.pattern if rung.state != "done" else "muted"), Cell(rung.enter_when), Cell(rung.leave_when),
            Cell(percent(rung.probability_suffices)), Cell(build),
        )


def build_of(build: float | None, currency: str) -> str:
    """A rung's likely build cost; a dash where it has none."""
    return "–" if build is None else project(build, currency)


def _head(key: str) -> tuple[Cell, ...]:
    return tuple(Cell(name) for name in columns(key))


def _detour(study: Study) -> Iterator[Block]:
    said = detour(study.advice, study.currency)
    if said:
        rows = tuple(tuple(_start(study, policy)) for policy in study.advice.policies)
        yield Table(say("detour.title"), _head("detour.head"), rows, (False, True, True, True, True), say("detour.subtitle"))
        yield Text((said,))


def _start(study: Study, policy: Policy) -> Iterator[Cell]:
    yield Cell(study.name(policy.first), policy.first)
    yield Cell(percent(policy.suffices))
    yield Cell(build_of(policy.build, study.currency))
    yield Cell(_weeks(policy.weeks))
    yield Cell(build_of(policy.idle_build, study.currency))


def _weeks(value: float | None) -> str:
    return "–" if value is None else weeks(value)


def detour(advice: Advice, currency: str) -> str:
    """What starting with a prompt costs and saves on average, in a sentence; empty once the prompt was piloted, or without money.

    It is told against the likeliest start but the prompt.
    """
    starts = {policy.first: policy for policy in advice.policies}
    ahead = any(rung.rung == "prompt_pilot" and rung.state == "here" for rung in advice.path)
    others = sorted((p for p in starts if p != "prompt"), key=lambda p: -advice.patterns[p].probability)
    if not (ahead and "prompt" in starts and others):
        return ""
    small, straight = starts["prompt"], starts[others[0]]
    if None in (small.idle_build, small.idle_weeks, straight.idle_build, straight.idle_weeks):
        return ""
    words = {
        "money": build_of(small.idle_build, currency), "weeks": _weeks(small.idle_weeks), "pattern": say(f"pattern.{straight.first}"),
        "saved": build_of(straight.idle_build, currency), "saved_weeks": _weeks(straight.idle_weeks),
    }  # fmt: skip
    return say("detour.text", enough=percent(small.suffices), **words)
