"""What to do after a pilot: ship, mark more, climb, or stop."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from advisorkit.files.texts import Texts
from advisorkit.pilots.diagnosis import Diagnosis, Needs
from advisorkit.pilots.tally import Beta, wilson
from advisorkit.pilots.terms import STEP, UNINFORMED, Terms, worth_marking
from advisorkit.values.criteria import PatternId, Rules
from advisorkit.values.quantities import percent, plain

_say = Texts("pilots").say

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
    result: str = ""
    """With ship: the reason without what comes on top."""
    same: bool = False
    """Whether the further cases go on the sheet that was marked, so that all of them together decide."""


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
    """Expected money against not shipping anything, whatever mark was agreed, price taken off; None without money."""


def next_rungs(seen: Diagnosis, terms: Terms, rules: Rules, part: float) -> tuple[NextRung, ...]:
    """Every way up from the piloted pattern, simplest first, where a `part` of the failures lacks information; they are expected to shrink as `Rules` say."""
    right = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits).mean
    by_search, by_training = seen.retrieval_effect(rules) * part, rules.training_effect * (1 - part)
    ways = _REMOVES[seen.pilot.pattern].items()
    after = {p: right + (1 - right) * (search * by_search + train * by_training) for p, (search, train) in ways}
    return tuple(NextRung(p, share, *_money(right, share, terms, p)) for p, share in after.items())


def _money(now: float, then: float, terms: Terms, pattern: PatternId) -> tuple[float | None, float | None]:
    price = terms.prices.get(pattern)
    if terms.stakes is None or price is None:
        return None, None
    return terms.stakes.swing * (then - now) - price, terms.stakes.swing * (then - terms.stakes.break_even) - price


def stands(seen: Diagnosis, terms: Terms, rules: Rules) -> Literal["pass", "fail", "open"]:
    """Whether the pilot reaches its target, misses it, or leaves it open.

    Serious errors ask for the lower end of the Wilson interval. Where money is known, the matter is open while one
    more pilot is worth more than it costs and its range holds the target; after `Rules.most_cases` it no longer is where the next rung would pay for
    itself either way. Otherwise it is settled at `Rules.confidence`.
    """
    if terms.strict:
        return "pass" if seen.right.low >= terms.target else "open" if _settling(seen, terms, rules) else "fail"
    if not seen.right.low <= terms.target <= seen.right.high:
        return "pass" if seen.right.low > terms.target else "fail"
    quality = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits)
    if terms.stakes is not None:
        worth_knowing = worth_marking(quality, terms.stakes, rules, terms.target, terms.most, STEP) and not (seen.right.n >= rules.most_cases and _pays(seen, terms, rules))
        return "open" if worth_knowing else ("pass" if quality.mean > terms.target else "fail")
    chance = UNINFORMED.updated(seen.right.hits, seen.right.n - seen.right.hits).above(terms.target)
    if _doubtful(chance, rules) and _settling(seen, terms, rules):
        return "open"
    return "pass" if chance >= 0.5 else "fail"


def _settling(seen: Diagnosis, terms: Terms, rules: Rules) -> int:
    """Further cases after which the share seen so far would settle it; 0 when no affordable number would."""
    share = seen.right.share or 0.0
    for more in range(STEP, rules.most_cases + 1, STEP):
        n = seen.right.n + more
        chance = UNINFORMED.updated(share * n, (1 - share) * n).above(terms.target)
        if wilson(share * n, n)[0] >= terms.target if terms.strict else not _doubtful(chance, rules):
            return more
    return 0


def _doubtful(chance: float, rules: Rules) -> bool:
    return 1 - rules.confidence < chance < rules.confidence


def further_cases(seen: Diagnosis, terms: Terms, rules: Rules) -> int:
    """How many further cases to mark: worth their cost where money is known, 0 where no number is, and enough to settle it otherwise."""
    least = rules.least_cases if seen.right.n < rules.least_cases else STEP
    if terms.stakes is None or terms.strict:
        return max(least, _settling(seen, terms, rules))
    quality = terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits)
    best = worth_marking(quality, terms.stakes, rules, terms.target, terms.most, least)
    return best.n if best else 0


def retrieval_blocked(seen: Diagnosis, rules: Rules) -> str:
    """Why retrieval is out for now; empty when the pasted-text test does not speak against it."""
    if seen.mended.n < rules.least_tests or seen.mended.high >= rules.oracle_floor:
        return ""
    return _say("blocked.text", cases=plain(seen.mended.n), mended=plain(seen.mended.hits))


def reach(seen: Diagnosis, rules: Rules) -> float:
    """Share right, 0 to 1, that perfect search could reach at most; 1 until enough failures were tried with the right text."""
    if seen.mended.n < rules.least_tests:
        return 1.0
    right, lacking = seen.right.share or 0.0, seen.failures["information"].high
    return right + (1 - right) * lacking * seen.mended.high


def decide(seen: Diagnosis, terms: Terms, rules: Rules, beside: Sequence[Diagnosis] = ()) -> AfterPilot:
    """The decision after one pilot; `beside` are others on the same cases, and a way up that was no better on them is not taken."""
    pattern = seen.pilot.pattern
    if terms.never:
        return AfterPilot("stop", pattern, 0, _say("plan.never") if terms.source == "break_even" else _why("never", seen, terms))
    if seen.right.n < rules.least_cases:
        more = further_cases(seen, terms, rules)
        return AfterPilot("mark_more", pattern, more, _say("decide.too_few" if more else "decide.too_few_to_pay", cases=plain(seen.right.n), more=more), same=True)
    standing, beaten = stands(seen, terms, rules), {one.pilot.pattern: one for one in beside if (one.right.share or 0.0) <= (seen.right.share or 0.0)}
    if standing == "pass":
        return _shipped(seen, terms, rules, beaten)
    if standing == "open":
        more = further_cases(seen, terms, rules)
        return AfterPilot("mark_more", pattern, more, _why("open", seen, terms, more=more), same=True)
    after = _after_failing(seen, terms, rules)
    tried = beaten.get(after.pattern) if after.action == "climb" else None
    return _no_better(seen, tried, terms) if tried else after


def _no_better(seen: Diagnosis, tried: Diagnosis, terms: Terms) -> AfterPilot:
    short, more = tried.right.high < terms.target, max(STEP, math.ceil(seen.right.n))
    told = {"added": _added(seen, tried.pilot.pattern), "share": percent(tried.right.share or 0.0), "more": more}
    return AfterPilot("stop" if short else "mark_more", seen.pilot.pattern, 0 if short else more, _why("tried_short" if short else "tried", seen, terms, **told))


def _added(seen: Diagnosis, to: PatternId) -> str:
    return _say("added.both" if (seen.pilot.pattern, to) == ("prompt", "hybrid") else f"added.{to}")


def _why(key: str, seen: Diagnosis, terms: Terms, **values: object) -> str:
    """The result of a pilot and what follows from it."""
    needed = _say("decide.needed.usual" if terms.source == "usual" else "decide.needed", target=percent(terms.target))
    result = _say(
        "decide.result_cautious" if terms.strict else "decide.result", needed=needed, share=percent(seen.right.share or 0.0),
        cases=plain(seen.right.n), low=percent(seen.right.low),
    )
    return _say(f"decide.{key}", result=result, **values)


def _shipped(seen: Diagnosis, terms: Terms, rules: Rules, beaten: Collection[PatternId]) -> AfterPilot:
    passed = _why("passed_cautious" if terms.strict else "passed_money" if terms.stakes is not None else "passed", seen, terms)
    then = max((way for way in _open_ways(seen, terms, rules) if way.pattern not in beaten), key=lambda way: way.gain or 0.0, default=None)
    if then is None or not then.gain or then.gain <= 0:
        return AfterPilot("ship", seen.pilot.pattern, 0, passed, result=passed)
    more = _say("decide.then", passed=passed, added=_added(seen, then.pattern), share=percent(then.right))
    return AfterPilot("ship", seen.pilot.pattern, 0, more, then.pattern, passed)


def _open_ways(seen: Diagnosis, terms: Terms, rules: Rules, part: float | None = None) -> tuple[NextRung, ...]:
    """Ways up that the pasted-text test leaves, where a `part` of the failures lacks information, else as many as were seen to."""
    (mendable, other), blocked = seen.mendable, retrieval_blocked(seen, rules)
    found = next_rungs(seen, terms, rules, (mendable + 1) / (mendable + other + 2) if part is None else part)
    return tuple(way for way in found if not blocked or way.pattern == "finetune")


def _pays(seen: Diagnosis, terms: Terms, rules: Rules) -> bool:
    """Whether some way up would bring in more than it costs, and more than staying."""
    ways = _open_ways(seen, terms, rules)
    return any(min(way.gain, way.worth) > 0 for way in ways if way.gain is not None and way.worth is not None)


def _after_failing(seen: Diagnosis, terms: Terms, rules: Rules) -> AfterPilot:
    pattern, known = seen.pilot.pattern, sum(seen.mendable)
    parts = (0.0, 1.0) if known < rules.least_failures else (None,)  # too few say why: then whatever they would say
    ways = [way.worth for part in parts for way in _open_ways(seen, terms, rules, part) if way.worth is not None]
    if ways and max(ways) <= 0:
        return AfterPilot("stop", pattern, 0, _why("nothing_pays", seen, terms))
    if known < rules.least_failures:
        missing, failed = rules.least_failures - math.floor(known), seen.right.n - seen.right.hits
        more = max(STEP, math.ceil(missing / max(failed / seen.right.n, 0.05)))
        return AfterPilot("mark_more", pattern, more, _why("unexplained", seen, terms, missing=missing, more=more), same=True)
    needs = Needs.of(seen.failing(rules), 1 - terms.target, rules)
    action, to, key = _onward(seen, terms, rules, needs)
    more = max(STEP, math.ceil(seen.right.n)) if action == "mark_more" else 0
    return AfterPilot(action, to, more, _why(key, seen, terms, reach=percent(reach(seen, rules))))


_Step = tuple[Action, PatternId, str]
"""What to do, with which pattern, and the key of the reason."""


def _onward(seen: Diagnosis, terms: Terms, rules: Rules, needs: Needs) -> _Step:
    pattern, blocked, (lacking, other) = seen.pilot.pattern, bool(retrieval_blocked(seen, rules)), seen.mendable
    if pattern == "hybrid":
        return "stop", "hybrid", "both_in_place"
    if pattern == "rag":
        search = lacking > other and needs.training < 0.5
        return ("mark_more", "rag", "search") if search else ("climb", "hybrid", "passages_there")
    if pattern == "finetune":
        more = _pays(seen, terms, rules) or (needs.retrieval >= 0.5 and not blocked)
        return ("climb", "hybrid", "after_training") if more else ("stop", "finetune", "trained_enough")
    lacked, ill_said = seen.failures["information"].hits, seen.failures["behaviour"].hits
    marked = Beta(1, 1).updated(lacked, ill_said)
    both = marked.above(rules.substantial) - marked.above(1 - rules.substantial) >= 0.5  # each kind makes a substantial part, more likely than not
    if blocked:
        return "climb", "finetune", "text_mends_nothing"
    lacking_most = lacking >= other or lacked > ill_said  # what pasted text does not mend is not manner for that
    if not both and lacking_most and reach(seen, rules) < terms.target:
        return "stop", "prompt", "reach"
    if both and max(needs.retrieval_suffices, needs.training_suffices) < rules.confidence:
        return "climb", "hybrid", "both_kinds"
    return ("climb", "rag", "information") if lacking_most else ("climb", "finetune", "behaviour")
