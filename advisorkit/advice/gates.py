"""Gates: what an answer forbids, whatever the rest of the evidence says."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from advisorkit.costs.facts import CostFacts
from advisorkit.values.criteria import PATTERNS, Axis, Basis, Catalog, Criterion, Gate, GateKind, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import CatalogError, nearest
from advisorkit.values.quantities import Estimate, Kind

Answers = Mapping[str, Answer]

GUESS = 2 / 3
"""Share of an answer that counts when it is marked as a guess; the rest adds nothing."""

HOLDS = 0.65
"""Largest factor on odds at which a gate that lowers them is told as a reason: one of 0.1 or 0.2 that rather holds than not, or a guess that does."""
SURE = 1 - 1e-9
"""Chance above which a lasting gate holds for certain."""

Facts = CostFacts
"""Computed evidence that the cost model hands over; a field that is None is not known."""


@dataclass(frozen=True, slots=True)
class GateHit:
    """A gate that holds, or that an unknown answer may yet close."""

    criterion: str
    """Criterion whose answer closes it."""
    kind: GateKind
    """lasting, lowers, for_now, off_ramp or autonomy."""
    removes: tuple[PatternId, ...]
    """Patterns that it takes away."""
    reason: str
    """Why, in a client's words."""
    reopens: str
    """What in the world would lift it."""
    provisional: bool
    """True when the answer is unknown, disputed or a guess: it is shown and takes nothing away."""
    short: str = ""
    """The reason in a few words, for labels."""
    leads_to: tuple[str, ...] = ()
    """Off-ramps or companions that it points to, first choice first."""
    levels: tuple[str, ...] = ()
    """Levels that close it; empty for one that only a computed test closes."""
    basis: Basis | None = None
    """What it rests on; None for gates that only bind the step for now or point beside the patterns."""
    factor: float = 1.0
    """What the odds of its patterns are multiplied by; 1 where it takes them away, holds them back or is not certain."""

    @property
    def lowers(self) -> bool:
        """Whether it lowers odds and rather holds than not; what hardly holds is no reason to give."""
        return self.factor < HOLDS


def shares(criterion: Criterion, answer: Answer | None) -> tuple[float, ...]:
    """Probability of each level under `answer`; zeros when unknown.

    A word is certain, a dispute is shared out evenly, a range has its mass between the ends of each band.
    """
    if answer is None:
        return (0.0,) * len(criterion.levels)
    if answer.amount is not None:
        return _bands(criterion, answer.amount)
    return tuple(answer.levels.count(level.id) / max(1, len(answer.levels)) for level in criterion.levels)


def _bands(criterion: Criterion, amount: Estimate) -> tuple[float, ...]:
    kind: Kind = "share" if criterion.maximum == 1 else "positive"
    below = [1.0 if level.below is None else amount.below(level.below, kind) for level in criterion.levels]
    return tuple(high - low for low, high in zip([0.0, *below], below, strict=False))


def sure(catalog: Catalog, answers: Answers, id: str, *levels: str) -> float | None:
    """Probability that the answer to `id` is one of `levels`; None when unknown.

    Example:
        >>> from advisorkit.catalog.reading import load
        >>> sure(load(), {"citations": Answer(levels=("required", "no"))}, "citations", "required")
        0.5
    """
    answer = answers.get(id)
    if answer is None or id not in catalog.criteria:
        return None
    if answer.amount is None:
        return sum(level in levels for level in answer.levels) / max(1, len(answer.levels))
    criterion = catalog.criteria[id]
    mass = shares(criterion, answer)
    return sum(share for share, level in zip(mass, criterion.levels, strict=True) if level.id in levels)


@dataclass(frozen=True, slots=True)
class Test:
    """A computed test of a gate."""

    reads: tuple[str, ...]
    """Criteria whose answers it looks at, beside the gate's own."""
    run: Callable[[Catalog, Answers, Facts | None, PatternId], float | None]
    """Chance that the gate is closed for a pattern; None when it cannot be known."""
    facts: tuple[str, ...]
    """Fields of the cost model's facts that it looks at."""


