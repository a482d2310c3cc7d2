"""What is decided on one workflow: the one value from which every screen, page and file takes what it says."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisorkit.advice.advice import Advice
from advisorkit.advice.gates import Answers, open_criteria, person_decides
from advisorkit.advice.ladder import Rung
from advisorkit.advice.steps import NextStep, OffRamp, in_use
from advisorkit.advice.words import how_likely, whole_percents
from advisorkit.costs.assumption import BASIS, completed
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.sampling import band
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import PATTERNS, Catalog, OffRampId, PatternId
from advisorkit.values.displayed import Displayed
from advisorkit.values.messages import FILLING, locale
from advisorkit.values.places import printing
from advisorkit.values.quantities import Band, money_short, percent

DRAWS, SEED = 2**11, 20_261_129
"""Draws of the share right, and their seed."""

_SAY = Texts("advice").say


@dataclass(frozen=True, slots=True)
class Target:
    """The share right that is asked for."""

    share: float | None
    """0 to 1; above 1 when right answers can never pay for wrong ones; None when nobody asks for one."""
    source: Literal["pass_mark", "client", "break_even", "none"]
    """Agreed for a pilot, named by the client, or where right answers pay for wrong ones."""
    never: bool = False
    """Whether no share of right answers would pay for itself, whatever was agreed or named."""


@dataclass(frozen=True, slots=True)
class Prospects:
    """How often each pattern will probably be right, held against what is asked for."""

    target: Target
    """What is asked for."""
    expected_right: Mapping[PatternId, Band]
    """Share right by pattern, 0 to 1; empty when it is not known."""
    reach: Mapping[PatternId, float | None]
    """Chance that a pattern reaches the target, 0 to 1; None without one."""
    today: float | None
    """Share of today's work that is right, 0 to 1; None when nobody said."""
    today_measured: bool
    """Whether that was marked on the pilot's own cases."""

    def below(self, pattern: PatternId) -> bool:
        """Whether the share right of `pattern` that is told is less than what is asked for, as both are printed."""
        right, wanted = self.expected_right.get(pattern), self.target.share
        return right is not None and wanted is not None and right.p50 < wanted and percent(right.p50) != percent(min(wanted, 1.0))

    def outlook(self, pattern: PatternId) -> str:
        """Whether `pattern` will probably reach what is asked for: reached, open, missed; empty where that is not known."""
        chance = self.reach.get(pattern)
        return "" if chance is None else "reached" if chance >= 0.6 else "missed" if chance < 0.4 else "open"


def prospects_of(inputs: Inputs, target: Target, *, today_measured: bool = False) -> Prospects:
    """What the error rates of the cost model, measured ones among them, hold out for each pattern.

    Args:
        inputs: Assumptions of one workflow.
        target: What is asked for.
        today_measured: Whether today's share right was marked on the pilot's own cases.
    """
    rates = {pattern: f"error_rate_{pattern}" for pattern in PATTERNS}
    spread = completed(inputs.draw(DRAWS, SEED, (*BASIS, *rates.values())))
    right = {pattern: 1 - np.broadcast_to(spread[rate], DRAWS) for pattern, rate in rates.items()}
    wanted, wrong = target.share, inputs.rows["error_rate_today"].range
    return Prospects(
        target,
        {pattern: band(shares) for pattern, shares in right.items()},
        {pattern: None if wanted is None else float(np.mean(shares >= wanted)) for pattern, shares in right.items()},
        None if wrong is None else 1 - wrong.likely,
        today_measured,
    )


Run = tuple[str, str]
"""Words, and the id of the pattern that they name; empty when they name none."""


@dataclass(frozen=True, slots=True)
class Gained:
    """What is put into use, else the destination, gains against today."""

    gain: float
    """At likely values, as the money table prints it."""
    months: int
    """Over how many months."""
    currency: str
    """ISO code."""
    even: float | None = None
    """Share right at which it gains nothing; above 1 it never gains, at 0 and below always; None where that is not known."""


