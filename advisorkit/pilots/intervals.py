"""How sure a count makes us: intervals, beliefs about a share, agreement between markers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from scipy.special import betainc, betaincinv, btdtria, ndtri

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
