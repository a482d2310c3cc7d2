"""Pages about the advice: summary, reasons, what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from advisorkit.advice.acceptability import LEAD
from advisorkit.advice.decision import about
from advisorkit.advice.gates import GateHit
from advisorkit.advice.ladder import Policy
from advisorkit.costs.money import printed, printed_gain
from advisorkit.export.blocks import (
    Block,
    Callout,
    Cell,
    ChartBlock,
    DecisionBlock,
    Heading,
    KeyFigure,
    KeyFigures,
    Table,
    Text,
    table_of,
)
from advisorkit.report import pictures
from advisorkit.report.money_table import unchecked
from advisorkit.report.printed import (
    count,
    inside,
    project,
    project_range,
    weeks,
)
from advisorkit.report.sentences import columns, say
from advisorkit.study.study import Study
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.prices import WARN_DAYS
from advisorkit.values.quantities import day, money_short, percent, sampled

PAIRS = 2
"""Most pairs of changes named."""


def summary(study: Study) -> tuple[Block, ...]:
    """The conclusion, three figures, what to be warned of, why, what to decide, what is not known."""
    made, words = study.decision, study.advice.words
    key = "summary.part" if study.priced else "summary.part_unpriced"
    lead = (say(key, client=study.engagement.client, workflow=study.workflow.name), *filter(None, (made.enough,)))
    figures = () if made.replaced else tuple(_figures(study))
    return (
        *decided(study),
        *_off_ramp(study),
        Text((" ".join(lead),), "lead"),
        *((KeyFigures(figures),) if figures else ()),
        *warned(study),
        *_list("purpose", tuple(_purpose(study))),
        *(() if made.replaced else (*_list("why", (*words.summary, *made.reasons)), *_list("against", words.against))),
        *_list("decide", tuple(_asks(study)), "numbered"), *_because(study),
        *_list("unknowns", (*unchecked(study), *_unknowns(study))),
    )


def decided(study: Study) -> tuple[Block, ...]:
    """The decision as every document opens with it."""
    made = study.decision
    return (DecisionBlock(made.headline.rstrip("."), study.workflow.name, made.clear and not made.replaced, _state(study), made.override),)


def warned(study: Study) -> tuple[Block, ...]:
    """What the decision has to be warned of; nothing where there is nothing."""
    return _list("warnings", study.decision.warnings)


def _list(title: str, items: tuple[str, ...], style: str = "bullets") -> tuple[Block, ...]:
    return (Heading(say(title)), Text(items, "numbered" if style == "numbered" else "bullets")) if items else ()


def _state(study: Study) -> str:
    """Whether it is clear, and where it stands: now and at the end."""
    made = study.decision
    state = say(f"state.{made.sure}")
    return state if made.replaced else f"{state} {say('state.way', now=study.name(made.now), goal=study.name(made.destination))}"


def _off_ramp(study: Study) -> Iterator[Block]:
    ramp = study.decision.off_ramp
    if ramp is not None:
        found = study.catalog.off_ramps[ramp.kind]
        yield Callout(found.name, f"{ramp.reason} {found.what}", "warning")


def _purpose(study: Study) -> Iterator[str]:
    told = {name: words for name, words in study.workflow.context.items() if words}
    if "problem" in told:
        yield told["problem"]
    if "success_metric" in told:
        ends = [say(f"purpose.{name}", value=told[name]) for name in ("baseline", "target") if name in told]
        yield say("purpose.success_metric", value="; ".join((told["success_metric"], *ends)))
    owner = ", ".join(told[name] for name in ("owner", "department") if name in told)
    if owner:
        yield say("purpose.owner", value=owner)


def _figures(study: Study) -> Iterator[KeyFigure]:
    held, first = study.decision.prospects, study.decision.destination
    right, chance = held.expected_right[first], held.reach[first]
    values = {name: percent(share) for name, share in (("low", right.p10), ("middle", right.p50), ("high", right.p90))} | {"pattern": say(f"pattern.{first}")}
    if chance is None:
        yield KeyFigure(values["middle"], say("figure.right", **values))
    else:
        needed = percent(min(held.target.share or 0.0, 1.0))
        yield KeyFigure(about(chance).removeprefix("about "), say(f"figure.reach.{held.target.source}", needed=needed, **values))
    if study.priced:
        yield from (_gain(study), _outside(study), _step(study))


def _gain(study: Study) -> KeyFigure:
    first, currency = study.decision.destination, study.currency
    row, values = study.costs.money[first], {"months": study.months, "pattern": say(f"pattern.{first}")}
    found = printed_gain(study.costs.money, first)
    if row.gain is None or found is None:
        return KeyFigure(say("unknown"), say("figure.gain_unknown", names=", ".join(study.lacking), **values))
    held = study.decision.prospects
    missed = (held.reach[first] or 0.0) < 0.5 and held.reach[first] is not None
    condition = say("figure.gain.if", right=percent(held.expected_right[first].p50)) if missed else ""
    low, high = (money_short(end, currency) for end in (row.gain.p10, row.gain.p90))
    return KeyFigure(money_short(found, currency), say("figure.gain", condition=condition, low=low, high=high, chance=sampled(row.gain_chance or 0.0), **values))


def _outside(study: Study) -> KeyFigure:
    first, currency = study.decision.destination, study.currency
    row, values = study.costs.money[first], {"months": study.months, "pattern": say(f"pattern.{first}")}
    if row.outside is None or row.run is None:
        return KeyFigure(say("unknown"), say("figure.outside_unknown", **values))
    seen = printed(study.costs.money)
    low, high = (money_short(end, currency) for end in (row.outside.p10, row.outside.p90))
    return KeyFigure(money_short((seen.rows[first]["outside"] or 0) * seen.unit, currency), say("figure.outside", low=low, high=high, **values))


def _step(study: Study) -> KeyFigure:
    rung = next((r for r in study.decision.path if r.state == "here"), None)
    name = pictures.rung_name(rung) if rung else study.name(study.decision.now)
    build = study.costs.money[study.decision.now].build
    if build is None:
        return KeyFigure(say("unknown"), say("figure.step_unknown", step=name.lower()))
    span = project_range(build.p10, build.p90, study.currency)
    time = f", {weeks(rung.weeks)}" if rung and rung.weeks is not None else ""
    return KeyFigure(project(build.likely, study.currency), say("figure.step", step=name.lower(), range=span, time=time))


def _because(study: Study) -> tuple[Block, ...]:
    why = study.decision.next_step.why
    return (Text((why,), "note"),) if why else ()


def _asks(study: Study) -> Iterator[str]:
    made = study.decision
    step, rung = made.next_step, next((r for r in made.path if r.state == "here"), None)
    pilot = step.action in ("pilot", "mark_more")
    if step.action == "off_ramp" and made.off_ramp:
        found = study.catalog.off_ramps[made.off_ramp.kind]
        yield say("ask.off_ramp", name=found.name, what=found.right_when)
        return
    cost = study.costs.money[made.now if pilot else step.pattern].build
    name = say("ask.pilot_name") if pilot and step.cases and rung and rung.pattern == "prompt" else say(f"pattern.{rung.pattern if pilot and rung else step.pattern}")
    key = "ask.unpriced" if step.action in ("pilot", "climb") and not study.priced else f"ask.{step.action}"
    key += ".person" if step.action == "ship" and made.person_decides else ""
    yield say(key, step=name, build=project(cost.likely, study.currency) if cost else say("unknown"), cases=step.cases)
    if step.action == "pilot" and step.cases:
        yield say("ask.pilot.cases", cases=step.cases)
        yield say("ask.pilot.mark")
    elif step.action == "climb":
        yield say("ask.climb.keep")


def _unknowns(study: Study) -> tuple[str, ...]:
    still = study.decision.open_questions
    note = say("open_settled" if study.advice.settled else "open_unsettled")
    return (*study.advice.words.unknowns, *((say("open_questions", count=still, note=note),) if still else ()))


def reasons(study: Study) -> tuple[Block, ...]:
    """The belief map and the evidence behind it; nothing where something simpler takes the place of all patterns."""
    if study.decision.replaced:
        return ()
    beside = (say("reasons.beside"), say("reasons.point"), *((say("reasons.draws"),) if study.advice.beliefs else ()))
    return (
        Heading(pictures.needs(study.advice), 2, study.workflow.name),
        ChartBlock(pictures.belief_map(study), beside, titled=False),
        ChartBlock(pictures.evidence(study.advice)),
    )


def _similar(study: Study) -> Iterator[Block]:
    if study.advice.similar:
        rows = tuple(
            (Cell(s.company), Cell(str(s.year or "–")), Cell(study.name(s.outcome), s.outcome), Cell(s.outcome_reason))
            for s in (near.case for near in study.advice.similar[:3])
        )
        yield Table(say("similar.title"), _head("similar.head"), rows, (False,) * 4, note=say("similar.note"))


def _companions(study: Study) -> Iterator[Block]:
    found = [study.catalog.companions[c] for c in study.advice.companions]
    if found:
        yield Heading(say("beside"))
        yield Text(tuple(f"{c.name}: {c.what}" for c in found), "bullets")


def _head(key: str) -> tuple[Cell, ...]:
    return tuple(Cell(name) for name in columns(key))


def changes(study: Study) -> tuple[Block, ...]:
    """What single answers would change, what the advice is not, when to look again, and what others did."""
    if study.decision.replaced:
        return Heading(say("again.title"), 2, study.workflow.name), Text(tuple(_again(study)), "bullets")
    chart = pictures.flip_bars(study)
    found = len({flip.criterion for flip in study.advice.flips if flip.recommended != study.advice.recommended})
    many = "none" if not found else "one" if found == 1 else "many"
    title = say(f"changes.title.{many}", count=count(found).capitalize())
    pattern = study.name(study.advice.recommended)
    lead = say("changes.lead", points=f"{LEAD * 100:g}") if found else say("changes.lead_none", pattern=pattern)
    return (
        Heading(title, 2, study.workflow.name), Text((lead,), "lead"), *((ChartBlock(chart, titled=False),) if study.advice.flips else ()),
        *_list("changes.pairs", () if found else tuple(_pairs(study))),
        Heading(say("out.title")), Text(tuple(_not_these(study)), "bullets"),
        *_companions(study), Heading(say("again.title")), Text(tuple(_again(study)), "bullets"), *_similar(study),
    )


def _pairs(study: Study) -> Iterator[str]:
    for pair in study.advice.pairs[:PAIRS]:
        one, two = (study.catalog.criterion(f.criterion).level(f.after).reason for f in (pair.first, pair.second))
        yield say("changes.pair", one=one, two=inside(two), pattern=study.name(pair.second.recommended))


def _not_these(study: Study) -> Iterator[str]:
    """Why the other patterns are not the advice; those with one reason are named together."""
    said = dict[str, list[str]]()
    for pattern in (p for p in PATTERNS if p != study.decision.destination):
        said.setdefault(_not_this(study, pattern), []).append(study.name(pattern))
    for reason, names in said.items():
        yield f"{' and '.join(names)}: {reason}"


def _not_this(study: Study, pattern: PatternId) -> str:
    gates, found = study.advice.patterns[pattern].gates, study.catalog.patterns[pattern]
    ruling = [hit for hit in gates if hit.kind == "lasting" and not hit.provisional]
    lowering = [hit for hit in gates if hit.factor < 1]
    for hits, key in ((ruling, "out.ruled"), (lowering, "out.lowered"), ([hit for hit in gates if hit.kind == "for_now"], "out.held")):
        if hits:
            return say(key, reason=" ".join(dict.fromkeys(h.reason for h in hits)), reopens=_reopens(hits[0]))
    open_yet = [hit for hit in gates if hit.kind == "lasting" and hit.provisional and hit.short]
    asked = any(hit.criterion in study.answers for hit in open_yet)
    doubt = say("out.doubtful" if asked else "out.provisional", reasons=", ".join(dict.fromkeys(hit.short for hit in open_yet))) if open_yet else ""
    return say("out.unlikely", fails=found.fails_when) + doubt


def _reopens(hit: GateHit) -> str:
    return say("out.reopens", reopens=inside(hit.reopens)) if hit.reopens else ""


def _again(study: Study) -> Iterator[str]:
    yield say("again.step")
    if (ages := [age for age in study.inputs.prices() if not age.lasting]) and study.priced:
        oldest = min(age.as_of for age in ages)
        yield say("again.prices", date=day(oldest + timedelta(days=WARN_DAYS)), days=WARN_DAYS)
    retires = study.inputs.model("tuned_model").retires
    if retires and study.advice.recommended in ("finetune", "hybrid"):
        yield say("again.retires", date=day(retires))
    told = {hit.reopens for said in study.advice.patterns.values() for hit in said.gates}
    yield from (say("again.world", reason=inside(reason)) for reason in study.advice.reopen_when if reason not in told)


def path(study: Study) -> tuple[Block, ...]:
    """The rungs as stairs and as tests, and what starting small costs and saves; nothing where something simpler takes their place."""
    if not study.decision.path:
        return ()
    wide, subtitle = (5, "path.tests_subtitle") if study.priced else (4, "path.tests_subtitle_unpriced")
    return (
        Heading(say("path.title"), 2, study.workflow.name), Text((say("path.lead"),), "lead"),
        ChartBlock(pictures.path_stairs(study)),
        table_of(say("path.tests"), columns("path.head")[:wide], (row[:wide] for row in _tests(study)), (3, 4), subtitle=say(subtitle)),
        *_detour(study),
    )


def _tests(study: Study) -> Iterator[tuple[Cell, ...]]:
    for rung in study.decision.path:
        build = build_of(rung.build, study.currency)
        yield (
            Cell(pictures.rung_name(rung), (rung.pattern or "") if rung.state != "done" else "muted"), Cell(rung.enter_when), Cell(rung.leave_when),
            Cell(percent(right.p50) if rung.pattern and (right := study.decision.prospects.expected_right.get(rung.pattern)) else "–"), Cell(build),
        )


def build_of(build: float | None, currency: str) -> str:
    """A rung's likely build cost; a dash where it has none."""
    return "–" if build is None else project(build, currency)


def _detour(study: Study) -> Iterator[Block]:
    said = detour(study)
    if said:
        rows = tuple(tuple(_start(study, policy)) for policy in study.advice.policies)
        yield Table(say("detour.title"), _head("detour.head"), rows, (False, True, True, True), say("detour.subtitle"))
        yield Text((said,))


def _start(study: Study, policy: Policy) -> Iterator[Cell]:
    yield Cell(study.name(policy.first), policy.first)
    yield Cell(build_of(policy.build, study.currency))
    yield Cell(_weeks(policy.weeks))
    yield Cell(build_of(policy.idle_build, study.currency))


def _weeks(value: float | None) -> str:
    return "–" if value is None else weeks(value)


def detour(study: Study) -> str:
    """What starting with a prompt costs and saves on average, in a sentence; empty once the prompt was piloted, or without money.

    It is told against the likeliest start but the prompt.
    """
    advice, currency = study.advice, study.currency
    starts = {policy.first: policy for policy in advice.policies}
    ahead = any(rung.rung == "prompt_pilot" and rung.state == "here" for rung in study.decision.path)
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
    return say("detour.text", **words)