def _beyond_window(catalog: Catalog, answers: Answers, facts: Facts | None, _: PatternId) -> float | None:
    if sure(catalog, answers, "facts_in_request", "all") == 1:
        return 0.0
    size, window = answers.get("corpus_tokens"), facts and facts.window_tokens
    return 1 - size.amount.below(window) if size and size.amount and window else None


def _shared_corpus(catalog: Catalog, answers: Answers, _: Facts | None, __: PatternId) -> float | None:
    texts = sure(catalog, answers, "source_form", "documents", "mixed")
    outside = sure(catalog, answers, "facts_in_request", "none")
    known = [chance for chance in (texts, outside) if chance is not None]
    if 0 in known or len(known) == 2:
        return min(known)
    return None


def _search_unmeasured(_: Catalog, answers: Answers, __: Facts | None, pattern: PatternId) -> float | None:
    answer = answers.get("search_hit_rate")
    return float(pattern != "rag" or answer is None or answer.amount is None or answer.confidence == "guess")


def _payback_exceeds_life(_: Catalog, __: Answers, facts: Facts | None, ___: PatternId) -> float | None:
    if facts is None or not facts.payback_known:
        return None
    return float((facts.payback_months or math.inf) > facts.base_model_life_months)


def _short_of(name: str, fact: str) -> Test:
    """A test of what there is against what a pattern takes to build."""

    def short(_: Catalog, answers: Answers, facts: Facts | None, pattern: PatternId) -> float | None:
        given, needed = answers.get(name), getattr(facts, fact)[pattern].p50 if facts else 0
        return given.amount.below(needed) if given and given.amount and needed else None

    return Test((name,), short, (fact,))


TESTS: dict[str, Test] = {
    "beyond_window": Test(("facts_in_request", "corpus_tokens"), _beyond_window, ("window_tokens",)),
    "each_sees_own_record": Test(("access_control",), lambda catalog, answers, *_: sure(catalog, answers, "access_control", "own_record_only"), ()),
    "over_budget": _short_of("budget", "build"),
    "over_deadline": _short_of("deadline_weeks", "build_weeks"),
    "payback_exceeds_life": Test((), _payback_exceeds_life, ("payback_known", "payback_months", "base_model_life_months")),
    "search_unmeasured": Test(("search_hit_rate",), _search_unmeasured, ()),
    "shared_corpus_in_prompt": Test(("source_form", "facts_in_request"), _shared_corpus, ()),
}
"""Computed tests by name."""


def closure(gate: Gate, catalog: Catalog, answers: Answers, facts: Facts | None = None, pattern: PatternId = "prompt") -> float | None:
    """Chance that `gate` is closed for `pattern`, 0 to 1; None when that cannot be known."""
    by_level = sure(catalog, answers, gate.criterion, *gate.levels) if gate.levels else 1.0
    if gate.unless and (excused := sure(catalog, answers, gate.unless.criterion, *gate.unless.levels)):
        by_level = 0.0 if excused == 1 else None if by_level is None else by_level * (1 - excused)
    if not gate.computed or by_level == 0:
        return by_level
    if gate.computed not in TESTS:
        near = nearest(gate.computed, list(TESTS)) or tuple(TESTS)
        raise CatalogError(f"no computed test '{gate.computed}' for {gate.criterion}; there is {', '.join(near)}")
    computed = TESTS[gate.computed].run(catalog, answers, facts, pattern)
    return 0.0 if computed == 0 else None if by_level is None or computed is None else by_level * computed


def person_decides(catalog: Catalog, answers: Answers) -> str:
    """Why a person has to decide each case, so that the system only assists; empty where nobody has to.

    Example:
        >>> from advisorkit.catalog.reading import load
        >>> person_decides(load(), {"regulated": Answer(levels=("yes",))})
        'The use is regulated, so a person decides and the system assists.'
    """
    hits = (hit for gate in catalog.gates if gate.kind == "autonomy" for hit in hits_of(gate, catalog, answers, None))
    return next((hit.reason for hit in hits if not hit.provisional), "")


