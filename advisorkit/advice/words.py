"""The advice in a client's words, made only from computed values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from advisorkit.advice.answers import clause, words_of
from advisorkit.advice.belief import MEASURED, EvidenceItem, shuts
from advisorkit.advice.gates import GateHit
from advisorkit.advice.ladder import PILOT
from advisorkit.advice.whatif import Outlook
from advisorkit.values.criteria import AXES, NEEDS, PATTERNS, Axis, Catalog, PatternId
from advisorkit.values.quantities import hundredths, percents

VERY_LIKELY, PROBABLY, UNLIKELY = 0.85, 0.6, 0.15
"""Chances from which a thing is called very likely or probable, and below which it is called unlikely."""

NOTEWORTHY = 1.0
"""Decibans below which a reason is not told."""

FIRM = 2.0
"""The expert's decibans below which an answer is a reason only for the need on which it bears most."""



@dataclass(frozen=True, slots=True)
class Words:
    """What a buyer reads, one tuple of sentences for each purpose."""

    summary: tuple[str, ...]
    """The paragraph below the conclusion."""
    why: tuple[str, ...]
    """The strongest reasons for the destination."""
    against: tuple[str, ...]
    """The strongest reasons against it."""
    facts: tuple[str, ...]
    """What `why` says without where it points; no full stop."""
    facts_against: tuple[str, ...]
    """The same of `against`."""
    named: frozenset[str]
    """Facts that the summary names."""
    not_recommended: tuple[str, ...]
    """What is not recommended, and why."""
    unknowns: tuple[str, ...]
    """What is not known."""

    def untold(self, most: int | None = None) -> tuple[tuple[str, ...], ...]:
        """Of the first `most` sentences of `why`, and of `against`, those whose fact `summary` does not give."""
        pairs = (zip(self.why[:most], self.facts, strict=False), zip(self.against[:most], self.facts_against, strict=False))
        return tuple(tuple(line for line, fact in found if fact not in self.named) for found in pairs)


def say(outlook: Outlook, told: PatternId) -> Words:
    """The advice in plain sentences; `told` is what is put into use, else the destination."""
    summary, why, against = tuple(_summary(outlook)), tuple(islice(_reasons(outlook, 1), 3)), tuple(islice(_reasons(outlook, -1), 2))
    return Words(
        summary=tuple(sentence for sentence, _ in summary),
        why=tuple(sentence for sentence, _ in why),
        against=tuple(sentence for sentence, _ in against),
        facts=tuple(fact for _, fact in why),
        facts_against=tuple(fact for _, fact in against),
        named=frozenset(fact for _, facts in summary for fact in facts),
        not_recommended=tuple(_others(outlook, told)),
        unknowns=tuple(_unknowns(outlook)),
    )


def how_likely(chance: float) -> Literal["very_likely", "probably", "may", "unlikely"]:
    """How sure a chance sounds, as a part of keys of sentences.

    Example:
        >>> [how_likely(chance) for chance in (0.9, 0.7, 0.3, 0.1)]
        ['very_likely', 'probably', 'may', 'unlikely']
    """
    return "very_likely" if chance > VERY_LIKELY else "probably" if chance >= PROBABLY else "may" if chance >= UNLIKELY else "unlikely"


def whole_percents(chances: Mapping[PatternId, float]) -> dict[PatternId, int]:
    """Chances as whole percents that add to 100; 0 only for what cannot be.

    Example:
        >>> whole_percents({"prompt": 0.081, "rag": 0.668, "finetune": 0.003, "hybrid": 0.248})
        {'prompt': 8, 'rag': 66, 'finetune': 1, 'hybrid': 25}
    """
    found = dict(zip(chances, percents([*chances.values()]), strict=True))
    for pattern, chance in chances.items():
        if chance > 0 and not found[pattern]:
            found[max(found, key=lambda p: found[p])] -= 1
            found[pattern] = 1
    return found


