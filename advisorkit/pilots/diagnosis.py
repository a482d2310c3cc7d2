"""What one marked pilot shows: how often it is right, why it fails, and what the right text would mend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from advisorkit.pilots import tally
from advisorkit.pilots.marked import ARMS, Failure, MarkedCase, MarkedResults, Severity
from advisorkit.pilots.tally import Agreement, Beta, Paired, Share, Weighed, kind, total
from advisorkit.values.criteria import PatternId, Rules
from advisorkit.values.people import CASES, PEOPLE
from advisorkit.values.quantities import Estimate

_Array = NDArray[np.float64]
_STEPS = 400
_BLANK = Beta(1, 1)
NOTHING = Share(0, 0)
"""A count of nothing."""


@dataclass(frozen=True, slots=True)
class Failing:
    """How often it fails and why, as counts."""

    right: float
    """Cases answered right."""
    wrong: float
    """Cases answered wrong."""
    mended: float
    """Failures that the right text mends, or is expected to."""
    other: float
    """Failures that it does not mend; unclear ones are in neither."""
    retrieval_effect: float
    """Share of the mendable failures that a search would remove, 0 to 1."""
    unmended: float = 0.0
    """Part of `other` that was not marked as manner: it speaks against retrieval and not for training."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Chances, each 0 to 1."""

    retrieval: float
    """That retrieval is needed."""
    training: float
    """That training is needed."""
    too_many: float
    """That more fails than may."""
    retrieval_suffices: float
    """That retrieval alone brings failures down to what may fail."""
    training_suffices: float
    """That training alone does."""

    @classmethod
    def of(cls, seen: Failing, tolerated: float, rules: Rules) -> Needs:
        """The chances after these counts when a share `tolerated` may fail."""
        often, why = _BLANK.updated(seen.wrong, seen.right), _BLANK.updated(seen.mended, seen.other)
        manner = _BLANK.updated(seen.mended + seen.unmended, seen.other - seen.unmended)
        too_many = often.above(tolerated)
        start = 1 - too_many
        points = start + too_many * (np.arange(_STEPS) + 0.5) / _STEPS
        failing = np.clip(betaincinv(often.a, often.b, points), tolerated, 1.0)
        short = 1 - tolerated / np.maximum(failing, 1e-12)
        by_search, by_training = short / max(seen.retrieval_effect, 1e-9), 1 - short / max(rules.training_effect, 1e-9)
        cap = np.maximum(0.5, np.minimum(1 - rules.substantial, by_search))
        floor = np.minimum(0.5, np.maximum(rules.substantial, by_training))
        return Needs(
            retrieval=too_many * float(np.mean(1 - _below(why, floor))),
            training=too_many * float(np.mean(_below(manner, cap))),
            too_many=too_many,
            retrieval_suffices=start + too_many * float(np.mean(1 - _below(why, by_search))),
            training_suffices=start + too_many * float(np.mean(_below(manner, by_training))),
        )


def _below(belief: Beta, bounds: _Array) -> _Array:
    return np.asarray(betainc(belief.a, belief.b, np.clip(bounds, 0.0, 1.0)), dtype=np.float64)


def decibans(seen: Failing, tolerated: float, rules: Rules) -> tuple[float, float]:
    """Evidence for needing retrieval and for needing training, in decibans, at most `Rules.evidence_cap` either way."""
    after = Needs.of(seen, tolerated, rules)
    before = Needs.of(Failing(0, 0, 0, 0, seen.retrieval_effect), tolerated, rules)
    return (_shift(before.retrieval, after.retrieval, rules.evidence_cap), _shift(before.training, after.training, rules.evidence_cap))


def _shift(before: float, after: float, cap: float) -> float:
    return min(max(_odds(after) - _odds(before), -cap), cap)


def _odds(chance: float) -> float:
    chance = min(max(chance, 1e-12), 1 - 1e-12)
    return 10 * math.log10(chance / (1 - chance))


