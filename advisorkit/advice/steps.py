"""Off-ramps, companions, the next step and what to warn of."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from advisorkit.advice.belief import Assessment, contradicted, removed, shuts
from advisorkit.advice.gates import Facts, GateHit, sure
from advisorkit.advice.ladder import PILOT
from advisorkit.advice.whatif import Outlook
from advisorkit.pilots.established import Established
from advisorkit.values.criteria import PATTERNS, Catalog, CompanionId, OffRampId, Pattern, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import here
from advisorkit.values.people import Measured
from advisorkit.values.quantities import Estimate, percent, plain

Action = Literal["pilot", "mark_more", "ship", "climb", "stop", "off_ramp"]


@dataclass(frozen=True, slots=True)
class OffRamp:
    """Something simpler than any pattern that fits the work."""

    kind: OffRampId
    """Which one."""
    reason: str
    """Why, in a client's words."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next."""

    action: Action
    """pilot, mark_more, ship, climb, stop or off_ramp."""
    pattern: PatternId
    """The pattern that it concerns."""
    cases: int
    """Cases to mark; 0 when none are asked for."""
    why: str
    """The reason in one or two plain sentences."""
    used: bool = False
    """Whether what ships is in use already, as was measured there."""

    @property
    def marked(self) -> bool:
        """Whether its results are marked; otherwise it is tried, and what fails in use is looked at."""
        return self.cases > 0 or self.action != "pilot"


def in_use(step: NextStep, otherwise: PatternId) -> PatternId:
    """What `step` puts into use; without that `otherwise`."""
    return step.pattern if step.action == "ship" else otherwise


PILOT_CASES = 100
"""Cases to mark in a first pilot: about a hundred show the kinds of failure (source HS)."""

IN_PLAY = 0.1
"""Chance of a destination from which it is worth a warning of its budget or time."""

FEW_CASES = 20
"""Cases below which a first result only points the way (source O1)."""

CLASSIFIER_EXAMPLES = 500
"""Checked examples from which an ordinary classifier is worth trying."""

CLASSIFIER_LABELS = 200
"""Labels, rules or special cases up to which it is."""

FIRST: tuple[OffRampId, ...] = ("stop", "fix_process", "predictive_model", "rule", "query", "tool_call", "search", "buy")
"""Which off-ramp is taken first where several fit."""


def _suggested(catalog: Catalog, answers: Mapping[str, Answer], pattern: Pattern) -> bool:
    return any(all((sure(catalog, answers, name, *levels) or 0) > 0.5 for name, levels in case.items()) for case in pattern.suggested_by)


def off_ramp(assessment: Assessment, hits: Sequence[GateHit], recommended: PatternId, *, bought: bool) -> OffRamp | None:
    """Something simpler that fits better than any pattern, if anything does: of several, the first in `FIRST`.

    A gate leads to one when it stands for it outright, or when it holds the destination back for now. Of several that it
    names, those that the answers suggest are taken, else the first. A product can be bought by a price or by an answer.
    """
    catalog, answers = assessment.catalog, assessment.answers
    found: list[OffRamp] = []
    for hit in hits:
        outright = hit.kind == "off_ramp"
        ramps: list[OffRampId] = [name for name in FIRST if name in hit.leads_to]
        meant = [name for name in ramps if _suggested(catalog, answers, catalog.off_ramps[name])]
        if ramps and not hit.provisional and (outright or (hit.kind == "for_now" and recommended in hit.removes)):
            found.append(OffRamp((meant or ramps)[0], hit.reason))
    if bought or _suggested(catalog, answers, catalog.off_ramps["buy"]):
        found.append(OffRamp("buy", catalog.text["buy"]))
    return min(found, key=lambda ramp: FIRST.index(ramp.kind), default=None)


def companions(assessment: Assessment) -> tuple[CompanionId, ...]:
    """What should stand beside the pattern."""
    catalog, answers = assessment.catalog, assessment.answers
    found: Iterator[CompanionId] = (name for name in get_args(CompanionId) if _suggested(catalog, answers, catalog.companions[name]))
    return tuple(name for name in found if name != "classifier" or _can_be_learned(answers))


def _can_be_learned(answers: Mapping[str, Answer]) -> bool:
    """Whether an ordinary classifier has examples enough, and not too many labels as far as their number is known."""
    there, labels = answers["labelled_examples"], answers.get("special_cases")
    if labels and labels.amount and labels.amount.likely > CLASSIFIER_LABELS:
        return False
    return there.levels == ("1000_and_more",) if there.amount is None else there.amount.likely >= CLASSIFIER_EXAMPLES


