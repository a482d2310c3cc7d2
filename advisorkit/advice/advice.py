"""The advice on one workflow as a value, the way to it from an engagement, and the conditions under which it is worth another look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from advisorkit.advice.acceptability import Case, Similar, clear, draw, similar
from advisorkit.advice.belief import Assessment, Belief, removed, shuts
from advisorkit.advice.flips import Flip, NextQuestion, Pair, WeightFlip, flips, next_questions, pairs, stays, undecided, weight_flip
from advisorkit.advice.gates import Facts, GateHit, sure
from advisorkit.advice.ladder import PILOT, Policy, Rung, RungId, plan, policies, untried, waiting
from advisorkit.advice.steps import NextStep, OffRamp, companions, in_use, next_step, off_ramp, warnings
from advisorkit.advice.whatif import Outlook
from advisorkit.advice.words import Words, say
from advisorkit.costs.facts import Costing
from advisorkit.costs.inputs import Inputs
from advisorkit.files.texts import Texts
from advisorkit.pilots.established import COUNTED, Established
from advisorkit.values.criteria import PATTERNS, Axis, Catalog, CompanionId, PatternId, Rules
from advisorkit.values.displayed import Displayed
from advisorkit.values.engagement import Answer, Engagement, Override, Workflow
from advisorkit.values.quantities import day


@dataclass(frozen=True, slots=True)
class PatternAdvice:
    """What is said of one pattern."""

    probability: float
    """Chance that it is the destination, 0 to 1."""
    status: Literal["possible", "provisional", "ruled_out"]
    """ruled_out by a lasting gate; provisional while an unknown answer may still rule it out."""
    gates: tuple[GateHit, ...]
    """Every gate that touches it, provisional ones included."""


@dataclass(frozen=True, slots=True)
class Advice(Displayed):
    """Everything that is said of one workflow; computed from its answers alone."""

    workflow: str
    """Workflow id."""
    recommended: PatternId
    """The likeliest destination; a tie goes to the simpler pattern."""
    now: PatternId
    """The pattern to work on today."""
    clear: bool
    """Whether the destination leads by enough and in enough draws, and it does not stop here."""
    lead: float
    """Chance of the destination less that of the runner-up, 0 to 1."""
    off_ramp: OffRamp | None
    """Something simpler that fits; None when nothing does."""
    companions: tuple[CompanionId, ...]
    """What should stand beside the pattern."""
    next_step: NextStep
    """What to do next."""
    patterns: Mapping[PatternId, PatternAdvice]
    """The four patterns, simplest first."""
    belief: Belief
    """The two beliefs with their evidence."""
    gates: tuple[GateHit, ...]
    """All gates that hold or may hold."""
    acceptability: Mapping[PatternId, float]
    """Share of draws over unknown answers and weights in which each pattern comes first."""
    flips: tuple[Flip, ...]
    """Changes of one answer that change the destination, nearest first."""
    next_questions: tuple[NextQuestion, ...]
    """Open questions in the order in which they should be asked."""
    similar: tuple[Similar, ...]
    """Published deployments nearest to these answers."""
    path: tuple[Rung, ...]
    """Rungs, lowest first."""
    warnings: tuple[str, ...]
    """What weakens the advice, in plain words."""
    reopen_when: tuple[str, ...]
    """What in the world would make the decision worth another look."""
    words: Words
    """The advice in a client's words."""
    override: Override | None = None
    """A person's decision, shown beside the advice and never instead of it."""
    policies: tuple[Policy, ...] = ()
    """Starting with each pattern, against one another."""
    weight_flip: WeightFlip | None = None
    """The smallest change of one criterion's weight that changes the destination."""
    pairs: tuple[Pair, ...] = ()
    """Changes of two answers that bring the runner-up to the front, where one alone does not."""
    stays: tuple[Flip, ...] = ()
    """The changes of one answer that move the beliefs most and yet leave the destination as it is."""
    undecided: Literal["", "step", "end"] = "end"
    """What an open question can change by its answer: nothing, the step for now alone, or the destination."""
    seed: int = 0
    """Seed of the draws."""
    draws: int = 0
    """Number of draws."""
    beliefs: tuple[tuple[float, float], ...] = ()
    """Chances of needing retrieval and training in the first draws, for the map."""

    @property
    def settled(self) -> bool:
        """Whether no open question can change the destination or the step for now by its answer."""
        return not self.undecided

    @property
    def unpriced(self) -> "Advice":
        """The same without what its steps cost."""
        path = tuple(replace(rung, build=None) for rung in self.path)
        return replace(self, path=path, policies=tuple(replace(one, build=None, idle_build=None) for one in self.policies))

    def __repr__(self) -> str:
        shares = ", ".join(f"{name} {found.probability:.2f}" for name, found in self.patterns.items())
        return f"<Advice {self.workflow}: now {self.now}, destination {self.recommended}, {'clear' if self.clear else 'not clear'}; {shares}>"