@dataclass(frozen=True, slots=True)
class Pilot:
    """Marked results of one pattern on one day."""

    results: MarkedResults
    """The marks."""
    date: date
    """Day of the pilot."""
    pattern: PatternId = "prompt"
    """What was piloted."""
    pass_mark: float | None = None
    """Share right agreed before the pilot, 0 to 1."""
    reason: str = ""
    """Why the pass mark was changed afterwards; empty when it was not."""
    trial: str = ""
    """Id of the bake-off that it is a part of; empty where it stands alone."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One pilot, counted by cases: a case marked twice or run often still counts once."""

    pilot: Pilot
    """What was read."""
    cases: float
    """Cases judged."""
    bad_labels: int
    """Cases set aside because the expected answer itself was wrong."""
    right: Share
    """Right out of right and wrong."""
    declined: Share
    """Declined out of all judged."""
    failures: Mapping[Failure, Share]
    """Information, behaviour and unclear out of all failures."""
    mended: Share
    """Failures made right by pasting the right text, out of those tried that were marked as missing information."""
    found: Share
    """Searches that brought the right passage, out of those looked at."""
    missed: Share
    """Failures without the right passage, out of failures whose search was looked at."""
    segments: Mapping[str, Share]
    """Right out of answered by part of the work."""
    severities: Mapping[Severity, Share]
    """Wrong answers of each severity out of all judged; empty when not marked."""
    agreement: Agreement | None
    """Agreement between markers; None when too few answers were marked twice to say it of people."""
    measured: Mapping[str, Estimate]
    """Mean `input_tokens`, `output_tokens`, `minutes` and `seconds` as far as they were noted."""
    mendable: tuple[float, float]
    """Failures with a known kind that the right text mends, and that it does not."""
    today: Share = NOTHING
    """Right out of right and wrong when people did the work as today."""
    against_today: Paired | None = None
    """The pilot against people on the same cases; None when none was marked for both."""
    minutes: Mapping[str, Estimate] = field(default_factory=dict)
    """Mean minutes by arm as far as they were noted."""

    def retrieval_effect(self, rules: Rules) -> float:
        """Share of the mendable failures that a search would remove: what it finds, times what the text then mends."""
        fixes = 1.0 if self.mended.n else rules.fix_rate.likely
        return fixes * (rules.hit_rate if self.found.share is None else self.found.share)

    def ceiling(self, rules: Rules) -> Share:
        """Most failures that retrieval could remove, out of those with a known kind."""
        known = sum(self.mendable)
        return Share(self.mendable[0] * self.retrieval_effect(rules), known)

    def failing(self, rules: Rules) -> Failing:
        """The counts on which the two needs are judged."""
        wrong = self.right.n - self.right.hits
        unmended = max(0.0, self.mendable[1] - self.failures["behaviour"].hits)
        return Failing(self.right.hits, wrong, *self.mendable, self.retrieval_effect(rules), unmended)


@dataclass(frozen=True, slots=True)
class Tried:
    """One way of a bake-off, on the same cases as the others."""

    way: str
    """Its name, such as ``nearest``."""
    pattern: PatternId
    """What it is an instance of."""
    right: Share
    """Right out of answered."""
    against: Paired | None
    """The chosen way against it; None for the chosen one."""
    measured: Mapping[str, Estimate]
    """What a case takes, by name as in `Diagnosis`."""


def tried(seen: Sequence[Diagnosis], files: Sequence[str]) -> tuple[Tried, ...]:
    """The ways of the bake-off that the newest pilot is a part of, named by their `files`, the chosen one last; empty where it stands alone."""
    same = [(one, file) for one, file in zip(seen, files, strict=False) if one.pilot.trial and one.pilot.trial == seen[-1].pilot.trial]
    against = {file: tally.paired(same[-1][0].pilot.results.marks, one.pilot.results.marks) for one, file in same[:-1]}
    return tuple(
        Tried(PurePath(file).stem.removeprefix("sheet-"), one.pilot.pattern, one.right, against.get(file), one.measured) for one, file in same
    )