def next_step(outlook: Outlook, ramp: OffRamp | None, now: PatternId, pilot: Established | None, shown: Measured | None = None) -> NextStep:
    """What to do next, and why; what is in use is not to be built once more, and how often it was wrong there, as far as that is `shown`, is why."""
    step = _next_step(outlook, ramp, now, pilot)
    if step.pattern != outlook.assessment.used or step.action not in ("climb", "ship"):
        return step
    why = outlook.assessment.catalog.text["step.used"].format(right=percent(1 - shown.value), period=shown.period) if shown else step.why
    return replace(step, action="ship", used=True, why=why)


def _next_step(outlook: Outlook, ramp: OffRamp | None, now: PatternId, pilot: Established | None) -> NextStep:
    text = outlook.assessment.catalog.text
    if ramp is not None and ramp.kind == "stop":
        return NextStep("stop", now, 0, ramp.reason)
    if ramp is not None and ramp.kind != "buy":
        return NextStep("off_ramp", now, 0, ramp.reason)
    if pilot is not None:
        return _after_pilot(outlook, now, pilot)
    unmarked = next((hit for hit in outlook.hits if hit.criterion == PILOT), None)
    if unmarked is not None:
        held = [hit for hit in outlook.hits if "prompt" in hit.removes and not hit.provisional]
        pasted = now == "prompt" and any(hit.basis == "rights" or (hit.basis == "size" and hit.lowers) for hit in held)
        searched = now == "rag" and "rag" not in unmarked.removes
        why = text["step.searched"] if searched else f"{unmarked.reason} {text['step.pasted']}" if pasted else unmarked.reason
        return NextStep("pilot", now, _cases(outlook.assessment.answers), why)
    good = sure(outlook.assessment.catalog, outlook.assessment.answers, "baseline_quality", "good_enough")
    action: Action = "ship" if good == 1 and now == "prompt" else "climb" if now != "prompt" else "mark_more"
    goal = PATTERNS[outlook.goal]
    held = [hit for hit in outlook.hits if hit.kind == "for_now" and not hit.provisional and goal in hit.removes and goal != now]
    why = text["step.held"].format(reason=held[0].reason) if held and action == "mark_more" else text[f"step.{action}"]
    return NextStep(action, now, PILOT_CASES if action == "mark_more" else 0, why)


def _cases(answers: Mapping[str, Answer]) -> int:
    """Cases to mark: as many as there are, but at least `FEW_CASES` and at most `PILOT_CASES`."""
    there = answers.get("test_cases")
    if there is None or there.amount is None:
        return PILOT_CASES
    return int(min(PILOT_CASES, max(FEW_CASES, there.amount.likely)))


def _after_pilot(outlook: Outlook, now: PatternId, pilot: Established) -> NextStep:
    decided, text = pilot.decision, outlook.assessment.catalog.text
    gone = removed(outlook.hits)
    if decided.action == "ship" and decided.pattern in gone:
        reason = next(hit.reason for hit in outlook.hits if shuts(hit) and decided.pattern in hit.removes)
        return NextStep("climb", now, 0, text["step.shut"].format(why=decided.result, reason=reason))
    enough = pilot.prompt_tried and sure(outlook.assessment.catalog, outlook.assessment.answers, "baseline_quality", "good_enough") == 1
    if decided.action == "ship" and decided.pattern != "prompt" == PATTERNS[outlook.goal] and enough:
        return NextStep("ship", "prompt", 0, text["step.simpler"].format(why=decided.result))
    if now == decided.pattern or decided.action in ("ship", "stop"):
        return NextStep(decided.action, decided.pattern, decided.cases, decided.result if decided.then in gone else decided.why)
    if decided.action == "mark_more" and not decided.cases:
        return NextStep("mark_more", now, 0, decided.why)
    held = [hit for hit in outlook.hits if decided.pattern in hit.removes and not hit.provisional and hit.kind == "for_now"]
    if decided.pattern == "hybrid" and now != outlook.assessment.piloted and not held:
        return NextStep("climb", now, 0, text["step.part"].format(why=decided.why, pattern=text[f"name.{now}"]))
    why = text["step.held"].format(reason=held[0].reason) if held else text["step.torn"].format(why=decided.why)
    return NextStep("mark_more", now, decided.cases or PILOT_CASES, why)