SEED = 20_261_122
"""Seed of the draws unless another is given."""

MAPPED = 512
"""Draws kept for the map; a power of two, so that they are a good sample by themselves."""

_RUNNABLE = frozenset({("tuning_available", ("no",))})
"""Gates, by criterion and levels, that a pilot of the pattern settles: that it could be run, and not that it may stay."""


def advise(
    catalog: Catalog,
    engagement: Engagement,
    workflow: Workflow,
    facts: Facts | None = None,
    *,
    cases: Sequence[Case] = (),
    pilot: Established | None = None,
    costing: Costing | None = None,
    draws: int = 4096,
    seed: int = SEED,
) -> Advice:
    """The advice on `workflow`: where it will probably end up, what to do now, why, and what would change it.

    Args:
        catalog: What the engine knows.
        engagement: The client's file; gives the answers that hold for all workflows, and priors.
        workflow: One of its workflows.
        facts: Computed evidence of the cost model; None means not known.
        cases: Published deployments to compare with.
        pilot: What marked pilots establish; replaces the opinions that it answers.
        costing: The cost model behind `facts`, asked for them under other answers; None: they stay as they are.
        draws: Draws over unknown answers and weights.
        seed: Seed of the draws; the same seed gives the same advice.
    """
    outlook = Outlook(assess(catalog, engagement, workflow, facts, pilot, costing))
    drawn = draw(outlook, cases, draws, seed)
    bought = any(name.startswith("buy_") for name in engagement.settings_of(workflow))
    ramp = off_ramp(outlook.assessment, outlook.hits, PATTERNS[outlook.goal], bought=bought)
    patterns = patterns_in(outlook, pilot)
    second, first = np.sort(outlook.chances)[-2:].tolist()
    asked = {name for name, answer in {**engagement.answers, **workflow.answers}.items() if answer.unknown}  # they are not asked again
    step = next_step(outlook, ramp, outlook.now, pilot, workflow.shown_right)
    now = in_use(step, outlook.now)
    return Advice(
        workflow=workflow.id,
        recommended=PATTERNS[outlook.goal],
        now=now,
        clear=step.action != "stop" and in_use(step, PATTERNS[outlook.goal]) == PATTERNS[outlook.goal] and clear(outlook, drawn, cases),
        lead=first - second,
        off_ramp=ramp,
        companions=companions(outlook.assessment),
        next_step=step,
        patterns=patterns,
        belief=outlook.belief,
        gates=outlook.hits,
        acceptability=drawn.first,
        flips=flips(outlook),
        next_questions=next_questions(outlook, cases, parked=asked),
        similar=similar(catalog, outlook.assessment.answers, cases, leave_out=[one.id for one in engagement.workflows]),
        path=_path(outlook, now, pilot, settled=step.action in ("ship", "stop")),
        warnings=warnings(outlook, pilot, now, step),
        reopen_when=tuple(dict.fromkeys(hit.reopens for hit in outlook.hits if shuts(hit))),
        words=say(outlook, in_use(step, PATTERNS[outlook.goal])),
        override=workflow.override,
        policies=policies({pattern: one.probability for pattern, one in patterns.items()}, facts),
        weight_flip=weight_flip(outlook),
        pairs=pairs(outlook),
        stays=stays(outlook),
        undecided=undecided(outlook, asked),
        beliefs=tuple(zip(drawn.retrieval[:MAPPED].tolist(), drawn.training[:MAPPED].tolist(), strict=True)),
        seed=seed,
        draws=drawn.retrieval.size,
    )


