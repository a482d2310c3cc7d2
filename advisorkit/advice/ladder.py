"""The path: rungs from the cheapest thing that could work upwards, and what climbing in stages is worth."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from advisorkit.advice.belief import Belief, removed, shuts
from advisorkit.advice.gates import Facts, GateHit
from advisorkit.values.criteria import PATTERNS, PatternId

PILOT = "prompt_pilot"
"""The criterion whose gate makes the first step a marked pilot."""


def untried(hits: Iterable[GateHit]) -> frozenset[PatternId]:
    """Patterns that cannot even be tried today.

    Until results are marked, a prompt can be where it cannot be the destination, with the right passage pasted in for each case: only
    law and platform bind that.
    """
    hits = tuple(hits)
    unmarked = any(hit.criterion == PILOT for hit in hits)
    bound = any(shuts(hit) and "prompt" in hit.removes and hit.basis in ("law", "platform") for hit in hits)
    return removed(hits) - ({"prompt"} if unmarked and not bound else set())


def waiting(hits: Iterable[GateHit]) -> frozenset[PatternId]:
    """Patterns that for-now gates hold back; the pilot gate lets the simplest pattern through that can be tried."""
    hits = tuple(hits)
    simplest = next(pattern for pattern in PATTERNS if pattern not in untried(hits))
    held = [(hit.criterion, pattern) for hit in hits if hit.kind == "for_now" for pattern in hit.removes]
    return frozenset(pattern for criterion, pattern in held if criterion != PILOT or pattern != simplest)


def step_for_now(goal: PatternId, retrieval: float, training: float, hits: Iterable[GateHit]) -> PatternId:
    """The pattern to work on today: the destination, or the highest rung below it that nothing holds back.

    When everything is held back it is the simplest pattern that can be tried, to be taken up first.

    Args:
        goal: The destination.
        retrieval: Chance that the work needs retrieval, 0 to 1.
        training: Chance that the work needs training, 0 to 1.
        hits: Gates that hold.

    Example:
        >>> step_for_now("rag", 0.9, 0.1, ())
        'rag'
    """
    hits = tuple(hits)
    gone = untried(hits)
    held = waiting(hits) | gone
    layers: tuple[PatternId, ...] = ("rag", "finetune") if retrieval >= training else ("finetune", "rag")
    rungs: tuple[PatternId, ...] = ("hybrid", *layers, "prompt") if goal == "hybrid" else (goal, "prompt")
    left = (pattern for pattern in PATTERNS if pattern not in gone)
    return next((pattern for pattern in rungs if pattern not in held), next(left))


RungId = Literal["classifier", "prompt_pilot", "cheap_extensions", "diagnose", "retrieval", "training", "both"]
RungState = Literal["done", "here", "ahead", "held"]

_PATTERN: Mapping[RungId, PatternId] = {
    "prompt_pilot": "prompt",
    "cheap_extensions": "prompt",
    "diagnose": "prompt",
    "retrieval": "rag",
    "training": "finetune",
    "both": "hybrid",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the path."""

    rung: RungId
    """Word used in files."""
    pattern: PatternId | None
    """Pattern in use on this rung; None where an ordinary classifier comes first."""
    enter_when: str
    """What justifies the step, in a client's words."""
    leave_when: str
    """What shows that it is not enough, in a client's words."""
    probability_suffices: float | None
    """Chance that nothing above this rung is needed, 0 to 1; None where nothing tells."""
    build: float | None
    """Likely build cost on top of the rungs before, in the engagement's currency; None when not known."""
    weeks: float | None
    """Likely weeks on top of the rungs before; None when not known."""
    state: RungState
    """done, here, ahead, or held back by a for-now gate."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What it is expected to take when one starts with a given pattern and climbs only as needed."""

    first: PatternId
    """The pattern built first."""
    suffices: float
    """Chance that it is enough, 0 to 1."""
    build: float | None
    """Expected build cost until the work is served, in the engagement's currency; None when not known."""
    weeks: float | None
    """Expected weeks until the work is served; None when not known."""
    idle_build: float | None = None
    """Part of `build` for what turns out not to be enough or not to be needed: with the prompt first what the detour
    costs, with another pattern first what the detour saves; None when not known."""
    idle_weeks: float | None = None
    """The same part of `weeks`."""


def suffices(belief: Belief) -> dict[PatternId, float]:
    """Chance that each pattern alone is enough: neither need, no training, no retrieval, anything.

    Example:
        >>> suffices(Belief(0, -9.5, 0.5, 0.1, (), (0, 0)))
        {'prompt': 0.45, 'rag': 0.9, 'finetune': 0.5, 'hybrid': 1.0}
    """
    no_retrieval, no_training = 1 - belief.retrieval, 1 - belief.training
    return {"prompt": no_retrieval * no_training, "rag": no_training, "finetune": no_retrieval, "hybrid": 1.0}


