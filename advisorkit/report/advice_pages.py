"""The first page of a workflow: the decision and why, what to be warned of, what would change it, what to decide."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from advisorkit.advice.ladder import PILOT
from advisorkit.charts.kinds import ShareBars, ShareRow
from advisorkit.costs.bill import announced, closing, ending
from advisorkit.export.blocks import Block, Callout, Cell, ChartBlock, DecisionBlock, Heading, KeyFigure, KeyFigures, Text, table_of
from advisorkit.files.texts import spoken
from advisorkit.report import pictures
from advisorkit.report.printed import columns, going_on, inside, project, project_range, say, unknowns, unread, weeks
from advisorkit.report.trial_pages import tried, way_of
from advisorkit.store.reading import wanted
from advisorkit.study.study import Study
from advisorkit.values.messages import locale
from advisorkit.values.people import due
from advisorkit.values.places import linked, or_nought, told
from advisorkit.values.prices import WARN_DAYS
from advisorkit.values.quantities import day, money_short, percent, plain, sampled

CHANGES = 3
"""Most changes named that would lead elsewhere; one that would not stands beside them."""


@spoken
def summary(study: Study) -> tuple[Block, ...]:
    """The decision and why: four key figures, the pilot, warnings, what speaks for and against, what would change it, what to decide."""
    made, words = study.decision, study.advice.words
    if made.replaced:
        looking = (Heading(say("again.title")), Text(tuple(again(study)), "bullets"))
        return (*decided(study), *off_ramp(study), *_careful(study), *_decide(study), *looking)
    return (
        *decided(study), Text((made.next_step.why,), "lead"), KeyFigures(tuple(_figures(study))), *_careful(study), *_pilot(study),
        *_reasons("why", words.why, words.facts), *_reasons("against", words.against, words.facts_against),
        Heading(pictures.needs(study.advice), column="right"), ChartBlock(pictures.belief_map(study), titled=False), *_beyond(study), *tried(study),
        *asked(study),
    )  # fmt: skip


def _beyond(study: Study) -> Iterator[Block]:
    if line := pictures.beyond(study):
        yield Text((line,), "note")


def asked(study: Study) -> tuple[Block, ...]:
    """What would change the advice, and what to decide; without money the changes stand beside the steps."""
    return (*(changes(study) if study.priced else ()), *_decide(study))


def decided(study: Study) -> tuple[Block, ...]:
    """The decision as every document opens with it."""
    made = study.decision
    (first, *rest), headline = made.sentences, study.cite(made.headline, "decision.headline")
    clear, then = made.clear and not made.replaced, told(" ".join(rest), headline)
    return (DecisionBlock(told(first.rstrip("."), headline), study.workflow.name, clear, _state(study), made.override, then),)


def warned(study: Study) -> tuple[Block, ...]:
    """What there is to be careful about; nothing where there is nothing."""
    lines = cautions(study)
    return (Heading(say("warnings")), Text(lines, "bullets")) if lines else ()


def _state(study: Study) -> str:
    """Whether it is clear, and where it stands: now and at the end."""
    made = study.decision
    state = say(f"state.{made.sure}")
    return state if made.ended else f"{state} {say('state.way', now=study.name(made.now), goal=study.name(made.destination))}"


def off_ramp(study: Study) -> Iterator[Block]:
    """What fits better than any pattern, and that none is priced; nothing where nothing does."""
    if (ramp := study.decision.off_ramp) is not None:
        found = study.catalog.off_ramps[ramp.kind]
        yield Callout(found.name, f"{ramp.reason} {found.what}", "warning")
        yield Text((say("money.simpler", name=found.name) if ramp.kind != "stop" else say("money.stopped"),), "note")


def _figures(study: Study) -> Iterator[KeyFigure]:
    """Next step, gain, expected right, chance to reach the mark: all four also where one is not known."""
    held, first = study.decision.prospects, study.decision.told
    right, chance, pattern = held.expected_right[first], held.reach[first], say(f"pattern.{first}")
    if study.priced:
        yield from (_step(study), _gain(study))
    yield KeyFigure(percent(right.p50), say("figure.right", low=percent(right.p10), high=percent(right.p90), pattern=pattern))
    if held.target.never:
        yield KeyFigure(say("charter.figure.none"), say("charter.figure.needed.never"))
    elif chance is None or held.target.share is None:
        yield KeyFigure(say("unknown"), say("figure.reach.none"))
    else:
        yield KeyFigure(pictures.reached(chance), say(f"figure.reach.{held.target.source}", needed=percent(min(held.target.share, 1.0))))


def _gain(study: Study) -> KeyFigure:
    first, currency = study.decision.told, study.currency
    row, values = study.costs.money[first], {"months": study.months, "pattern": say(f"pattern.{first}")}
    found = study.gain(first)
    if row.gain is None or found is None:
        return KeyFigure(say("unknown"), say("figure.gain_unknown", names=", ".join(study.lacking), **values))
    held = study.decision.prospects
    condition = say("figure.gain.if", right=percent(held.expected_right[first].p50)) if held.below(first) else ""
    low, high = (money_short(end, currency) for end in (row.gain.p10, row.gain.p90))
    return KeyFigure(money_short(found, currency), say("figure.gain", condition=condition, low=low, high=high, chance=sampled(or_nought(row.gain_chance)), **values))


def _step(study: Study) -> KeyFigure:
    if study.decision.next_step.used:
        spent = study.amount(study.decision.told, "outside")
        paid = say("unknown") if spent is None else money_short(spent, study.currency)
        return KeyFigure(paid, say("figure.used", step=say(f"pattern.{study.decision.told}"), months=study.months))
    rung = next((r for r in study.decision.path if r.state == "here"), None)
    asked, pattern = study.ask is not None, rung.pattern if rung else study.decision.now
    name = pictures.rung_name(rung, study) if rung and rung.build is not None and (study.decision.next_step.cases or pattern != "prompt") else study.name(study.decision.now)
    build = study.facts.build[study.decision.now]
    span = project_range(build.p10, build.p90, study.currency)
    time = linked("", (", ", weeks(study.facts.build_weeks[study.decision.now].p50))) if rung and rung.weeks is not None else ""
    return KeyFigure(project(build.p50, study.currency), say("figure.step" if asked else "figure.step.none", step=locale().lowered(name), range=span, time=time))


def _pilot(study: Study) -> Iterator[Block]:
    """The newest pilot in counts beside the mark that was agreed."""
    if study.pilot is None:
        return
    seen, needed = study.seen, min(study.pilot.terms.target, 1.0)
    alone = way_of(study.tried[-1], study) if study.tried else say("pilot.right", pattern=study.name(seen.pilot.pattern))
    counts = {"right": (seen.pilot.pattern, seen.right), "mended": ("text3", seen.mended)}
    bars = [
        ShareRow(colour, alone if name == "right" else say("pilot.mended"), one.share, say("pilot.of", hits=plain(one.hits), cases=plain(one.n)))
        for name, (colour, one) in counts.items() if one.share is not None
    ]
    bars.insert(1, ShareRow("ink", say(f"pilot.needed.{study.pilot.terms.source}"), needed, say("pilot.of", hits=study.passing, cases=plain(seen.right.n))))
    yield Heading(say("pilot.title"), column="left")
    yield ChartBlock(ShareBars(title=say("pilot.title"), subtitle=say("pilot.subtitle", date=day(seen.pilot.date), declined=plain(seen.declined.hits)), bars=tuple(bars)), titled=False)


def _careful(study: Study) -> Iterator[Block]:
    """One tinted block: warnings, and what is not known yet, a line each; that no prompt was marked not beside the reason that says so."""
    unmarked = {gate.reason for found in study.advice.patterns.values() for gate in found.gates if gate.criterion == PILOT}
    told_above = study.catalog.text["unknown.pilot"] if study.decision.next_step.why in unmarked else ""
    still, unknown = study.decision.open_questions, [line for line in unknowns(study) if line != told_above]
    if still and not study.decision.replaced:
        unknown.append(say("open_questions", count=still, note=say(_open(study))))
    if lines := [*cautions(study), *((linked(" ", unknown),) if unknown else ())]:
        yield Callout(say("warnings"), linked("\n", ("", *lines)), "warning")


def _open(study: Study) -> str:
    """What one answer to an open question may change: nothing, the next step alone, or where it ends, which no likely one does where that is called clear."""
    found = study.advice
    return "open_settled" if found.settled else "open_step" if found.undecided == "step" else "open_clear" if found.clear else "open_unsettled"


def cautions(study: Study) -> tuple[str, ...]:
    """The decision's warnings, and which shares that were told only in words are reckoned with as something else."""
    return study.decision.warnings if study.decision.replaced else (*study.decision.warnings, *_unread(study))