def _path(outlook: Outlook, now: PatternId, pilot: Established | None, *, settled: bool) -> tuple[Rung, ...]:
    """The rungs; of a prompt that gates remove only its trial, which shows what is missing."""
    a = outlook.assessment
    unsettled = any(hit.criterion == PILOT for hit in outlook.hits)
    marked = pilot is not None or not unsettled
    passed = marked and (now != "prompt" or not (unsettled or settled))  # no step beyond a prompt that is enough, at which it stops, or of which too little is known
    gone, held = untried(outlook.hits), waiting(outlook.hits)
    rungs = plan(outlook.belief, gone, held, now, a.catalog.text, piloted=passed, unfinished=_unfinished(a, pilot, marked=marked), facts=a.facts)
    if "prompt" in removed(outlook.hits):
        tried = {"prompt_pilot": a.catalog.text["prompt_pilot.enter.closed"]}
        rungs = tuple(replace(rung, enter_when=tried.get(rung.rung, rung.enter_when)) for rung in rungs if rung.rung != "cheap_extensions")
    first = Rung("classifier", None, a.catalog.text["classifier.enter"], a.catalog.text["classifier.leave"], None, None, None, "ahead")
    return (first, *rungs) if "classifier" in companions(a) else rungs


def _unfinished(assessment: Assessment, pilot: Established | None, *, marked: bool) -> frozenset[RungId]:
    """Rungs that no marked results finished."""
    seen = {one.pilot.pattern for one in pilot.diagnoses} if pilot else set()
    extended = (sure(assessment.catalog, assessment.answers, "cheap_extensions", "one", "several") or 0) > 0.5
    explained = "information_share" in assessment.answers
    finished: Mapping[RungId, bool] = {
        "prompt_pilot": pilot.prompt_tried if pilot else marked, "cheap_extensions": extended, "diagnose": explained, "retrieval": "rag" in seen, "training": "finetune" in seen,
    }
    return frozenset(rung for rung, done in finished.items() if not done)


def assess(
    catalog: Catalog,
    engagement: Engagement,
    workflow: Workflow,
    facts: Facts | None,
    pilot: Established | None,
    costing: Costing | None = None,
) -> Assessment:
    """What advice on `workflow` is computed from; a pilot's findings take the place of opinions."""
    answers = answers_in(catalog, engagement, workflow, pilot)
    priors: Mapping[Axis, float] = {axis: engagement.priors[axis] for axis in ("retrieval", "training") if axis in engagement.priors}
    made = Assessment(catalog, answers, facts, priors, costing=costing, used=workflow.used)
    return made if pilot is None else replace(
        made, locked=COUNTED, measured=(pilot.retrieval_decibans, pilot.training_decibans),
        blocked=pilot.blocked, decided=pilot.decision.pattern, piloted=pilot.diagnoses[-1].pilot.pattern if pilot.diagnoses else None,
    )


def answers_in(catalog: Catalog, engagement: Engagement, workflow: Workflow, pilot: Established | None = None) -> dict[str, Answer]:
    """Every answer that holds: what use has shown and what a pilot found in place of opinions."""
    shown = {
        one.quantity: Answer(amount=one.range, note=Texts("costs").say("measured_in", period=one.period))
        for one in workflow.measured if one.quantity in catalog.criteria.keys() - workflow.supposed
    }
    return {**engagement.answers_of(workflow), **(pilot.answers if pilot else {}), **shown}


def patterns_in(outlook: Outlook, pilot: Established | None = None) -> dict[PatternId, PatternAdvice]:
    """How likely each pattern is, and what gates leave of it."""
    return {pattern: _pattern(pattern, chance, outlook.hits, pilot) for pattern, chance in zip(PATTERNS, outlook.chances.tolist(), strict=True)}


def _pattern(pattern: PatternId, chance: float, hits: Sequence[GateHit], pilot: Established | None) -> PatternAdvice:
    named = (hit for hit in hits if pattern in hit.removes and (hit.kind != "off_ramp" or hit.factor < 1))
    measured = pilot is not None and any(seen.pilot.pattern == pattern for seen in pilot.diagnoses)
    gates = tuple(hit for hit in named if not (measured and hit.provisional and (hit.criterion, hit.levels) in _RUNNABLE))
    out = any(shuts(hit) for hit in gates)
    unsure = any(hit.provisional for hit in gates)
    return PatternAdvice(chance, "ruled_out" if out else "provisional" if unsure else "possible", gates)


