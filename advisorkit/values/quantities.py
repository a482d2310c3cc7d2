"""Ranges, money, shares and dates: what numbers mean and how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeVar

from advisorkit.values.messages import here, locale
from advisorkit.values.places import printing, told

Kind = Literal["positive", "share", "real"]
"""Shape of a range: two-piece lognormal, two-piece logit-normal or two-piece normal."""

MOST = 1e15
"""Largest number that a file may hold."""

MOST_RATE = 1e9
"""Largest exchange rate that a file may hold, and one over the smallest."""

Z95 = 1.6448536269514722
"""Standard normal quantile at 95 %: `Estimate.high` lies there and `Estimate.low` at minus that."""

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF ", "SEK": "SEK ", "DKK": "DKK ", "NOK": "NOK "}
"""Sign written before an amount; other currencies use their code."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A range: 5th percentile, median and 95th percentile of what somebody believes.

    Example:
        >>> Estimate.of([800, 1000, 1300])
        Estimate(low=800.0, likely=1000.0, high=1300.0)
        >>> Estimate.of(7).fixed
        True
    """

    low: float
    """5th percentile."""
    likely: float
    """Median."""
    high: float
    """95th percentile."""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.likely, self.high))):
            raise ValueError(here("a range needs finite numbers"))
        if not self.low <= self.likely <= self.high:
            raise ValueError(here("low, likely, high must rise: {:g}, {:g}, {:g}", self.low, self.likely, self.high))

    @classmethod
    def of(cls, value: float | Sequence[float] | Estimate) -> Estimate:
        """A range from a number, ``[low, high]`` or ``[low, likely, high]``.

        Two positive numbers put the median at their geometric mean, others at the middle.

        Raises:
            ValueError: If numbers are missing, not finite or not rising.

        Example:
            >>> Estimate.of([100, 400]).likely
            200.0
        """
        match value:
            case Estimate():
                return value
            case int() | float():
                return cls(float(value), float(value), float(value))
            case [low, high]:
                return cls(float(low), _middle(low, high), float(high))
            case [low, likely, high]:
                return cls(float(low), float(likely), float(high))
        raise ValueError(here("give a number, [low, high] or [low, likely, high]"))

    @property
    def fixed(self) -> bool:
        """Whether the range is a single number."""
        return self.low == self.high

    def times(self, factor: Estimate) -> Estimate:
        """Each of the three numbers times that of `factor`, without the last digits of binary arithmetic.

        Example:
            >>> Estimate.of(57).times(Estimate.of(0.01)).likely
            0.57
        """
        pairs = ((self.low, factor.low), (self.likely, factor.likely), (self.high, factor.high))
        return Estimate(*(float(f"{own * other:.12g}") for own, other in pairs))

    def below(self, bound: float, kind: Kind = "positive") -> float:
        """Probability that the quantity lies below `bound`, 0 to 1.

        Example:
            >>> round(Estimate(10, 20, 40).below(40), 3)
            0.95
        """
        if self.fixed:
            return float(self.likely < bound)
        if kind == "share" and bound >= 1:
            return 1.0
        if self.low == 0 and kind != "real":
            return self._beta_below(bound)
        if self.high == 1 and kind == "share":
            return 1 - Estimate(0.0, 1 - self.likely, 1 - self.low).below(1 - bound, "share")
        if self.low < 0:
            kind = "real"
        scale = _SCALES[kind]
        if kind != "real" and bound <= 0:
            return 0.0
        point, middle = scale(bound), scale(self.likely)
        width = (scale(self.high) - middle) if point > middle else (middle - scale(self.low))
        if width == 0:
            return 1.0 if point > middle else (0.5 if point == middle else 0.0)
        return 0.5 * math.erfc(-(point - middle) / width * Z95 / math.sqrt(2))

    def _beta_below(self, bound: float) -> float:
        """Scaled Beta(a, 1) from 0: the distribution of a range that starts there; half a mass at 0 if that is likely."""
        if bound <= 0:
            return 0.0
        if self.likely == 0:
            return min(1.0, 0.5 + 0.45 * bound / self.high)
        if self.likely == self.high:
            return 1.0 if bound > self.likely else 0.5 * bound / self.likely
        return min(1.0, 0.95 * math.pow(bound / self.high, math.log(1.9) / math.log(self.high / self.likely)))


def _middle(low: float, high: float) -> float:
    """Geometric mean of two positive numbers, else their middle; never outside of them by rounding."""
    if not 0 < low <= high:
        return (low + high) / 2
    product = low * high
    middle = math.sqrt(product) if 0 < product < math.inf else math.sqrt(low) * math.sqrt(high)
    return float(min(max(middle, low), high))


def _logit(share: float) -> float:
    share = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(share / (1 - share))


_SCALES: dict[Kind, Callable[[float], float]] = {"positive": math.log, "share": _logit, "real": float}


def round_figures(value: float, figures: int = 2) -> float:
    """`value` to so many significant figures, halves away from zero.

    Example:
        >>> round_figures(187_400), round_figures(0.01449)
        (190000.0, 0.014)
    """
    if value == 0 or not math.isfinite(value):
        return value
    exact = Decimal(repr(value))
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - figures + 1), ROUND_HALF_UP))


@printing
def number(value: float, decimals: int = 0) -> str:
    """A number with thousands parted by commas and a true minus sign.

    Example:
        >>> number(-1234567), number(-0.2)
        ('−1,234,567', '0')
    """
    return locale().number(f"{value:z,.{decimals}f}".replace("-", "−"))


def digits(value: float) -> str:
    """A number in six figures as it may stand in a file, whole ones in full, and never with an exponent.

    Example:
        >>> digits(1_200_000), digits(0.0125), digits(1 / 3), digits(0.00001)
        ('1200000', '0.0125', '0.333333', '0.00001')
    """
    text = f"{value:g}"
    return f"{value:.10f}".rstrip("0").rstrip(".") if "e" in text else text


@printing
def figures(value: float, most: int) -> str:
    """A number with at most so many significant figures, and no needless ones.

    Example:
        >>> figures(0.1234, 2), figures(-8.0, 2)
        ('0.12', '−8')
    """
    return locale().number(f"{round_figures(value, most):g}".replace("-", "−"))


@printing
def plain(value: float) -> str:
    """A number of a table: as it is when whole, else three significant figures.

    Example:
        >>> plain(40_000), plain(9.5), plain(-0.0125), plain(3_162_277.7), plain(-0.0)
        ('40,000', '9.5', '−0.0125', '3,160,000', '0')
    """
    shown = value if value == int(value) else round_figures(value, 3)
    return number(shown) if abs(shown) >= 100 or shown == int(shown) else locale().number(digits(shown).replace("-", "−"))


@printing
def money(value: float, currency: str, figures: int | None = 2) -> str:
    """An amount for headlines and text: two significant figures, or whole units with ``figures=None``.

    Example:
        >>> money(187_400, "EUR"), money(187_400, "EUR", None), money(-72_300, "EUR")
        ('€190,000', '€187,400', '−€72,000')
    """
    shown = round_figures(value, figures) if figures else float(round(value))
    decimals = 0 if abs(shown) >= 10 or shown == int(shown) else max(0, 1 - math.floor(math.log10(abs(shown))))
    return _signed(shown, number(abs(shown), decimals), currency)


def _signed(value: float, text: str, currency: str) -> str:
    """An amount with its currency, and a minus before it where `value` is below nought."""
    sign = SYMBOLS.get(currency, f"{currency} ")
    return ("−" if value < 0 else "") + locale().amount.format(sign=sign if locale().amount.startswith("{sign}") else sign.strip(), number=text).strip()


@printing
def amount(value: float, currency: str) -> str:
    """An amount as `plain` writes numbers, tenths as cents.

    Example:
        >>> amount(12.5, "EUR"), amount(40_000, "CHF"), amount(0.125, "EUR")
        ('€12.50', 'CHF 40,000', '€0.125')
    """
    size = abs(value)
    tenths = size < 100 and size != int(size) and round(size * 10, 9) == round(size * 10)
    return _signed(value, number(size, 2) if tenths else plain(size), currency)


@printing
def money_short(value: float, currency: str) -> str:
    """An amount for axes and bars: ``€190k``, ``€1.9m``.

    Example:
        >>> [money_short(v, "EUR") for v in (187_400, 1_870_000, 620, 0)]
        ['€190k', '€1.9m', '€620', '€0']
    """
    shown = round_figures(value)
    size, tongue = abs(shown), locale()
    for limit, unit in ((1e9, tongue.billion), (1e6, tongue.million), (1e3, tongue.thousand)):
        if size >= limit and unit:
            return _signed(shown, f"{number(size / limit, 0 if size / limit >= 10 or size % limit == 0 else 1)}{unit}", currency)
    return money(value, currency)


def money_tight(value: float, currency: str) -> str:
    """The same for charts with little room, where a language that writes thousands out has a sign for them.

    Example:
        >>> money_tight(187_400, "EUR"), money_tight(-1_870_000, "EUR")
        ('€190k', '−€1.9m')
    """
    shown, tongue = round_figures(value), locale()
    if not tongue.thousands or not 1e3 <= abs(shown) < 1e6:
        return money_short(value, currency)
    return ("−" if shown < 0 else "") + tongue.thousands.format(number=plain(abs(shown) / 1e3), sign=SYMBOLS.get(currency, currency))


def money_range(low: float, high: float, currency: str, short: Callable[[float, str], str] = money_short) -> str:
    """A range for text and tables: ``€130k to €270k``; thousands are written out beside hundreds.

    Example:
        >>> money_range(131_000, 268_000, "EUR"), money_range(320, 1_049, "EUR")
        ('€130k to €270k', '€320 to €1,000')
    """
    small, large = sorted(abs(round_figures(end)) for end in (low, high))
    write = money if 0 < small < 1e3 <= large < 1e4 else short
    return span(write(low, currency), write(high, currency))


def span(low: str, high: str) -> str:
    """A range in words.

    Example:
        >>> span("55%", "70%")
        '55% to 70%'
    """
    return told(locale().span.format(low=low, high=high), low, high)


@printing
def percent(share: float) -> str:
    """A probability as people read it: whole percent, never a false 0 or 100.

    Example:
        >>> [percent(p) for p in (0.671, 0.004, 0.998, 0.0, 1.0)]
        ['67%', 'under 1%', 'over 99%', '0%', '100%']
    """
    tongue = locale()
    if 0 < share < 0.01:
        return tongue.under.format(share=hundredths(1))
    if 0.99 < share < 1:
        return tongue.over.format(share=hundredths(99))
    return hundredths(math.floor(share * 100 + 0.5))


@printing
def hundredths(value: float, decimals: int = 0) -> str:
    """So many percent.

    Example:
        >>> hundredths(67), hundredths(3.14, 1)
        ('67%', '3.1%')
    """
    return locale().share.format(number=number(value, decimals))


@printing
def sampled(share: float) -> str:
    """A share of draws: none or all of them is no certainty.

    Example:
        >>> sampled(0.0), sampled(0.83), sampled(1.0)
        ('under 1%', '83%', 'over 99%')
    """
    return percent(min(max(share, 1e-6), 1 - 1e-6))


K = TypeVar("K")


def sampled_parts(shares: Mapping[K, float]) -> dict[K, str]:
    """Shares of one whole from a limited number of draws, as text that adds up to 100.

    Example:
        >>> sampled_parts({"rag": 0.665, "finetune": 0.225, "hybrid": 0.109, "prompt": 0.001})
        {'rag': '67%', 'finetune': '22%', 'hybrid': '11%', 'prompt': 'under 1%'}
    """
    return {name: told(sampled(whole / 100), shares[name]) for name, whole in zip(shares, percents([*shares.values()]), strict=True)}


def percents(shares: Sequence[float]) -> list[int]:
    """Whole percents that add up to 100, by largest remainder; `shares` sum to 1.

    Example:
        >>> percents([0.335, 0.335, 0.33])
        [34, 33, 33]
    """
    return apportioned([share * 100 for share in shares], round(sum(shares) * 100))


def apportioned(amounts: Sequence[float], total: int) -> list[int]:
    """Whole numbers that add up to `total`, by largest remainder; `amounts` sum to about it.

    Example:
        >>> apportioned([-37.6, 199.6, 108.4], 270)
        [-38, 200, 108]
    """
    floors = [math.floor(amount) for amount in amounts]
    order = sorted(range(len(amounts)), key=lambda i: (floors[i] - amounts[i], i))
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    return floors


def day(value: date, *, year: bool = True) -> str:
    """A date as text: ``20 November 2026``.

    Example:
        >>> day(date(2026, 11, 20)), day(date(2026, 11, 20), year=False)
        ('20 November 2026', '20 November')
    """
    tongue = locale()
    return tongue.day.format(day=value.day, month=tongue.months.split()[value.month - 1], year=value.year if year else "").strip()


@dataclass(frozen=True, slots=True)
class Band:
    """What a simulation says of one figure."""

    p10: float
    """One draw in ten lies below."""
    p50: float
    """Half of the draws lie below."""
    p90: float
    """Nine draws in ten lie below."""