def _unread(study: Study) -> Iterator[str]:
    """A target that names no share that could be read, and a prompt that was marked with no share as a figure, each beside what is reckoned with in its place."""
    held, target, prompt = study.decision.prospects.target, study.workflow.context.get("target", ""), study.decision.prospects.expected_right.get("prompt")
    if target and wanted(study.workflow) is None and held.source == "break_even" and held.share is not None and not held.never:
        yield say("target_unread", target=target, needed=percent(min(held.share, 1.0)))
    if prompt and unread(study):
        yield say("prompt_unread", right=percent(prompt.p50))


def _reasons(title: str, lines: tuple[str, ...], facts: tuple[str, ...]) -> Iterator[Block]:
    """Facts about the work, without the words on where they point, which the heading says; figures as in the `lines` with those words."""
    if lines:
        yield from (Heading(say(title), column="left"), Text(tuple(told(f"{fact}.", line) for fact, line in zip(facts, lines, strict=True)), "bullets"))


def changes(study: Study) -> Iterator[Block]:
    """Single answers that would lead elsewhere, and one that would not; pairs of them where no single one does."""
    rows, advised = pictures.flip_bars(study, staying=1).flips[1:], study.advice.recommended
    moving = [row for row in rows if row.leader != advised or row.simpler]
    staying = [row for row in rows if row not in moving]
    lines: list[tuple[str | Cell, ...]] = [(row.change, row.today, Cell(row.shown, row.leader), row.note) for row in moving[:CHANGES]]
    lines += [(say("changes.pair", one=one, two=inside(two)), "", Cell(study.name(leader), leader), "") for one, two, leader in (() if moving else islice(_pairs(study), CHANGES - 1))]
    yield Heading(say("changes.chart"))
    if lines:
        yield table_of("", columns("changes.head"), [*lines, *((row.change, row.today, row.shown, Cell(row.note, "muted")) for row in staying[-1:])])
    else:
        yield Text((say("changes.none", pattern=study.name(advised)),), "note")