_say = Texts("advice").say
_MONTH = 365.25 / 12

Condition = Literal["advice_moved", "prices_old", "model_ends", "answer_unconfirmed", "pilot_old"]


@dataclass(frozen=True, slots=True)
class Reopened:
    """One condition and whether it holds."""

    workflow: str
    """Workflow id."""
    condition: Condition
    """Which one."""
    subject: str
    """What it is about: a criterion, a price, a model, a file."""
    holds: bool
    """Whether it holds on the day of the engagement."""
    on: date | None
    """Day from which it holds, or will hold; None when no day is known."""
    why: str
    """In a client's words."""


def reopen_checks(engagement: Engagement, workflow: Workflow, inputs: Inputs, advice: Advice, rules: Rules) -> tuple[Reopened, ...]:
    """Every dated condition for looking at a workflow again, those that hold first, the soonest before the later.

    Beside these stands `Advice.reopen_when`: changes in the world that no file can see.
    """
    found = (
        *_moved(engagement, workflow, advice),
        *_prices(engagement, workflow, inputs),
        *_models(engagement, workflow, inputs, advice),
        *_answers(engagement, workflow),
        *_pilots(engagement, workflow, rules.pilot_months),
    )
    return tuple(sorted(found, key=lambda one: (not one.holds, one.on or engagement.as_of, one.condition, one.subject)))


def _moved(engagement: Engagement, workflow: Workflow, advice: Advice) -> Iterator[Reopened]:
    told = [line for line in engagement.history if line.workflow == workflow.id and line.date <= engagement.as_of]
    if not told:
        return
    last = told[-1]
    simpler = advice.off_ramp is not None and advice.off_ramp.kind != "buy"
    moved = last.reason != advice.next_step.why if simpler else (last.recommended, last.now) != (advice.recommended, advice.now)
    goals = {"then": last.recommended, "then_now": last.now, "today": advice.recommended, "today_now": advice.now}
    names = {place: _say(f"name.{goal}") for place, goal in goals.items()}
    why = _say(f"reopen.{'simpler' if simpler else 'moved'}" if moved else "reopen.stands", date=day(last.date), **names)
    yield Reopened(workflow.id, "advice_moved", advice.recommended, moved, engagement.as_of if moved else None, why)


def _prices(engagement: Engagement, workflow: Workflow, inputs: Inputs) -> Iterator[Reopened]:
    old = [age for age in inputs.prices() if age.state != "fresh"]
    if old:
        oldest = max(old, key=lambda age: age.age_days)
        why = _say("reopen.prices", count=len(old), date=day(oldest.as_of))
        yield Reopened(workflow.id, "prices_old", oldest.id, holds=True, on=engagement.as_of, why=why)


def _models(engagement: Engagement, workflow: Workflow, inputs: Inputs, advice: Advice) -> Iterator[Reopened]:
    used = ["tuned_model"] if advice.now in {"finetune", "hybrid"} else []
    for name in ("model", *used):
        ends = inputs.model(name).retires
        if ends is not None and (ends - engagement.as_of).days <= inputs.months * _MONTH:
            why = _say("reopen.model", model=inputs.word(name), date=day(ends))
            yield Reopened(workflow.id, "model_ends", inputs.word(name), ends <= engagement.as_of, ends, why)


def _answers(engagement: Engagement, workflow: Workflow) -> Iterator[Reopened]:
    for name, answer in engagement.answers_of(workflow).items():
        due = answer.confirm_by
        if due is not None:
            why = _say("reopen.confirm", date=day(due))
            yield Reopened(workflow.id, "answer_unconfirmed", name, due < engagement.as_of, due, why)


def _pilots(engagement: Engagement, workflow: Workflow, months: float) -> Iterator[Reopened]:
    if workflow.pilots:
        last = workflow.pilots[-1]
        due = date.fromordinal(min(last.date.toordinal() + round(months * _MONTH), date.max.toordinal()))
        holds = due <= engagement.as_of
        why = _say("reopen.pilot_old" if holds else "reopen.pilot_good", date=day(last.date), until=day(due))
        yield Reopened(workflow.id, "pilot_old", last.file, holds, due, why)