def _summary(outlook: Outlook) -> Iterator[tuple[str, Sequence[str]]]:
    """Sentences, each with the facts in it."""
    belief, text, given = outlook.belief, outlook.assessment.catalog.text, set[str]()
    if not belief.items:
        yield text["nothing_yet"], ()
    for place, axis in enumerate(AXES):
        chance = (belief.retrieval, belief.training)[place]
        towards = 1 if chance >= PROBABLY else -1
        told = sorted(((towards * _told(outlook, item)[place], item) for item in belief.items), key=lambda pair: -pair[0])
        new = [item for weight, item in told if weight >= NOTEWORTHY and item.criterion not in given][:2]
        given.update(item.criterion for item in new if item.criterion != MEASURED)
        reasons = [_reason(outlook, item, axis, towards) for item in new]
        state = how_likely(chance)
        needs, joined = text[f"needs.{axis}.{state}"], text["and"].join(map(clause, reasons))
        yield text["although" if state == "may" else "because"].format(needs=needs, reasons=joined) if reasons else f"{needs}.", reasons


def _decibans(item: EvidenceItem) -> tuple[float, float]:
    return item.retrieval, item.training


def _told(outlook: Outlook, item: EvidenceItem) -> tuple[float, float]:
    """What `item` adds on each axis as far as it is a reason that can be told: one that the expert gave too, also of the level named, and no missing ground."""
    if item.criterion == MEASURED:
        return _decibans(item)
    levels = outlook.assessment.catalog.criteria[item.criterion].levels
    grounds = [(mass, level) for mass, level in zip(outlook.masses[item.criterion], levels, strict=False) if not level.absent]
    expert = [sum(m * one.expert[axis] for m, one in grounds) for axis in (0, 1)]
    firm, named = min(FIRM, max(map(abs, expert))), _named(outlook, item) or expert
    told = zip(_decibans(item), expert, named, strict=True)
    retrieval, training = (part if part * said > 0 and part * own > 0 and abs(said) >= firm else 0.0 for part, said, own in told)
    return retrieval, training


def _named(outlook: Outlook, item: EvidenceItem) -> tuple[float, float] | None:
    """What the expert gave the level that the words on `item` name; None where people name several."""
    if outlook.assessment.answers[item.criterion].disputed:
        return None
    mass, levels = outlook.masses[item.criterion], outlook.assessment.catalog.criteria[item.criterion].levels
    return levels[mass.index(max(mass))].expert


def _reason(outlook: Outlook, item: EvidenceItem, axis: Axis, sign: int) -> str:
    assessment = outlook.assessment
    text = assessment.catalog.text
    if item.criterion == MEASURED:
        return text[f"measured.{axis}.{'for' if sign > 0 else 'against'}"]
    criterion, answer = assessment.catalog.criteria[item.criterion], assessment.answers[item.criterion]
    if answer.disputed:
        return text["disputed"].format(label=criterion.label, answers=clause(words_of(criterion, answer)))
    return text["guess"].format(reason=item.label) if item.guess else item.label


def _reasons(outlook: Outlook, sign: int) -> Iterator[tuple[str, str]]:
    """Reasons for (1) or against (-1) the destination, strongest first: the sentence and the fact in it."""
    text = outlook.assessment.catalog.text
    towards = [sign if needed else -sign for needed in NEEDS[PATTERNS[outlook.goal]]]
    weighed = [(sum(way * part for way, part in zip(towards, _decibans(item), strict=True)), item) for item in outlook.belief.items]
    for weight, item in sorted(weighed, key=lambda pair: -pair[0]):
        if weight < NOTEWORTHY:
            return
        told = [way * part for way, part in zip(towards, _told(outlook, item), strict=True)]
        if max(told) >= NOTEWORTHY:
            place = told.index(max(told))
            both = min(told) >= NOTEWORTHY and towards[0] == towards[1] and item.criterion != MEASURED
            key = f"reason.{'both' if both else AXES[place]}.{'for' if towards[place] > 0 else 'against'}"
            fact = _reason(outlook, item, AXES[place], towards[place])
            yield text[key].format(reason=fact), fact