def warnings(outlook: Outlook, pilot: Established | None, now: PatternId, step: NextStep) -> tuple[str, ...]:
    """What weakens the advice or binds it, with `now` as today's pattern, in plain words."""
    assessment, builds = outlook.assessment, step.action not in ("off_ramp", "stop")
    found = [
        *_bound(assessment, outlook.hits, now),
        *(_limits(outlook, assessment.facts, now) if assessment.facts and builds else ()),
        *_thin(assessment, outlook),
        *(pilot.warnings if pilot else ()),
        *(_slow(assessment, pilot.diagnoses[-1].measured) if pilot and pilot.diagnoses else ()),
    ]
    return tuple(dict.fromkeys(found))


def _slow(assessment: Assessment, measured: Mapping[str, Estimate]) -> Iterator[str]:
    """Answers that took longer in the pilot, on average, than they may."""
    needed, took = assessment.answers.get("latency_s", Answer()), measured.get("seconds")
    bands = {level.id: level.below or math.inf for level in assessment.catalog.criteria["latency_s"].levels}
    most = needed.amount.high if needed.amount else max((bands[level] for level in needed.levels), default=math.inf)
    if took and took.likely > most:
        yield assessment.catalog.text["warn.slow"].format(took=plain(took.likely), most=plain(most))


def _bound(assessment: Assessment, hits: Sequence[GateHit], now: PatternId) -> Iterator[str]:
    catalog, answers = assessment.catalog, assessment.answers
    yield from (catalog.text["warn.autonomy"].format(reason=hit.reason) for hit in hits if hit.kind == "autonomy")
    yield from (hit.reason for hit in hits if hit.kind == "for_now" and now in hit.removes and not hit.provisional and hit.criterion not in (PILOT, *_LIMITS))
    serious = sure(catalog, answers, "error_tolerance", "serious") or 0
    if serious > 0.5 and (sure(catalog, answers, "human_review", "never") or 0) > 0.5:
        yield catalog.text["warn.unchecked"]
    guessed = [hit for hit in hits if hit.kind == "lasting" and hit.provisional and (answer := answers.get(hit.criterion)) and answer.confidence == "guess"]
    for criterion in dict.fromkeys(hit.criterion for hit in guessed):
        out = {pattern for hit in guessed if hit.criterion == criterion for pattern in hit.removes}
        names = here(" and ").join(catalog.patterns[pattern].name for pattern in PATTERNS if pattern in out)
        yield catalog.text["warn.gate_guess"].format(label=catalog.criteria[criterion].label, patterns=names)


_LIMITS = ("budget", "deadline_weeks")


def _limits(outlook: Outlook, facts: Facts, now: PatternId) -> Iterator[str]:
    """Patterns that may come to be built whose build may, though it probably will not, go over the budget or the deadline, and those of today's step and of the probable end where it probably will."""
    assessment = outlook.assessment
    text, budget, weeks = assessment.catalog.text, *(assessment.answers.get(name) for name in _LIMITS)
    for pattern in (pattern for pattern, chance in zip(PATTERNS, outlook.chances, strict=True) if (chance >= IN_PLAY or pattern == now) and pattern != assessment.used):
        name, cost, time = assessment.catalog.patterns[pattern].name, facts.build[pattern], facts.build_weeks[pattern]
        for what, limit, needed in (("budget", budget, cost), ("deadline", weeks, time)):
            if limit and limit.amount and limit.amount.likely < needed.p90:
                over = limit.amount.likely < needed.p50
                if not over or pattern in (now, PATTERNS[outlook.goal]):
                    yield text[f"warn.{what}.over" if over else f"warn.{what}"].format(pattern=name)


def _thin(assessment: Assessment, outlook: Outlook) -> Iterator[str]:
    text, there = assessment.catalog.text, assessment.answers.get("test_cases")
    if len({pattern for hit in outlook.hits if shuts(hit) for pattern in hit.removes}) == len(PATTERNS):
        yield text["warn.nothing_left"]
    if there and there.amount and there.amount.likely < FEW_CASES:
        yield text["warn.few_cases"]
    goal = assessment.answers.get("call_cost_goal")
    if goal and "main" in goal.levels and contradicted(assessment.facts):
        yield text["warn.payback"]
