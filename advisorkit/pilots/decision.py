"""What to do after a pilot: ship, mark more, climb, or stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from advisorkit.pilots.diagnosis import Diagnosis, Needs
from advisorkit.pilots.rules import Rules
from advisorkit.pilots.tally import Beta, wilson
from advisorkit.pilots.terms import UNINFORMED, Terms, best_size, sizes_valued
from advisorkit.values.patterns import PatternId
from advisorkit.values.quantities import percent

Action = Literal["ship", "mark_more", "climb", "stop"]

@dataclass(frozen=True, slots=True)
class AfterPilot:
    """What to do after the pilot."""

    action: Action
    """ship, mark_more, climb or stop."""
    pattern: PatternId
    """The pattern to ship, to mark further, to climb to, or to stop at."""
    cases: int
    """Further cases to mark; 0 unless the action is mark_more."""
    why: str
    """The reason in one or two plain sentences."""
    then: PatternId | None = None
    """With ship: what would probably pay for itself on top, once this is in use; None when nothing would."""


_REMOVES: Mapping[PatternId, Mapping[PatternId, tuple[bool, bool]]] = {
    "prompt": {"rag": (True, False), "finetune": (False, True), "hybrid": (True, True)},
    "rag": {"hybrid": (False, True)},
    "finetune": {"hybrid": (True, False)},
    "hybrid": {},
}
"""For each piloted pattern, what it can be extended to and whether that adds retrieval and training."""


@dataclass(frozen=True, slots=True)
class NextRung:
    """One way up."""

    pattern: PatternId
    """Where it leads."""
    right: float
    """Expected share right there, 0 to 1."""
    gain: float | None
    """Expected money over the horizon against staying with what was piloted, price taken off; None without money."""
    worth: float | None
    """Expected money against not shipping anything, price taken off; None without money."""


def next_rungs(seen: Diagnosis, terms: Terms, rules: Rules) -> tuple[NextRung, ...]:
    """Every way up from the piloted pattern, simplest first; failures are expected to shrink as `Rules` say."""
    mendable, other = seen.mendable
    part = (mendable + 1) / (mendable + other + 2)
    right = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits).mean
    by_search, by_training = seen.retrieval_effect(rules) * part, rules.training_effect * (1 - part)
    ways = _REMOVES[seen.pilot.pattern].items()
    after = {p: right + (1 - right) * (search * by_search + train * by_training) for p, (search, train) in ways}
    return tuple(NextRung(p, share, *_money(right, share, terms, p)) for p, share in after.items())


def _money(now: float, then: float, terms: Terms, pattern: PatternId) -> tuple[float | None, float | None]:
    price = terms.prices.get(pattern)
    if terms.stakes is None or price is None:
        return None, None
    return terms.stakes.swing * (then - now) - price, terms.stakes.swing * (then - terms.target) - price


_STEP = 10
_ADDED: Mapping[PatternId, str] = {"rag": "adding search", "finetune": "training a model", "hybrid": "the other layer on top"}


def stands(seen: Diagnosis, terms: Terms, rules: Rules) -> Literal["pass", "fail", "open"]:
    """Whether the pilot reaches its target, misses it, or leaves it open.

    Serious errors ask for the lower end of the Wilson interval. Where money is known, the matter is open while one
    more pilot is worth more than it costs; after `Rules.most_cases` it no longer is where the next rung would pay for
    itself either way. Otherwise it is settled at `Rules.confidence`.
    """
    if terms.strict:
        return _strictly(seen, terms, rules)
    quality = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits)
    if terms.stakes is not None:
        sizes = sizes_valued(quality, terms.stakes, rules.sizes, terms.target)
        worth_knowing = best_size(sizes) and not (seen.right.n >= rules.most_cases and _pays(seen, terms, rules))
        return "open" if worth_knowing else ("pass" if quality.mean > terms.target else "fail")
    chance = UNINFORMED.updated(seen.right.hits, seen.right.n - seen.right.hits).above(terms.target)
    if _doubtful(chance, rules) and _settling(seen, terms, rules):
        return "open"
    return "pass" if chance >= 0.5 else "fail"


def _strictly(seen: Diagnosis, terms: Terms, rules: Rules) -> Literal["pass", "fail", "open"]:
    if seen.right.low >= terms.target:
        return "pass"
    return "open" if _settling(seen, terms, rules) else "fail"


def _settling(seen: Diagnosis, terms: Terms, rules: Rules) -> int:
    """Further cases after which the share seen so far would settle it; 0 when no affordable number would."""
    share = seen.right.share or 0.0
    for more in range(_STEP, rules.most_cases + 1, _STEP):
        n = seen.right.n + more
        chance = UNINFORMED.updated(share * n, (1 - share) * n).above(terms.target)
        settled = wilson(share * n, n)[0] >= terms.target if terms.strict else not _doubtful(chance, rules)
        if settled:
            return more
    return 0


def _doubtful(chance: float, rules: Rules) -> bool:
    return 1 - rules.confidence < chance < rules.confidence


def further_cases(seen: Diagnosis, terms: Terms, rules: Rules) -> int:
    """How many further cases to mark: worth their cost where money is known, enough to settle it otherwise."""
    least = rules.least_cases if seen.right.n < rules.least_cases else _STEP
    best = None
    if terms.stakes is not None and not terms.strict:
        quality = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits)
        best = best_size(sizes_valued(quality, terms.stakes, rules.sizes, terms.target))
    return max(least, best.n if best else _settling(seen, terms, rules))


def retrieval_blocked(seen: Diagnosis, rules: Rules) -> str:
    """Why retrieval is out for now; empty when the pasted-text test does not speak against it."""
    if seen.mended.n < rules.least_tests or seen.mended.high >= rules.oracle_floor:
        return ""
    return (
        f"In {seen.mended.n:g} failed cases the right text was pasted in by hand; {seen.mended.hits:g} became right. "
        "A search that finds that text would not mend them either."
    )


def reach(seen: Diagnosis, rules: Rules) -> float:
    """Share right, 0 to 1, that perfect search could reach at most; 1 until enough failures were tried with the right text."""
    if seen.mended.n < rules.least_tests:
        return 1.0
    right, lacking = seen.right.share or 0.0, seen.failures["information"].high
    return right + (1 - right) * lacking * seen.mended.high


def decide(seen: Diagnosis, terms: Terms, rules: Rules) -> AfterPilot:
    """The decision after one pilot."""
    pattern = seen.pilot.pattern
    if terms.target >= 1 and terms.source == "break_even":
        return AfterPilot("stop", pattern, 0, "Even a system that is always right would cost more than it brings in.")
    if seen.right.n < rules.least_cases:
        more = further_cases(seen, terms, rules)
        return AfterPilot("mark_more", pattern, more, f"{_marked(seen)}: too few to decide anything. Mark {more} more on the same sheet.")
    standing = stands(seen, terms, rules)
    if standing == "pass":
        return _shipped(seen, terms, rules)
    if standing == "open":
        more = further_cases(seen, terms, rules)
        return AfterPilot("mark_more", pattern, more, f"{_result(seen, terms)} That is too close to call: mark {more} more on the same sheet.")
    return _after_failing(seen, terms, rules)


def _marked(seen: Diagnosis) -> str:
    return f"{seen.right.n:g} cases were marked"


def _result(seen: Diagnosis, terms: Terms) -> str:
    cautious = f" (at least {percent(seen.right.low)}, read cautiously)" if terms.strict else ""
    share = percent(seen.right.share or 0.0)
    return f"{share} of {seen.right.n:g} answered cases were right{cautious}; {percent(terms.target)} is needed."


def _shipped(seen: Diagnosis, terms: Terms, rules: Rules) -> AfterPilot:
    then = max(_open_ways(seen, terms, rules), key=lambda way: way.gain or 0.0, default=None)
    if then is None or not then.gain or then.gain <= 0:
        return AfterPilot("ship", seen.pilot.pattern, 0, _passed(seen, terms))
    more = f"Once it is in use, {_ADDED[then.pattern]} would probably pay for itself: about {percent(then.right)} right."
    return AfterPilot("ship", seen.pilot.pattern, 0, f"{_passed(seen, terms)} {more}", then.pattern)


def _open_ways(seen: Diagnosis, terms: Terms, rules: Rules) -> tuple[NextRung, ...]:
    blocked = retrieval_blocked(seen, rules)
    return tuple(way for way in next_rungs(seen, terms, rules) if not blocked or way.pattern == "finetune")


def _pays(seen: Diagnosis, terms: Terms, rules: Rules) -> bool:
    """Whether some way up would bring in more than it costs, and more than staying."""
    ways = _open_ways(seen, terms, rules)
    return any(min(way.gain, way.worth) > 0 for way in ways if way.gain is not None and way.worth is not None)


def _passed(seen: Diagnosis, terms: Terms) -> str:
    if terms.strict:
        return f"{_result(seen, terms)} Even the cautious reading is enough."
    if terms.stakes is not None:
        return f"{_result(seen, terms)} Marking more cases would cost more than it could save."
    return f"{_result(seen, terms)} That is enough."


def _after_failing(seen: Diagnosis, terms: Terms, rules: Rules) -> AfterPilot:
    known = sum(seen.mendable)
    if known < rules.least_failures:
        return _unexplained(seen, terms, rules.least_failures - math.floor(known))
    ways = [way.worth for way in _open_ways(seen, terms, rules) if way.worth is not None]
    if ways and max(ways) <= 0:
        why = "By what the failures show, no next step would bring in more than it costs."
        return AfterPilot("stop", seen.pilot.pattern, 0, f"{_result(seen, terms)} {why}")
    needs = Needs.of(seen.failing(rules), 1 - terms.target, rules)
    match seen.pilot.pattern:
        case "prompt":
            return _from_prompt(seen, terms, rules, needs)
        case "rag":
            return _from_rag(seen, terms, needs)
        case "finetune":
            return _from_finetune(seen, terms, rules, needs)
    return AfterPilot("stop", "hybrid", 0, f"{_result(seen, terms)} Both layers are in place and it still falls short.")


def _unexplained(seen: Diagnosis, terms: Terms, missing: int) -> AfterPilot:
    failed = seen.right.n - seen.right.hits
    more = max(_STEP, math.ceil(missing / max(failed / seen.right.n, 0.05)))
    why = f"{_result(seen, terms)} Too few failures say why they failed: say it for {missing} more, or mark {more} more cases on the same sheet."
    return AfterPilot("mark_more", seen.pilot.pattern, more, why)


def _from_prompt(seen: Diagnosis, terms: Terms, rules: Rules, needs: Needs) -> AfterPilot:
    if retrieval_blocked(seen, rules):
        return AfterPilot("climb", "finetune", 0, f"{_result(seen, terms)} The right text does not mend the failures; training might.")
    if not _both_kinds(seen, rules) and seen.mendable[0] >= seen.mendable[1] and reach(seen, rules) < terms.target:
        why = f"Even if every missing text were found, about {percent(reach(seen, rules))} would be right: narrow the task or try a stronger model."
        return AfterPilot("stop", "prompt", 0, f"{_result(seen, terms)} {why}")
    alone = max(needs.retrieval_suffices, needs.training_suffices)
    if _both_kinds(seen, rules) and alone < rules.confidence:
        why = "Information is missing in some failures and others are badly answered; neither layer alone is likely to be enough."
        return AfterPilot("climb", "hybrid", 0, f"{_result(seen, terms)} {why}")
    if seen.mendable[0] >= seen.mendable[1]:
        return AfterPilot("climb", "rag", 0, f"{_result(seen, terms)} Most failures lacked the right information.")
    return AfterPilot("climb", "finetune", 0, f"{_result(seen, terms)} Most failures had the information and were badly answered.")


def _both_kinds(seen: Diagnosis, rules: Rules) -> bool:
    """Whether more likely than not each kind, as marked, makes a substantial part of the failures."""
    lacking = Beta(1, 1).updated(seen.failures["information"].hits, seen.failures["behaviour"].hits)
    return lacking.above(rules.substantial) - lacking.above(1 - rules.substantial) >= 0.5


def _from_rag(seen: Diagnosis, terms: Terms, needs: Needs) -> AfterPilot:
    if seen.mendable[0] > seen.mendable[1] and needs.training < 0.5:
        why = "Most failures did not get the right passage. Mend the search, then mark again; training would not help."
        return AfterPilot("mark_more", "rag", max(_STEP, math.ceil(seen.right.n)), f"{_result(seen, terms)} {why}")
    why = "The right passages were there and the answers were still wrong: training is the next layer."
    return AfterPilot("climb", "hybrid", 0, f"{_result(seen, terms)} {why}")


def _from_finetune(seen: Diagnosis, terms: Terms, rules: Rules, needs: Needs) -> AfterPilot:
    if _pays(seen, terms, rules) or (needs.retrieval >= 0.5 and not retrieval_blocked(seen, rules)):
        why = "After training, failures still lack the right information: retrieval is the next layer."
        return AfterPilot("climb", "hybrid", 0, f"{_result(seen, terms)} {why}")
    why = "The failures have the information and are still badly answered: more of the same training is not likely to help."
    return AfterPilot("stop", "finetune", 0, f"{_result(seen, terms)} {why}")