def read_by(gate: Gate) -> frozenset[str]:
    """Criteria on whose answers the state of `gate` depends."""
    unless = (gate.unless.criterion,) if gate.unless else ()
    computed = TESTS[gate.computed].reads if gate.computed in TESTS else ()
    return frozenset((gate.criterion, *unless, *computed))


def told_by(gate: Gate) -> tuple[str, ...]:
    """Fields of the cost model's facts on which the state of `gate` depends."""
    return TESTS[gate.computed].facts if gate.computed in TESTS else ()


def hits_of(gate: Gate, catalog: Catalog, answers: Answers, facts: Facts | None) -> Iterator[GateHit]:
    """What `gate` takes away, patterns that it may yet take away apart: those of a lasting gate that an unknown answer may close, marked provisional.

    A gate holds when its answer is more likely than not to close it. One with a computed test holds for those of
    its patterns for which the test does.
    """
    patterns = gate.removes or PATTERNS[:1]
    shared = None if gate.computed else closure(gate, catalog, answers, facts, patterns[0])
    chances = {pattern: closure(gate, catalog, answers, facts, pattern) if gate.computed else shared for pattern in patterns}
    may = gate.kind == "lasting" or gate.unknown_closes
    if not any(chance or (may and chance is None) for chance in chances.values()):
        return
    guessed = any(answers[name].confidence == "guess" for name in read_by(gate) if name in answers)
    states = {pattern: _state(gate, catalog, answers, chance, guessed=guessed) for pattern, chance in chances.items()}
    held = max((chance or 0.0 for chance in chances.values()), default=0.0) * (GUESS if guessed else 1.0)
    for state in ("closed", "provisional"):
        removes = tuple(pattern for pattern in gate.removes if states[pattern] == state)
        if state in states.values():
            yield GateHit(
                gate.criterion, gate.kind, removes, gate.reason, gate.reopens, state == "provisional", gate.short, gate.leads_to, gate.levels,
                gate.basis, 1 - held * (1 - gate.factor) if state == "closed" else 1.0,
            )  # fmt: skip


def _state(gate: Gate, catalog: Catalog, answers: Answers, chance: float | None, *, guessed: bool) -> str:
    if chance is None and gate.kind == "for_now" and gate.unknown_closes:
        return "closed"
    least = {"lasting": SURE, "lowers": 0.0}.get(gate.kind, 0.5)
    if chance is not None and chance > least and not (guessed and gate.kind == "lasting"):
        return "closed"
    open_question = chance is None and not pointless(catalog, answers, gate.criterion)
    return "provisional" if gate.kind == "lasting" and (open_question or chance) else "open"


def pointless(catalog: Catalog, answers: Answers, id: str, chances: Mapping[Axis, float] | None = None) -> bool:
    """Whether an earlier answer, or the belief so far, makes the question `id` meaningless.

    Args:
        catalog: The catalogue.
        answers: Answers so far.
        id: Criterion id.
        chances: Belief by axis, 0 to 1; without it, questions that depend on an axis count as meaningful.

    Example:
        >>> from advisorkit.catalog.reading import load
        >>> pointless(load(), {"facts_in_request": Answer(levels=("all",))}, "corpus_tokens")
        True
        >>> pointless(load(), {}, "training_rights", {"training": 0.05})
        True
    """
    ask_if = catalog.criterion(id).ask_if
    if ask_if is None:
        return False
    if ask_if.axis is not None:
        return chances is not None and chances[ask_if.axis] < ask_if.at_least
    return sure(catalog, answers, ask_if.criterion, *ask_if.levels) == 0


def open_criteria(catalog: Catalog, answers: Answers, chances: Mapping[Axis, float] | None = None) -> tuple[Criterion, ...]:
    """Questions that nobody has answered and that still make sense, in catalogue order; `chances` as in `pointless`."""
    return tuple(
        criterion for criterion in catalog.criteria.values()
        if not criterion.derived and (criterion.id not in answers or answers[criterion.id].unknown) and not pointless(catalog, answers, criterion.id, chances)
    )
