"""Counting marks, each case once, and how sure a count makes us."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from scipy.special import betainc, betaincinv, btdtria, ndtri

from advisorkit.pilots.marked import FAILURES, SEVERITIES, Failure, MarkedCase, Severity
from advisorkit.values.places import at
from advisorkit.values.quantities import Estimate


def wilson(hits: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share, both ends 0 to 1; (0, 1) when nothing was seen.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 1927.

    Example:
        >>> [round(end, 3) for end in wilson(85, 100)]
        [0.767, 0.907]
    """
    if n <= 0:
        return 0.0, 1.0
    z = float(ndtri((1 + confidence) / 2))
    share, weight = hits / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / n / 4) / (1 + weight)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def at_most(hits: float, n: float, confidence: float = 0.95) -> float:
    """Exact one-sided upper bound of a share: what `hits` in `n` still allow.

    Source: C. J. Clopper and E. S. Pearson, Biometrika 1934.

    Example:
        >>> round(at_most(0, 120), 3)
        0.025
    """
    return 1.0 if hits >= n else float(betaincinv(hits + 1, n - hits, confidence))


def kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Cohen's kappa of two markers' words on the same cases: 1 full agreement, 0 no better than chance.

    Both using one and the same word throughout counts as full agreement.

    Source: J. Cohen, "A Coefficient of Agreement for Nominal Scales", 1960.

    Example:
        >>> kappa(["yes", "yes", "no", "no"], ["yes", "yes", "no", "yes"])
        0.5
    """
    if not first or len(first) != len(second):
        raise ValueError("agreement needs the same cases marked by both, and at least one")
    n = len(first)
    seen = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = sum(first.count(word) * second.count(word) for word in set(first)) / n**2
    return 1.0 if chance == 1 else (seen - chance) / (1 - chance)


@dataclass(frozen=True, slots=True)
class Beta:
    """Belief about a share.

    Example:
        >>> round(Beta(0.5, 0.5).updated(85, 15).mean, 3)
        0.847
    """

    a: float
    """Weight of having seen it, above 0."""
    b: float
    """Weight of not having seen it, above 0."""

    @classmethod
    def between(cls, low: float, high: float) -> Beta:
        """The belief whose 5th and 95th percentiles are `low` and `high`.

        Example:
            >>> belief = Beta.between(0.75, 0.92)
            >>> [round(belief.quantile(p), 3) for p in (0.05, 0.95)]
            [0.75, 0.92]
        """
        if not 0 < low < high < 1:
            raise ValueError("a range of shares needs 0 < low < high < 1")
        least, most = -30.0, 30.0
        for _ in range(80):  # the more weight, the narrower the belief; `a` puts its 5th percentile on `low`
            middle = (least + most) / 2
            b = math.exp(middle)
            a = float(btdtria(0.05, b, low))
            least, most = (middle, most) if betainc(a, b, high) < 0.95 else (least, middle)
        return cls(a, b)

    @property
    def mean(self) -> float:
        """Expected share, 0 to 1."""
        return self.a / (self.a + self.b)

    def updated(self, hits: float, misses: float) -> Beta:
        """The belief after so many more cases."""
        return Beta(self.a + hits, self.b + misses)

    def above(self, bound: float) -> float:
        """Probability that the share lies above `bound`."""
        return 1 - float(betainc(self.a, self.b, min(max(bound, 0.0), 1.0)))

    def quantile(self, probability: float) -> float:
        """The share below which it lies with that probability."""
        return float(betaincinv(self.a, self.b, probability))

    def excess(self, bound: float) -> float:
        """Expected amount by which the share exceeds `bound`, counting 0 when it does not."""
        bound = min(max(bound, 0.0), 1.0)
        return self.mean * Beta(self.a + 1, self.b).above(bound) - bound * self.above(bound)

    @property
    def estimate(self) -> Estimate:
        """5th percentile, median and 95th percentile."""
        return Estimate(self.quantile(0.05), self.quantile(0.5), self.quantile(0.95))


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
        return self._beside("share", self.hits / self.n) if self.n else None

    @property
    def low(self) -> float:
        """Lower end of the 95 % Wilson interval."""
        return self._beside("low", wilson(self.hits, self.n)[0])

    @property
    def high(self) -> float:
        """Upper end of the 95 % Wilson interval."""
        return self._beside("high", wilson(self.hits, self.n)[1])

    @property
    def at_most(self) -> float:
        """Exact one-sided 95 % upper bound."""
        return self._beside("at_most", at_most(self.hits, self.n))

    def _beside(self, key: str, value: float) -> float:
        """`value` at its `key` beside the count, where that knows its place."""
        path: str = getattr(self.hits, "path", "")
        return at(value, path.removesuffix("count") + key) if path else value


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far markers agree on right or not."""

    kappa: float
    """Cohen's kappa over all pairs of marks of the same answer; 1 is full agreement, 0 is chance."""
    cases: int
    """Cases marked by two or more people."""
    same: float
    """Share of those pairs with the same word, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Two ways of working on the same cases.

    Example:
        >>> both = Paired(60, 12, 3)
        >>> both.difference, round(both.low, 2), round(both.high, 2)
        (0.15, 0.02, 0.27)
    """

    cases: int
    """Cases that both were marked on."""
    better: float
    """Cases that only the first had right."""
    worse: float
    """Cases that only the second had right."""

    @property
    def difference(self) -> float:
        """Share right of the first less that of the second."""
        return (self.better - self.worse) / self.cases

    @property
    def low(self) -> float:
        """Lower end of its 95 % range (A. Agresti and Y. Min, Statistics in Medicine 2005)."""
        return self._end(-1)

    @property
    def high(self) -> float:
        """Upper end."""
        return self._end(1)

    def _end(self, side: int) -> float:
        n, b, w = self.cases + 2, self.better + 0.5, self.worse + 0.5
        half = float(ndtri(0.975)) * math.sqrt(b + w - (b - w) ** 2 / n) / n
        return min(1.0, max(-1.0, (b - w) / n + side * half))


def paired(first: Iterable[MarkedCase], second: Iterable[MarkedCase]) -> Paired | None:
    """`first` against `second` on the cases that both were marked on; None when there are none."""
    ours, theirs = _right_by_case(first), _right_by_case(second)
    gaps = [ours[case] - theirs[case] for case in ours.keys() & theirs.keys()]
    return Paired(len(gaps), sum(max(0.0, gap) for gap in gaps), sum(max(0.0, -gap) for gap in gaps)) if gaps else None


def _right_by_case(marks: Iterable[MarkedCase]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for mark, part in weigh(marks):
        found[mark.case] += part * (mark.outcome == "right")
    return found


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