@dataclass(frozen=True, slots=True, repr=False)
class Decision(Displayed):
    """The decision on one workflow as every output tells it."""

    runs: tuple[tuple[Run, ...], ...]
    """The conclusion, sentence by sentence in runs, so that a pattern can stand in its colour."""
    now: PatternId
    """The pattern to work on today."""
    destination: PatternId
    """Where it will probably end."""
    clear: bool
    """Whether the destination is clear."""
    off_ramp: OffRamp | None
    """Something simpler that fits; None when nothing does."""
    next_step: NextStep
    """What to do next."""
    prospects: Prospects
    """Expected share right, against what is asked for."""
    chances: Mapping[PatternId, int]
    """Whole percent by pattern, adding to 100."""
    enough: str
    """Expected share right of the destination and the chance to reach what is needed, in a sentence; empty without a target."""
    reasons: tuple[str, ...]
    """The strongest reasons for it that `Words.summary` does not give."""
    path: tuple[Rung, ...]
    """Rungs, lowest first; none where something simpler takes the place of all patterns."""
    warnings: tuple[str, ...]
    """What weakens or binds it."""
    to_ask: tuple[str, ...]
    """Criteria still to ask: not even answered with unknown, and not made pointless by other answers."""
    open_questions: int
    """How many these are."""
    person_decides: bool
    """Whether a person has to decide each case, so that the system only assists."""
    override: str
    """A person's other decision in a sentence; empty when there is none."""
    instead: str
    """Name of what is advised in place of any pattern, which may be to stop or to leave it as it is; empty where one is advised. A product that can be bought stands beside them."""
    gain: str
    """What is put into use, else the destination, gains or loses against today, in a sentence that names its condition; empty where that is not known."""
    gained: Gained | None
    """The amount in it."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The conclusion, sentence by sentence."""
        return tuple("".join(words for words, _ in sentence) for sentence in self.runs)

    @property
    def headline(self) -> str:
        """The conclusion."""
        return " ".join(self.sentences)

    @property
    def order(self) -> tuple[PatternId, ...]:
        """Patterns that are not ruled out, likeliest first; the destination leads a tie."""
        return _order(self.chances, self.destination)

    @property
    def told(self) -> PatternId:
        """The pattern whose money and share right are told first: what is put into use, else the destination."""
        return in_use(self.next_step, self.destination)

    @property
    def replaced(self) -> bool:
        """Whether something simpler takes the place of all patterns; a product that can be bought stands beside them."""
        return replaces(self.off_ramp)

    @property
    def ended(self) -> bool:
        """Whether nothing of it goes on, so that no sum over workflows holds it: it stops here, is left as it is, or something simpler takes its place."""
        return bool(self.instead)

    @property
    def sure(self) -> Literal["stop", "simpler", "only", "pilot", "clear", "open"]:
        """How sure it is; `pilot` where it is clear as far as can be told before marks come in."""
        if self.next_step.action == "stop":
            return "stop"
        if self.replaced:
            return "simpler"
        clear: Literal["pilot", "clear"] = "pilot" if self.next_step.action == "pilot" and self.next_step.cases else "clear"
        return "only" if self.only else clear if self.clear else "open"

    @property
    def only(self) -> bool:
        """Whether the destination is the only pattern that is allowed."""
        return self.chances[self.destination] == 100


def _order(chances: Mapping[PatternId, int], goal: PatternId) -> tuple[PatternId, ...]:
    return tuple(sorted((p for p in PATTERNS if chances[p]), key=lambda p: (-chances[p], p != goal)))


def replaces(ramp: OffRamp | None) -> bool:
    """Whether an off-ramp takes the place of all patterns."""
    return ramp is not None and ramp.kind != "buy"


@printing
def about(chance: float) -> str:
    """A chance as people say it, in fifths and tenths.

    Example:
        >>> [about(chance) for chance in (0.02, 0.19, 0.5, 0.72, 0.99)]
        ['less than 1 in 20', 'about 1 in 5', 'about 1 in 2', 'about 7 in 10', 'more than 19 in 20']
    """
    if not 0.05 <= chance <= 0.95:
        return _SAY("chance.least" if chance < 0.5 else "chance.most")
    return _SAY("chance.about", chance=tenths(chance))


