"""Pages for a consultant, as short as a terminal likes them: advice and costs of a workflow, states of a file side by side, and a model's own reading."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from advisorkit.advice.words import whole_percents
from advisorkit.catalog.reading import assumptions as known_assumptions, load as load_catalog
from advisorkit.costs.bill import warnings
from advisorkit.export.blocks import Block, Cell, Heading, Table, Text, table_of
from advisorkit.files.texts import Texts, spoken
from advisorkit.report.annex_pages import build_of, detour
from advisorkit.report.cost_pages import assumptions, cash_years, gained, left_out, money_table, ranked
from advisorkit.report.pictures import beyond, climbed, ruled_out, rung_name
from advisorkit.report.printed import chance_of, columns, say, unknowns
from advisorkit.report.whole_pages import basis, scenario_words
from advisorkit.study.returning import KINDS as STEPS, ChangedValue, Moved, changes
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import locale
from advisorkit.values.quantities import day, hundredths, money_short, number, sampled_parts


def assessed(study: Study) -> tuple[Block, ...]:
    """The advice: what to do, chances and path, why, and what was told before."""
    made, words = study.decision, study.advice.words
    lists = {
        "why": made.reasons, "against": words.against, "out.title": words.not_recommended, "unknowns": unknowns(study), "short.warnings": made.warnings,
        "detour.title": filter(None, [detour(study)]), "override.title": filter(None, [made.override]), "again.title": (again.why for again in study.reopened if again.holds),
        "short.told": _told(study),
    }  # fmt: skip
    step = say("short.used" if made.next_step.used else f"short.{made.next_step.action}", why=made.next_step.why)
    return (
        Heading("; ".join((f"{study.workflow.name}  ({study.workflow.id})", *scenario_words(study.engagement)))),
        Text((made.headline, *filter(None, (made.enough,)), *words.summary, step)), _chances(study), *_rungs(study),
        *(block for key, lines in lists.items() if (told := tuple(lines)) for block in (Heading(say(key)), Text(told, "bullets"))),
    )


def _chances(study: Study) -> Table:
    advice, made = study.advice, study.decision
    first = {**sampled_parts(advice.acceptability), **{p: "–" for p, said in advice.patterns.items() if said.status == "ruled_out"}}
    rows = [
        (study.name(p), chance_of(made, p), first[p], say(f"short.{advice.patterns[p].status}"), ruled_out(advice, p))
        for p in sorted(PATTERNS, key=lambda pattern: -advice.patterns[pattern].probability)
    ]
    ramp = [(study.catalog.off_ramps[advice.off_ramp.kind].name, "", "", say("short.instead" if made.replaced else "short.beside"), advice.off_ramp.reason)] if advice.off_ramp else []
    return table_of("", columns("short.chances_head"), [*rows, *ramp], (1, 2), note=beyond(study))


def _rungs(study: Study) -> Iterator[Table]:
    """The path, with the chance that it ends there or before, which is not that of what is put into use; nothing where something simpler takes the place of all patterns."""
    chances, within = study.decision.chances, dict[str | None, tuple[PatternId, ...]](prompt=("prompt",), rag=("prompt", "rag"), finetune=("prompt", "finetune"))
    rows = [
        (rung_name(rung, study), hundredths(sum(chances[p] for p in within[rung.pattern])) if rung.pattern in within and not beyond(study) else "",
         build_of(rung.build, study.currency), "–" if rung.weeks is None else f"{max(1, rung.weeks):.0f}",
         say(f"short.{rung.state}"))
        for rung in climbed(study.decision.path)
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
    years, lines, ramp = cash_years(study), (*gained(study), *left_out(study)), study.decision.off_ramp if study.decision.replaced else None
    instead = (Text((say("short.simpler", headline=study.decision.headline),)),) if ramp else ()
    return (
        Heading("; ".join((study.workflow.name, *basis(study)))), *instead, money_table(study), *((Text(lines),) if lines else ()),
        *((years,) if years else ()), *((Heading(say("figures.title")), rests) if (rests := assumptions(study)).rows else ()), _crossings(study),
        *_hosting(study), *((Heading(say("short.warnings")), Text(careful, "bullets")) if (careful := warnings(study.inputs)) else ()), _prices(study),
    )


def _prices(study: Study) -> Table:
    """Every price behind the bill with its day, age and state, the oldest first."""
    ages = sorted(study.inputs.prices(), key=lambda age: -age.age_days)
    rows = [(age.id, day(age.as_of), say("figures.stale", days=age.age_days), "" if age.state == "fresh" else say("short.old")) for age in ages]
    return table_of(say("short.prices"), columns("short.prices_head"), rows, (2,))


def _crossings(study: Study) -> Table:
    rows = [
        (" and ".join(map(study.name, found.between)), "–" if found.calls_per_month is None else number(round(found.calls_per_month)), found.reason)
        for found in study.costs.break_even if set(found.between) <= set(study.in_play)
    ]
    return table_of(say("short.crossings"), columns("short.crossings_head"), rows, (1,))


def _hosting(study: Study) -> Iterator[Block]:
    own, trained = study.costs.own_gpu_call, study.costs.columns["finetune"].per_call
    if own is not None and trained is not None:
        yield Text((say("short.hosting", trained=money_short(trained.p50, study.currency), own=money_short(own, study.currency)),), "note")


def differing(found: Sequence[ChangedValue], moves: Sequence[Moved]) -> Iterator[Block]:
    """What differs between two states of an engagement, and what each kind of change does to advice and gain."""
    names = {one.steps[-1].workflow.id: one.steps[-1].workflow.name for one in moves}
    if not found:
        yield Text((say("diff.none"),))
        return
    rows = ((names.get(one.workflow, one.workflow) or "–", one.path or say("diff.workflow"), _written(one.before), _written(one.after), say(f"diff.kind.{one.kind}")) for one in found)
    yield table_of(say("diff.title"), columns("diff.head"), rows)
    for one in moves:
        first, last = one.steps[0], one.steps[-1]
        lines = [say("diff.advice", before=first.decision.headline, after=last.decision.headline)] if first.decision.headline != last.decision.headline else []
        lines += _gain_moved(one, last.currency)
        if lines:
            yield Heading(last.workflow.name)
            yield Text(tuple(lines), "bullets")


def _gain_moved(one: Moved, currency: str) -> Iterator[str]:
    first, last = one.gains[0], one.gains[-1]
    if first == last:
        return
    printed = ["" if gain is None else money_short(gain, currency) for gain in (first, last)]
    yield say("diff.gain", before=printed[0] or say("unknown"), after=printed[1] or say("unknown"))
    for kind, before, after in zip(STEPS, one.gains, one.gains[1:], strict=False):
        if before is not None and after is not None and before != after:
            yield say("diff.by", kind=say(f"diff.kind.{kind}"), change=("+" if after > before else "") + money_short(after - before, currency))


def _written(value: object) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def side_by_side(states: Mapping[str, Sequence[Study]]) -> Iterator[Block]:
    """Decision and money of every workflow as the file stands and under each scenario, and what each scenario changes."""
    names = [name or say("scenarios.base") for name in states]
    for found in zip(*states.values(), strict=True):
        rows: list[tuple[str | Cell, ...]] = [(say(f"scenarios.{row}"), *(_compared(study, row) for study in found)) for row in ("now", "destination", "chance", "clear", "gain", "outside")]
        yield table_of(found[0].workflow.name, ("", *names), rows)
        for name, study in zip(names[1:], found[1:], strict=True):
            told = [say("scenarios.value", path=_label(one.path), before=_written(one.before), after=_written(one.after)) for one in changes(_alone(found[0]), _alone(study))]
            yield Text((say("scenarios.changes", name=name, values="; ".join(told) or say("scenarios.nothing")),))


def _label(path: str) -> str:
    """What a value of a file is called on pages."""
    kind, _, name = path.partition(".")
    rows = load_catalog().criteria if kind == "answers" else known_assumptions()
    return locale().lowered(rows[name].label) if name in rows else path


def _alone(study: Study) -> Engagement:
    return replace(study.engagement, workflows=(study.workflow,), scenario="")


def _compared(study: Study, row: str) -> Cell:
    made = study.decision
    match row:
        case "now" | "destination":
            pattern = made.now if row == "now" else made.destination
            return Cell("–" if row == "now" else made.instead) if made.instead else Cell(study.name(pattern), pattern)
        case "chance":
            return Cell("–" if made.ended else chance_of(made, made.destination))
        case "clear":
            return Cell("–" if made.ended else say("scenarios.yes" if made.clear else "scenarios.no"))
        case "gain":
            return Cell(ranked(study) if study.priced and not made.ended else "–")
    spent = study.outside if study.priced and not made.ended else None
    return Cell(say("unknown") if spent is None else money_short(spent, study.currency))


TEXTS = Texts("briefing")


@spoken
def beside(study: Study) -> tuple[Table, ...]:
    """Both chances of each pattern with the words that the model quotes; where the likeliest differ, what to ask next. Nothing without such a reading."""
    found, own = study.workflow.second_reading, study.decision.chances
    if found is None:
        return ()
    seen = whole_percents({p: found.chances.get(p, 0.0) for p in PATTERNS})
    rows = [(Cell(study.name(p), p), hundredths(own[p]), hundredths(seen[p]), found.quotes.get(p, "")) for p in PATTERNS]
    first, read = study.decision.order[0], max(PATTERNS, key=lambda pattern: found.chances.get(pattern, 0.0))
    question = _to_ask(study, {p: found.chances.get(p, 0.0) - own[p] / 100 for p in PATTERNS})
    asked = TEXTS.say("second.ask", question=study.catalog.criterion(question).question) if question else TEXTS.say("second.no_ask")
    note = TEXTS.say("second.agree", own=study.name(first)) if first == read else TEXTS.say("second.differ", own=study.name(first), read=study.name(read), asked=asked)
    title = TEXTS.say("second.title", model=found.model, day=day(found.date))
    return (table_of(title, TEXTS.columns("second.head"), rows, (1, 2), subtitle=TEXTS.say("second.sub"), note=note),)


def _to_ask(study: Study, apart: Mapping[PatternId, float]) -> str:
    """The open question that weighs most on the need on which two readings are furthest `apart`; empty where nothing is open."""
    looked_up = abs(apart["rag"] + apart["hybrid"]) >= abs(apart["finetune"] + apart["hybrid"])
    weights = {
        one.criterion: [level.retrieval if looked_up else level.training for level in study.catalog.criterion(one.criterion).levels]
        for one in study.advice.next_questions
    }
    return max(weights, key=lambda name: max(weights[name]) - min(weights[name]), default="")
