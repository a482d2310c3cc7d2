"""Pages as short as a terminal likes them: the advice and the costs of a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.costs.flows import Column
from advisorkit.costs.results import ColumnCost, Payback
from advisorkit.export.blocks import Block, Heading, Table, Text, table_of
from advisorkit.report.advice_pages import build_of, detour
from advisorkit.report.pictures import ruled_out, rung_name
from advisorkit.report.printed import chance_of, sampled
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.quantities import Band, day, money_range, money_short, number, percent

TODAY = ("calls_per_month", "hourly_cost", "minutes_per_item", "share_taken")
"""What today's figures take."""


def assessed(study: Study) -> tuple[Block, ...]:
    """The advice: what to do, chances and path, why, and what was told before."""
    made, words = study.decision, study.advice.words
    lists = {
        "why": made.reasons, "against": words.against, "out.title": words.not_recommended, "unknowns": words.unknowns, "short.warnings": made.warnings,
        "detour.title": filter(None, [detour(study)]), "override.title": filter(None, [made.override]), "again.title": (again.why for again in study.reopened if again.holds),
        "short.told": _told(study),
    }  # fmt: skip
    step = say(f"short.{made.next_step.action}", why=made.next_step.why)
    return (
        Heading(f"{study.workflow.name}  ({study.workflow.id})"), Text((made.headline, *filter(None, (made.enough,)), *words.summary, step)), _chances(study), *_rungs(study),
        *(block for key, lines in lists.items() if (told := tuple(lines)) for block in (Heading(say(key)), Text(told, "bullets"))),
    )


def _chances(study: Study) -> Table:
    advice, made = study.advice, study.decision
    rows = [
        (study.name(p), chance_of(made, p), sampled(advice.acceptability[p]), say(f"short.{advice.patterns[p].status}"), ruled_out(advice, p))
        for p in sorted(PATTERNS, key=lambda pattern: -advice.patterns[pattern].probability)
    ]
    ramp = [(study.catalog.off_ramps[advice.off_ramp.kind].name, "", "", say("short.instead" if made.replaced else "short.beside"), advice.off_ramp.reason)] if advice.off_ramp else []
    return table_of("", columns("short.chances_head"), [*rows, *ramp], (1, 2))


def _rungs(study: Study) -> Iterator[Table]:
    """The path; nothing where something simpler takes the place of all patterns."""
    rows = [
        (rung_name(rung), "" if rung.rung == "both" or rung.probability_suffices is None else percent(rung.probability_suffices), build_of(rung.build, study.currency), "–" if rung.weeks is None else f"{max(1, rung.weeks):.0f}",
         say(f"short.{rung.state}"))
        for rung in study.decision.path
    ]
    if rows:
        yield table_of("", columns("short.path_head"), rows, (1, 2, 3))


def _told(study: Study) -> Iterator[str]:
    for line in study.engagement.history:
        if line.workflow == study.workflow.id:
            yield say("short.told_line", day=day(line.date), now=study.name(line.now), end=study.name(line.recommended), reason=line.reason)


def costed(study: Study) -> tuple[Block, ...]:
    """The costs: every way of working, what it brings against today, where patterns cross."""
    if not study.priced:
        return Heading(study.workflow.name), Text((say("money.none"),))
    return (Heading(study.workflow.name), _ways(study), *_against_today(study), _crossings(study), *_hosting(study))


def _ways(study: Study) -> Table:
    found = study.costs.columns
    rows = [
        (study.name(name), "–" if name == "today" else _range(c.build, study.currency), _call(name, c, study.currency),
         *(_range(band, study.currency) for band in (c.run_per_month, c.errors_per_month, c.total)),
         sampled(study.costs.cheapest[name]) if name in study.costs.cheapest else "")  # type: ignore[index]
        for name, c in found.items() if c.lines
    ]
    title = say("short.ways", months=study.months, currency=study.currency, draws=number(study.costs.draws))
    return table_of(title, columns("short.ways_head"), rows, range(1, 7))


def _call(name: Column, found: ColumnCost, currency: str) -> str:
    return "–" if found.per_call is None and name not in PATTERNS else _range(found.per_call, currency)


def _range(band: Band | None, currency: str) -> str:
    if band is None:
        return say("unknown")
    return money_short(band.p50, currency) if band.p10 == band.p90 else money_range(band.p10, band.p90, currency)


def _against_today(study: Study) -> Iterator[Block]:
    """What people still do, what that and the system cost together, what is gained, and when it has paid for itself."""
    compared = {name: c for name, c in study.costs.columns.items() if c.net_benefit}
    if not compared:
        missing = " and ".join(name for name in TODAY if not study.inputs.rows[name].range) or say("short.pattern_costs")
        yield Text((say("short.today_unknown", missing=missing),))
        return
    today = study.costs.columns["today"].total
    rows: list[tuple[str, ...]] = [(study.name("today"), "–", _range(today, study.currency), "–", "–", "–")]
    rows += [
        (study.name(name), *(_range(band, study.currency) for band in (c.people_left, c.all_in, c.net_benefit)), *_paid_back(c.payback_today))
        for name, c in compared.items()
    ]
    yield table_of(say("short.today", months=study.months, currency=study.currency), columns("short.today_head"), rows, range(1, 6))
    note = say("short.today_note", months=study.months)
    yield Text((note if all(c.benefit_counts_errors for c in compared.values()) else f"{note} {say('short.errors_left_out')}",), "note")


def _paid_back(found: Payback | None) -> tuple[str, str]:
    if found is None:
        return say("unknown"), say("unknown")
    if found.p10 is None:
        when = say("short.not_in_time")
    elif found.p90 is None:
        when = say("short.or_more", month=found.p10)
    else:
        when = str(found.p10) if found.p10 == found.p90 else say("review.between", low=found.p10, high=found.p90)
    return when, sampled(found.within_horizon)


def _crossings(study: Study) -> Table:
    rows = [
        (" and ".join(map(study.name, found.between)), "–" if found.calls_per_month is None else number(round(found.calls_per_month)), found.reason)
        for found in study.costs.break_even
    ]
    return table_of(say("short.crossings"), columns("short.crossings_head"), rows, (1,))


def _hosting(study: Study) -> Iterator[Block]:
    own, trained = study.costs.own_gpu_call, study.costs.columns["finetune"].per_call
    if own is not None and trained is not None:
        yield Text((say("short.hosting", trained=money_short(trained.p50, study.currency), own=money_short(own, study.currency)),), "note")
