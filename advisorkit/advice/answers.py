"""Answers in words: as files hold them, and as a client reads them."""

from advisorkit.files.amounts import words
from advisorkit.files.texts import Texts
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import in_units, locale
from advisorkit.values.quantities import Estimate, amount, digits, plain

KAPPA = "kappa"
"""Unit of agreement beyond chance, which is no share and is told in words."""


def written(answer: Answer | None) -> str:
    """An answer by its levels or numbers, for JSON and tables of the expert.

    Example:
        >>> written(None), written(Answer(levels=("daily", "monthly")))
        ('unknown', 'daily or monthly')
    """
    if answer is None or answer.unknown:
        return "unknown"
    if answer.amount is None:
        return " or ".join(answer.levels)
    return " to ".join(dict.fromkeys(digits(end) for end in (answer.amount.low, answer.amount.high)))


def words_of(criterion: Criterion, answer: Answer, currency: str = "") -> str:
    """An answer in a client's words: the label of its level or levels, or its range with the unit.

    Example:
        >>> from advisorkit.catalog.reading import load
        >>> from advisorkit.values.quantities import Estimate
        >>> words_of(load().criterion("calls_per_month"), Answer(amount=Estimate.of([25_000, 60_000])))
        '25,000 to 60,000 items a month'
        >>> words_of(load().criterion("citations"), Answer(levels=("required", "no")))
        'Required or not needed'
        >>> words_of(load().criterion("expert_agreement"), Answer(amount=Estimate.of(0.84)))
        'They nearly always agree'
        >>> words_of(load().criterion("languages"), Answer(amount=Estimate.of(1)))
        '1 language'
    """
    text = Texts("advice").say
    if answer.amount is None or criterion.unit == KAPPA:
        span = [answer.amount.low, answer.amount.high] if answer.amount else []
        bands = [next(level for level in criterion.levels if level.below is None or end < level.below) for end in span]
        first, *others = dict.fromkeys(level.label for level in (*bands, *map(criterion.level, answer.levels)))
        return text("or").join((first, *map(clause, others)))
    share, unit = criterion.maximum == 1, criterion.unit or ""
    paid = unit.startswith("currency")
    ends = dict.fromkeys(amount(end, currency) if paid else plain(end * (100 if share else 1)) for end in (answer.amount.low, answer.amount.high))
    counted = in_units(unit.removeprefix("currency").strip(), one=[*ends] == ["1"])
    return locale().share.format(number=text("to").join(ends)) if share else f"{text('to').join(ends)} {counted}".rstrip()


def numbers_of(criterion: Criterion, level: str, currency: str = "") -> str:
    """The numbers that a level of a criterion stands for, in a client's words; empty where it is one whole number, which its words say.

    Example:
        >>> from advisorkit.catalog.reading import load
        >>> find = load().criterion
        >>> numbers_of(find("information_share"), "over_60"), numbers_of(find("labelled_examples"), "10_to_49"), numbers_of(find("languages"), "one")
        ('at least 60%', '10 to 49 examples', '')
    """
    place, whole = [one.id for one in criterion.levels].index(level), criterion.unit in words("whole")
    low, below = (criterion.levels[n].below if n >= 0 else None for n in (place - 1, place))

    def told(low: float, high: float) -> str:
        return words_of(criterion, Answer(amount=Estimate.of([low, high])), currency)

    if low is None and below is not None:
        return "" if whole and below - 1 == criterion.minimum else Texts("advice").say("numbers.under", amount=told(below, below))
    if low is not None and below is not None:
        return told(low, below - 1 if whole else below)
    least = low or criterion.minimum
    return Texts("advice").say("numbers.least", amount=told(least, least))


def clause(sentence: str) -> str:
    """A sentence as part of another: with a small first letter.

    Example:
        >>> clause("Daily or more often")
        'daily or more often'
    """
    return locale().clause(sentence)
