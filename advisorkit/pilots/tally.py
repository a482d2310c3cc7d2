"""Counting marks: every case counts once, however many people marked it and however often it was run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from advisorkit.pilots.intervals import at_most, kappa, wilson
from advisorkit.pilots.marked import FAILURES, SEVERITIES, Failure, MarkedCase, Severity
from advisorkit.values.quantities import Estimate

Weighed = tuple[MarkedCase, float]
"""A mark and the part of its case that it stands for; the parts of one case sum to 1."""


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a count, with what it still allows.

    Example:
        >>> Share(85, 100).share, round(Share(85, 100).low, 2)
        (0.85, 0.77)
    """

    hits: float
    """How many; a case marked twice with different words counts in parts."""
    n: float
    """Out of how many."""

    @property
    def share(self) -> float | None:
        """Observed share, 0 to 1; None when nothing was seen."""
        return self.hits / self.n if self.n else None

    @property
    def low(self) -> float:
        """Lower end of the 95 % Wilson interval."""
        return wilson(self.hits, self.n)[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % Wilson interval."""
        return wilson(self.hits, self.n)[1]

    @property
    def at_most(self) -> float:
        """Exact one-sided 95 % upper bound."""
        return at_most(self.hits, self.n)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far markers agree on right or not."""

    kappa: float
    """Cohen's kappa over all pairs of marks of the same answer; 1 is full agreement, 0 is chance."""
    cases: int
    """Cases marked by two or more people."""
    same: float
    """Share of those pairs with the same word, 0 to 1."""


def weigh(marks: Iterable[MarkedCase]) -> tuple[Weighed, ...]:
    """The judged marks, each with its part of the case.

    Example:
        >>> marks = [MarkedCase("1", "right", marker="a"), MarkedCase("1", "wrong", marker="b"), MarkedCase("2", "right")]
        >>> [part for _, part in weigh(marks)]
        [0.5, 0.5, 1.0]
    """
    judged = [mark for mark in marks if mark.judged]
    times = Counter(mark.case for mark in judged)
    return tuple((mark, 1 / times[mark.case]) for mark in judged)


def total(weighed: Iterable[Weighed]) -> float:
    """Number of cases that these marks stand for."""
    return round(sum(part for _, part in weighed), 9)


def kind(mark: MarkedCase) -> Failure | None:
    """Why an answer failed, as far as test, marker or search tell; None when it did not fail.

    A test with pasted text beats a missing word; a marker's word beats what the search brought.
    """
    if mark.outcome == "right" or (mark.outcome == "declined" and mark.failure is None):
        return None
    if mark.failure in {"information", "behaviour", "label"}:
        return mark.failure
    told = mark.passage_found if mark.fixed_by_text is None else not mark.fixed_by_text
    return "unclear" if told is None else ("behaviour" if told else "information")


def by_kind(weighed: Sequence[Weighed]) -> dict[Failure, Share]:
    """Information, behaviour and unclear failures out of all failures."""
    failed = [pair for pair in weighed if kind(pair[0])]
    counts = {word: total(pair for pair in failed if kind(pair[0]) == word) for word in FAILURES if word != "label"}
    return {word: Share(count, total(failed)) for word, count in counts.items()}


def answered(weighed: Iterable[Weighed]) -> Share:
    """Right out of right and wrong; declined cases are neither."""
    known = [pair for pair in weighed if pair[0].outcome != "declined"]
    return Share(total(pair for pair in known if pair[0].outcome == "right"), total(known))


def by_segment(weighed: Sequence[Weighed]) -> dict[str, Share]:
    """Right out of answered for each named segment, in order of first appearance."""
    names = dict.fromkeys(mark.segment for mark, _ in weighed if mark.segment)
    return {name: answered(pair for pair in weighed if pair[0].segment == name) for name in names}


def by_severity(weighed: Sequence[Weighed]) -> dict[Severity, Share]:
    """Wrong answers of each severity out of all cases; empty when nobody gave severities."""
    if not any(mark.severity for mark, _ in weighed):
        return {}
    counts = {word: total(pair for pair in weighed if pair[0].severity == word) for word in SEVERITIES}
    return {word: Share(count, total(weighed)) for word, count in counts.items()}


def agreement(marks: Iterable[MarkedCase]) -> Agreement | None:
    """Agreement of markers on right or not; None when no answer has two marks."""
    pairs = list(_pairs(marks))
    if not pairs:
        return None
    first, second = [a.outcome == "right" for a, _ in pairs], [b.outcome == "right" for _, b in pairs]
    same = sum(a == b for a, b in zip(first, second, strict=True)) / len(pairs)
    return Agreement(kappa(first, second), len({a.case for a, _ in pairs}), same)


def _pairs(marks: Iterable[MarkedCase]) -> Iterator[tuple[MarkedCase, MarkedCase]]:
    answers: Mapping[tuple[str, str], list[MarkedCase]] = defaultdict(list)
    for mark in marks:
        if mark.judged:
            answers[mark.case, mark.run].append(mark)
    for same in answers.values():
        yield from combinations(sorted(same, key=lambda m: m.marker), 2)


def mean_range(numbers: Sequence[float]) -> Estimate | None:
    """Range of the mean of what was measured, 5th to 95th percentile; None with fewer than two numbers.

    Example:
        >>> mean_range([100, 110, 120]).likely
        110.0
    """
    if len(numbers) < 2:
        return None
    n, mean = len(numbers), sum(numbers) / len(numbers)
    spread = (sum((x - mean) ** 2 for x in numbers) / (n - 1) / n) ** 0.5
    return Estimate(max(0.0, mean - 1.645 * spread), mean, mean + 1.645 * spread)