def _pairs(study: Study) -> Iterator[tuple[str, str, str]]:
    for pair in study.advice.pairs:
        one, two = (pictures.changed_to(study, flip) for flip in (pair.first, pair.second))
        yield one, two, pair.second.recommended


def again(study: Study) -> Iterator[str]:
    """When to look at the advice again."""
    ramp = study.decision.off_ramp if study.decision.replaced else None
    step = study.decision.next_step
    if step.action != "stop":
        yield say("again.simpler", name=study.catalog.off_ramps[ramp.kind].name) if ramp else say("again.step" if step.marked else "again.step.unmarked")
    if ramp is None and (ages := [age for age in study.inputs.prices() if not age.lasting]) and study.priced:
        oldest = min(age.as_of for age in ages)
        old = [one.why for one in study.reopened if one.condition == "prices_old"]
        yield from old or (say("again.prices", date=day(oldest + timedelta(days=WARN_DAYS)), days=WARN_DAYS),)
    if ramp is None and study.priced:
        yield from (say("again.ends" if model.successor else "again.ends_alone", date=day(last), model=model.id, heir=model.successor) for model, last in ending(study.inputs, "model"))
        changed = dict.fromkeys((row.since, row.id.partition("/")[0]) for row in announced(study.inputs))
        yield from (say("again.changes", date=day(on), model=model) for on, model in changed)
    if study.advice.recommended in ("finetune", "hybrid"):
        yield from (say("again.closes", date=day(closes)) for closes in (closing(study.inputs),) if closes)
        yield from (say("again.retires", date=day(retires)) for retires in (study.inputs.model("tuned_model").retires,) if retires)
    if ramp and step.action == "stop":
        yield from dict.fromkeys(say("again.world", reason=inside(hit.reopens)) for hit in study.advice.gates if hit.reason == ramp.reason)
    gates = {hit.reopens for said in study.advice.patterns.values() for hit in said.gates}
    yield from (say("again.world", reason=inside(reason)) for reason in study.advice.reopen_when if reason not in gates)