def _others(outlook: Outlook, told: PatternId) -> Iterator[str]:
    catalog, text = outlook.assessment.catalog, outlook.assessment.catalog.text
    shutting = [hit for hit in outlook.hits if shuts(hit)]
    lowering = [hit for hit in outlook.hits if hit.lowers]
    chances = dict(zip(PATTERNS, outlook.chances.tolist(), strict=True))
    whole = whole_percents(chances)
    for pattern, chance in chances.items():
        name = catalog.patterns[pattern].name
        shut = next((hit for hit in shutting if pattern in hit.removes), None)
        if pattern in (PATTERNS[outlook.goal], told):
            continue
        if shut and chance == 0:
            yield text["not.ruled_out"].format(pattern=name, reason=shut.reason)
        elif low := next((hit for hit in lowering if pattern in hit.removes), None):
            yield text["not.lowered"].format(pattern=name, chance=hundredths(whole[pattern]), reason=low.reason)
        else:
            yield apart(catalog, pattern, PATTERNS[outlook.goal], chance, hundredths(whole[pattern]))


def apart(catalog: Catalog, pattern: PatternId, goal: PatternId, chance: float, shown: str = "") -> str:
    """What `pattern` lacks, adds or mistakes where `goal` is what fits; `shown` is its `chance` as it is printed, if at all."""
    key = f"not.{_difference(pattern, goal)}"
    said = catalog.text[f"{key}.yet" if chance >= UNLIKELY and f"{key}.yet" in catalog.text else key]
    return said.format(pattern=catalog.patterns[pattern].name, chance=f" ({shown})" if shown else "")


def _difference(pattern: PatternId, goal: PatternId) -> str:
    if {pattern, goal} == {"rag", "finetune"}:
        return "swaps.to_retrieval" if pattern == "rag" else "swaps.to_training"
    (r, t), (goal_r, goal_t) = NEEDS[pattern], NEEDS[goal]
    what = "both" if r != goal_r and t != goal_t else "retrieval" if r != goal_r else "training"
    return f"{'adds' if (r, t) > (goal_r, goal_t) else 'lacks'}.{what}"


def _unknowns(outlook: Outlook) -> Iterator[str]:
    assessment = outlook.assessment
    catalog, text = assessment.catalog, assessment.catalog.text
    if any(hit.criterion == PILOT for hit in outlook.hits):
        yield text["unknown.pilot"]
    open_gates: dict[str, list[GateHit]] = {}
    for hit in outlook.hits:
        if hit.provisional and hit.criterion not in assessment.answers:
            open_gates.setdefault(hit.criterion, []).append(hit)
    at_stake = {name: _shut(hits, outlook) for name, hits in open_gates.items()}
    for name in sorted(at_stake, key=lambda name: -max((_chance(outlook, p) for p in at_stake[name]), default=0.0))[:3]:
        if at_stake[name]:
            names = ", ".join(catalog.patterns[p].name for p in at_stake[name])
            yield text["unknown.gate"].format(label=catalog.criteria[name].label, patterns=names)
    answers = assessment.answers.items()
    disputed, guessed = ([n for n, a in answers if a.disputed], [n for n, a in answers if a.confidence == "guess"])
    for key, chosen in (("disputed", disputed), ("guess", guessed)):
        if labels := [catalog.criteria[name].label for name in chosen]:
            yield text[f"unknown.{key}"].format(labels=", ".join(labels))


def _chance(outlook: Outlook, pattern: PatternId) -> float:
    return float(outlook.chances[PATTERNS.index(pattern)])


def _shut(hits: list[GateHit], outlook: Outlook) -> list[PatternId]:
    """Patterns that open gates could still take away and that stand a chance, or are the step for now."""
    named = {pattern for hit in hits for pattern in hit.removes}
    return [pattern for pattern in PATTERNS if pattern in named and (_chance(outlook, pattern) >= UNLIKELY or pattern == outlook.now)]