def plan(
    belief: Belief,
    gone: Collection[PatternId],
    held: Collection[PatternId],
    now: PatternId,
    text: Mapping[str, str],
    *,
    piloted: bool = False,
    unfinished: Collection[RungId] = (),
    facts: Facts | None = None,
) -> tuple[Rung, ...]:
    """The rungs that are left, lowest first.

    Args:
        belief: How likely the two needs are.
        gone: Patterns that lasting gates remove; they have no rung.
        held: Patterns that for-now gates hold back.
        now: The pattern to work on today.
        text: Sentences by key: ``<rung>.enter`` and ``<rung>.leave``.
        piloted: Whether a prompt was already marked on real cases; where another pattern comes first it has no rung.
        unfinished: Rungs that no marked results finished; passed over, they are not done.
        facts: Build money and weeks; None when not known.
    """
    layers: tuple[RungId, ...] = ("retrieval", "training") if belief.retrieval >= belief.training else ("training", "retrieval")
    order: tuple[RungId, ...] = ("prompt_pilot", "cheap_extensions", "diagnose", *layers, "both")
    passed = not piloted and now != "prompt"
    kept = [rung for rung in order if _PATTERN[rung] not in gone and not (passed and _PATTERN[rung] == "prompt")]
    here = _here(kept, now, piloted)
    enough = suffices(belief)
    money, weeks = _medians(facts)
    rungs: list[Rung] = []
    for place, rung in enumerate(kept):
        pattern = _PATTERN[rung]
        extra, before = rung not in ("cheap_extensions", "diagnose"), [one for one in rungs if place != here or one.state == "done"]
        rungs.append(
            Rung(
                rung=rung,
                pattern=pattern,
                enter_when=text.get(f"{rung}.enter.searched" if passed and place == here else f"{rung}.enter", ""),
                leave_when=text.get(f"{rung}.leave", ""),
                probability_suffices=enough[pattern],
                build=_extra(money, pattern, before) if extra else None,
                weeks=_extra(weeks, pattern, before) if extra else None,
                state="done" if place < here and rung not in unfinished else "here" if place == here else "held" if pattern in held else "ahead",
            )
        )
    return tuple(rungs)


def _here(kept: list[RungId], now: PatternId, piloted: bool) -> int:
    if now == "prompt" and piloted and "cheap_extensions" in kept:
        return kept.index("cheap_extensions")
    return next(place for place, rung in enumerate(kept) if _PATTERN[rung] == now)


def _extra(needed: Mapping[PatternId, float], pattern: PatternId, before: list[Rung]) -> float | None:
    if pattern not in needed:
        return None
    single = [rung.pattern for rung in before if rung.pattern and rung.rung in ("retrieval", "training")]
    if pattern == "hybrid" and single and single[0] in needed:
        return needed["hybrid"] - needed[single[0]]
    return needed[pattern]


def policies(chances: Mapping[PatternId, float], facts: Facts | None = None) -> tuple[Policy, ...]:
    """Starting with each pattern and climbing only when it falls short, against one another.

    A start that falls short is followed by what is then known to be needed, and what it built is kept where the
    destination contains it. Had one known the destination, only that would have been built; the rest was for nothing.
    """
    money, weeks = _medians(facts)
    return tuple(_policy(chances, first, money, weeks) for first in PATTERNS if chances[first] > 0)


def _policy(
    chances: Mapping[PatternId, float], first: PatternId, money: Mapping[PatternId, float], weeks: Mapping[PatternId, float]
) -> Policy:
    build, time = _expected(chances, first, money), _expected(chances, first, weeks)
    return Policy(first, sum(chances[pattern] for pattern in _CONTAINS[first]), build, time, _idle(build, chances, money), _idle(time, chances, weeks))


def _idle(expected: float | None, chances: Mapping[PatternId, float], needed: Mapping[PatternId, float]) -> float | None:
    return None if expected is None else expected - sum(chances[goal] * needed[goal] for goal in PATTERNS)


def _medians(facts: Facts | None) -> tuple[dict[PatternId, float], dict[PatternId, float]]:
    if facts is None:
        return {}, {}
    return {p: facts.build[p].p50 for p in PATTERNS}, {p: facts.build_weeks[p].p50 for p in PATTERNS}


_CONTAINS: Mapping[PatternId, tuple[PatternId, ...]] = {
    "prompt": ("prompt",), "rag": ("prompt", "rag"), "finetune": ("prompt", "finetune"), "hybrid": PATTERNS,
}


def _expected(chances: Mapping[PatternId, float], first: PatternId, needed: Mapping[PatternId, float]) -> float | None:
    if any(pattern not in needed for pattern in PATTERNS):
        return None
    later = {goal: needed[goal] - (needed[first] if first != "prompt" and goal == "hybrid" else 0) for goal in PATTERNS}
    return needed[first] + sum(chances[goal] * later[goal] for goal in PATTERNS if goal not in _CONTAINS[first])