def _decide(study: Study) -> tuple[Block, ...]:
    dates = [last for last, _ in due(study.engagement.actions, study.engagement.as_of)]
    title = say("decide_by", date=day(dates[0])) if dates else say("decide")
    return Heading(title), Text(tuple(asks(study)), "numbered")


def _left_alone(study: Study) -> bool:
    """Whether a next step would cost more than it brings, so that no programme asks for it: nothing is left to mark that could show otherwise."""
    step, kept = study.decision.next_step, study.rank.kept if study.priced else None
    loses = not step.cases and kept is not None and kept <= 0
    return step.action in ("pilot", "climb") and (loses or study.decision.prospects.target.never)


def asks(study: Study) -> Iterator[str]:
    """What is to be decided, sentence by sentence."""
    made = study.decision
    step, rung = made.next_step, next((r for r in made.path if r.state == "here"), None)
    pilot = step.action in ("pilot", "mark_more")
    if step.action == "off_ramp" and made.off_ramp:
        found = study.catalog.off_ramps[made.off_ramp.kind]
        yield say("ask.off_ramp", name=found.name, what=found.right_when)
        return
    cost = study.ask
    name = say(f"pattern.{rung.pattern if pilot and rung else step.pattern}")
    if pilot and rung and rung.pattern == "prompt" and (step.cases or study.status("prompt") == "ruled_out"):
        name = say("ask.pilot_name" if step.cases else "ask.tried_name")
    key = "ask.unpriced" if step.action in ("pilot", "climb") and not study.priced else "ask.used" if step.used else f"ask.{step.action}"
    key += ".person" if key == "ask.ship" and made.person_decides else ""
    first = say(key, step=name, build=project(cost.p50, study.currency) if cost else say("unknown"), cases=step.cases)
    never, held = _left_alone(study), made.prospects
    if never and held.below(made.told) and not (held.target.never or (made.gained and made.gained.gain < 0)):
        asked = say("ask.unless", right=percent(held.expected_right[made.told].p50), needed=percent(min(held.target.share or 1.0, 1.0)))
        yield linked(" ", (asked, told(locale().clause(first), first)))
    elif never:
        yield say("ask.leave", pattern=study.name(made.told))
        yield linked(" ", (say("ask.should"), told(locale().clause(first), first)))
    else:
        yield first
    if step.action == "pilot" and step.cases:
        yield say("ask.pilot.cases", cases=step.cases)
        target = made.prospects.target
        if target.source != "pass_mark":
            yield say("ask.pilot.wanted", share=percent(target.share)) if target.source == "client" and target.share else say("ask.pilot.mark")
    elif step.action == "climb":
        yield say("ask.climb.keep")
    gain = going_on(study, made.told) if made.gained else None
    if ((gain is not None and gain < 0) or held.target.never) and step.action != "stop" and not never:
        yield say("ask.or_stop", pattern=study.name(made.told))