def diagnose(pilot: Pilot) -> Diagnosis:
    """Count the marks of a pilot.

    Example:
        >>> marks = (MarkedCase("1", "right"), MarkedCase("2", "wrong", "information", fixed_by_text=True))
        >>> found = diagnose(Pilot(MarkedResults("a.csv", "table", marks), date(2026, 11, 18)))
        >>> found.right.share, found.mended
        (0.5, Share(hits=1.0, n=1.0))
    """
    everything = pilot.results.marks
    marks = tuple(mark for mark in everything if mark.arm in ("", pilot.pattern))
    people = tuple(mark for mark in everything if mark.arm == "today")
    weighed, alike, both, by_people = tally.weigh(marks), tally.agreement(marks), tally.paired(marks, people), tally.answered(tally.weigh(people))
    failed = [pair for pair in weighed if kind(pair[0])]
    mended = _mended(failed)
    return Diagnosis(
        pilot=pilot,
        cases=total(weighed),
        bad_labels=len({m.case for m in marks} - {m.case for m, _ in weighed}),
        right=tally.answered(weighed),
        declined=Share(total(p for p in weighed if p[0].outcome == "declined"), total(weighed)),
        failures=tally.by_kind(weighed),
        mended=mended,
        found=_found(weighed, found=True),
        missed=_found(failed, found=False),
        segments=tally.by_segment(weighed),
        severities=tally.by_severity(weighed),
        agreement=alike if alike and alike.cases >= CASES else None,
        measured=_measured(marks),
        today=by_people if by_people.n >= CASES else NOTHING,
        against_today=both if both and both.cases >= CASES else None,
        minutes={arm: spent for arm in ARMS if (spent := _measured([mark for mark in everything if mark.arm == arm]).get("minutes"))},
        mendable=_mendable(failed, mended),
    )


def _mended(failed: Sequence[Weighed]) -> Share:
    tried = [pair for pair in failed if pair[0].fixed_by_text is not None]
    asked = [pair for pair in tried if pair[0].failure == "information"] or tried
    return Share(total(pair for pair in asked if pair[0].fixed_by_text), total(asked))


def _found(weighed: Sequence[Weighed], *, found: bool) -> Share:
    looked = [pair for pair in weighed if pair[0].passage_found is not None]
    return Share(total(pair for pair in looked if pair[0].passage_found is found), total(looked))


def _mendable(failed: Sequence[Weighed], mended: Share) -> tuple[float, float]:
    rate = _BLANK.updated(mended.hits, mended.n - mended.hits).mean if mended.n else 1.0  # of a few that were tried the others may differ
    parts = [(chance, part) for mark, part in failed if (chance := _mend_chance(mark, rate)) is not None]
    yes = sum(chance * part for chance, part in parts)
    return round(yes, 9), round(sum(part for _, part in parts) - yes, 9)


def _mend_chance(mark: MarkedCase, rate: float) -> float | None:
    if mark.fixed_by_text is not None:
        return float(mark.fixed_by_text)
    return {"information": rate, "behaviour": 0.0}.get(kind(mark) or "")


def _measured(marks: Sequence[MarkedCase]) -> dict[str, Estimate]:
    """Means of what was noted; minutes are people's, so they stand on enough cases and on no single person who is named."""
    noted = {name: [mark for mark in marks if getattr(mark, name) is not None] for name in ("input_tokens", "output_tokens", "minutes", "seconds")}
    timed = noted["minutes"]
    if len({mark.case for mark in timed}) < CASES or ({mark.marker for mark in timed} - {""} and len({mark.marker for mark in timed}) < PEOPLE):
        del noted["minutes"]
    ranges = {name: tally.mean_range([getattr(mark, name) for mark in found]) for name, found in noted.items()}
    return {name: value for name, value in ranges.items() if value is not None}
