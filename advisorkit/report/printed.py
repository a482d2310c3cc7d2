"""Values as they are printed: rounded here, once, for cards, charts and prose alike."""

from __future__ import annotations

from collections.abc import Mapping

from advisorkit.advice.advice import Advice
from advisorkit.report.sentences import say
from advisorkit.values.patterns import PATTERNS, PatternId
from advisorkit.values.quantities import money_short, percent, percents

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def count(number: int) -> str:
    """A small count in words.

    Example:
        >>> count(2), count(40)
        ('two', '40')
    """
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def inside(sentence: str) -> str:
    """A sentence as a clause of another: small first letter, no full stop; names in capitals stay.

    Example:
        >>> inside("A smaller set of texts proves enough."), inside("RAG was measured.")
        ('a smaller set of texts proves enough', 'RAG was measured')
    """
    small = sentence[:1].lower() + sentence[1:] if not sentence[1:2].isupper() else sentence
    return small.rstrip(".")


def sampled(share: float) -> str:
    """A share of draws: none or all of them is no certainty.

    Example:
        >>> sampled(0.0), sampled(0.83), sampled(1.0)
        ('under 1%', '83%', 'over 99%')
    """
    return percent(min(max(share, 1e-6), 1 - 1e-6))


def shown(chances: Mapping[PatternId, float]) -> dict[PatternId, str]:
    """Chances as whole percents that add to 100; never a false 0 or 100.

    Example:
        >>> shown({"prompt": 0.081, "rag": 0.668, "finetune": 0.003, "hybrid": 0.248})
        {'prompt': '8%', 'rag': '67%', 'finetune': 'under 1%', 'hybrid': '25%'}
    """
    return {p: f"{n}%" if n == percents_of(chances)[p] else percent(chances[p]) for p, n in zip(chances, percents([*chances.values()]), strict=True)}


def percents_of(chances: Mapping[PatternId, float]) -> dict[PatternId, int]:
    """The whole percents that `shown` prints: 1 for "under 1%", 99 for "over 99%".

    Example:
        >>> percents_of({"prompt": 0.081, "rag": 0.668, "finetune": 0.003, "hybrid": 0.248})
        {'prompt': 8, 'rag': 67, 'finetune': 1, 'hybrid': 25}
    """
    whole = zip(chances, percents([*chances.values()]), strict=True)
    return {p: min(max(n, 1), 99) if 0 < chances[p] < 1 else n for p, n in whole}


def shown_shares(advice: Advice) -> dict[PatternId, str]:
    """Chances of the four patterns as printed."""
    return shown(chances_of(advice))


def chances_of(advice: Advice) -> dict[PatternId, float]:
    """Chances of the four patterns, 0 to 1."""
    return {p: advice.patterns[p].probability for p in PATTERNS}


def ranked(advice: Advice) -> tuple[PatternId, ...]:
    """Patterns that are not ruled out, likeliest first; the destination leads a tie."""
    kept = [p for p in PATTERNS if advice.patterns[p].status != "ruled_out"]
    return tuple(sorted(kept, key=lambda p: (-advice.patterns[p].probability, p != advice.recommended)))


def lead_points(advice: Advice, needed: float = 0.1) -> str:
    """The lead in points as the difference of printed shares; with a decimal where that would contradict the threshold."""
    whole = percents_of(chances_of(advice))
    first, second = (*(whole[p] for p in ranked(advice)), 0)[:2]
    points = first - second
    return f"{points} points" if (points >= needed * 100) == (advice.lead >= needed) else f"{advice.lead * 100:.1f} points"


def project(value: float, currency: str) -> str:
    """A project estimate: under 10,000 to the nearest thousand.

    Example:
        >>> project(4_800, "EUR"), project(21_600, "EUR"), project(320, "EUR")
        ('€5k', '€22k', '€320')
    """
    return money_short(round(value, -3) if 1000 <= value < 10_000 else value, currency)


def project_range(low: float, high: float, currency: str) -> str:
    """A range of a project estimate.

    Example:
        >>> project_range(3_200, 7_900, "EUR")
        '€3k to €8k'
    """
    return f"{project(low, currency)} to {project(high, currency)}"


def weeks(value: float) -> str:
    """Weeks as people say them, never less than one.

    Example:
        >>> weeks(0.6), weeks(4.8)
        ('1 week', '5 weeks')
    """
    whole = max(1, round(value))
    return say("path.week") if whole == 1 else say("path.weeks", weeks=whole)