def tenths(chance: float) -> str:
    """A chance in fifths and tenths.

    Example:
        >>> [tenths(chance) for chance in (0.19, 0.5, 0.72)]
        ['1 in 5', '1 in 2', '7 in 10']
    """
    found = min(9, max(1, int(chance * 10 + 0.5)))
    hits, of = (1, 2) if found == 5 else (found // 2, 5) if found % 2 == 0 else (found, 10)
    return _SAY("chance.of", hits=hits, of=of)


def decide(
    catalog: Catalog, advice: Advice, answers: Answers, prospects: Prospects, step: NextStep,
    gained: Gained | None = None, said: Collection[str] = (), way: str = "",
) -> Decision:
    """The decision that follows from an advice.

    Args:
        catalog: What the engine knows.
        advice: The advice.
        answers: Every answer that holds, a pilot's findings in place of opinions.
        prospects: Expected share right, against what is asked for.
        step: What to do next, with the cases to mark that its plan names.
        gained: What is put into use, else the destination, gains against today, where that is known.
        said: Criteria that somebody answered, with unknown too.
        way: In which way the pattern of the step was tried, such as ``corpus``.
    """
    decided, to_ask = bool(person_decides(catalog, answers)), tuple(_to_ask(catalog, advice, answers, said))
    chances = whole_percents({pattern: found.probability for pattern, found in advice.patterns.items()})
    told = in_use(step, advice.recommended)
    gain = tuple(_gain(catalog, told, prospects, gained)) if gained else ()
    opening = _unless(catalog, advice, step, prospects, tuple(_headline(catalog, advice, chances, step, prospects, way, person=decided)))
    return Decision(
        runs=(*opening, gain) if gain and step.action not in ("off_ramp", "stop") else opening,
        now=advice.now,
        destination=advice.recommended,
        clear=advice.clear,
        off_ramp=advice.off_ramp,
        next_step=step,
        prospects=prospects,
        chances=chances,
        enough="" if replaces(advice.off_ramp) else _enough(catalog.text, told, prospects),
        reasons=advice.words.untold()[0],
        path=() if replaces(advice.off_ramp) else advice.path,
        warnings=tuple(dict.fromkeys((*advice.warnings, *_beside(catalog, advice, prospects, gained)))),
        to_ask=to_ask,
        open_questions=len(to_ask),
        person_decides=decided,
        override=_override(catalog, advice),
        instead=_instead(catalog, advice.off_ramp, step, prospects),
        gain="".join(words for words, _ in gain),
        gained=gained,
    )


def _to_ask(catalog: Catalog, advice: Advice, answers: Answers, said: Collection[str]) -> Iterator[str]:
    """Questions that nobody answered and that still mean something; of those after a workshop only what is asked next."""
    belief, due = advice.belief, {one.criterion for one in advice.next_questions}
    found = open_criteria(catalog, answers, {"retrieval": belief.retrieval, "training": belief.training})
    yield from (one.id for one in found if one.id not in said and (one.when != "after" or one.id in due))


def _unless(catalog: Catalog, advice: Advice, step: NextStep, prospects: Prospects, told: tuple[tuple[Run, ...], ...]) -> tuple[tuple[Run, ...], ...]:
    """What is told of what to try, behind a plain no where even right answers would not pay for it."""
    if not prospects.target.never or step.action in ("off_ramp", "stop"):
        return told
    at = int(_open(advice, step))
    (words, pattern), *rest = told[at]
    then = catalog.text["never.then"].format(step=locale().clause(words))
    return ((catalog.text["never"], ""),), *told[:at], ((then, pattern), *rest), *told[at + 1 :]


def _open(advice: Advice, step: NextStep) -> bool:
    """Whether a pilot is to tell apart what is not clear yet."""
    return not advice.clear and step.action == "pilot" and step.cases > 0


def _headline(
    catalog: Catalog, advice: Advice, chances: Mapping[PatternId, int], step: NextStep, prospects: Prospects, way: str, *, person: bool
) -> Iterator[tuple[Run, ...]]:
    text, now, goal, ramp = catalog.text, advice.now, advice.recommended, advice.off_ramp
    if step.action == "off_ramp" and ramp:
        template = text.get(f"start.off_ramp.{ramp.kind}", text["start.off_ramp"])
        yield ((template.format(ramp=catalog.off_ramps[ramp.kind].long_name), ""),)
        return
    if _open(advice, step):
        first, second = (*_order(chances, goal), goal)[:2]
        yield ((text["open.headline"].format(first=text[f"name.{first}"], second=text[f"name.{second}"]), ""),)
        yield _named(text["open.start.prompt" if now == "prompt" else "open.start.other"], now, catalog)
        return
    key = "start.used" if step.used else f"start.{step.action}"
    if step.action == "pilot":
        closed = ".closed" if advice.patterns[now].status == "ruled_out" else ""
        key += f".none{closed}" if not step.cases else f".{now}" if now in ("prompt", "rag") else ".other"
    yield _named(text[f"{key}.person" if person and key == "start.ship" else key], now, catalog, text.get(f"way.{way}", ""), cases=str(step.cases))
    if step.action not in ("ship", "stop"):
        likely = text[f"likely.{how_likely(advice.patterns[goal].probability)}"]
        until = ".pilot" if step.action == "pilot" and step.cases and now != goal and chances[goal] < 100 else ""
        yield _named(text[_goal(now, goal, prospects) + until], goal, catalog, likely=likely, needed=percent(min(prospects.target.share or 0.0, 1.0)))


def _goal(now: PatternId, goal: PatternId, prospects: Prospects) -> str:
    """Key of the sentence on where it ends: what is tried is called enough by nobody, and its chance to reach the target drives the verb."""
    return "goal.other" if now != goal else f"goal.same.{outlook}" if (outlook := prospects.outlook(goal)) and not prospects.target.never else "goal.same"


def _gain(catalog: Catalog, goal: PatternId, prospects: Prospects, found: Gained) -> tuple[Run, ...]:
    """A gain says on which share right it stands where less is expected than is asked for; the pattern was named before it."""
    key = "gain" if found.gain >= 0 else "loss"
    key += ".if" if prospects.below(goal) else ""
    amount, right = money_short(abs(found.gain), found.currency), percent(prospects.expected_right[goal].p50)
    return _named(catalog.text[key], goal, catalog, catalog.patterns[goal].later_name, gain=amount, months=str(found.months), right=right)


def _named(template: str, pattern: PatternId, catalog: Catalog, name: str = "", **values: str) -> tuple[Run, ...]:
    """A sentence in runs; what stands in its place for a pattern names that pattern, as at its first mention where no `name` is given."""
    before, place, after = template.partition("{pattern}")
    runs = ((FILLING.format(before, **values), ""), ((name or catalog.patterns[pattern].long_name) if place else "", pattern), (FILLING.format(after, **values), ""))
    return tuple(run for run in runs if run[0])


def _enough(text: Mapping[str, str], goal: PatternId, prospects: Prospects) -> str:
    chance, right = prospects.reach.get(goal), prospects.expected_right.get(goal)
    if chance is None or right is None or prospects.target.share is None:
        return ""
    key, needed = "enough.never" if prospects.target.never else "enough", min(prospects.target.share, 1.0)
    return text[key].format(
        pattern=text[f"name.{goal}"], middle=percent(right.p50), low=percent(right.p10), high=percent(right.p90),
        needed=percent(needed), chance=about(chance),
    )  # fmt: skip


def _beside(catalog: Catalog, advice: Advice, prospects: Prospects, gained: Gained | None) -> Iterator[str]:
    """What the prospects and a person's other decision have to be warned of."""
    text, told = catalog.text, in_use(advice.next_step, advice.recommended)
    right = prospects.expected_right.get(told)
    if right and prospects.today is not None and round(prospects.today, 2) > round(right.p50, 2) and not replaces(advice.off_ramp):
        key = "warn.people_measured" if prospects.today_measured else "warn.people_said"
        yield text[key].format(today=percent(prospects.today), pattern=catalog.patterns[told].name, expected=percent(right.p50))
    if not replaces(advice.off_ramp) and gained and gained.even is not None and not advice.next_step.used:
        yield from _two_marks(text, prospects.target, gained.even, catalog.patterns[told].name)
    if advice.off_ramp and not replaces(advice.off_ramp):
        yield advice.off_ramp.reason
    if advice.override and advice.patterns[advice.override.pattern].status == "ruled_out":
        yield _ruled_out(catalog, advice, advice.override.pattern)


_APART = 0.03
"""Least difference between the share right that a pilot's sums ask for and that from which there is a gain against today that is told."""


def _two_marks(text: Mapping[str, str], target: Target, even: float, name: str) -> Iterator[str]:
    """Where a pilot has to show another share right than what is put into use needs to gain, what each counts; what was named may be more than a gain needs."""
    if target.share is None or target.never or (abs(even - target.share) < _APART and even < 1) or (target.source != "break_even" and even < target.share):
        return
    gains = "warn.gains" + (".never" if even >= 1 else ".always" if even <= 0 else ".more" if even > target.share else "")
    keys = (f"warn.shows.{target.source}", gains, *(("warn.another_sum",) if target.source == "break_even" else ()))
    yield " ".join(text[key].format(needed=percent(target.share), even=percent(even), pattern=name) for key in keys)


def _instead(catalog: Catalog, ramp: OffRamp | None, step: NextStep, prospects: Prospects) -> str:
    kind: OffRampId | Literal[""] = ramp.kind if ramp and replaces(ramp) else "stop" if step.action == "stop" else ""
    if kind:
        return catalog.off_ramps[kind].name
    return catalog.text["never.instead"] if prospects.target.never and not step.used else ""


def _override(catalog: Catalog, advice: Advice) -> str:
    made = advice.override
    if made is None:
        return ""
    said = catalog.text["override"].format(by=made.by, pattern=catalog.patterns[made.pattern].name, reason=made.reason.rstrip("."))
    return f"{said} {_ruled_out(catalog, advice, made.pattern)}" if advice.patterns[made.pattern].status == "ruled_out" else said


def _ruled_out(catalog: Catalog, advice: Advice, pattern: PatternId) -> str:
    reasons: Sequence[str] = [hit.reason for hit in advice.patterns[pattern].gates if hit.kind == "lasting" and not hit.provisional]
    return catalog.text["override.ruled_out"].format(pattern=catalog.patterns[pattern].name, reason=" ".join(dict.fromkeys(reasons)))
