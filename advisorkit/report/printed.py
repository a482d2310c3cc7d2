"""What reports say: their sentences, and words and figures as they are printed."""

from collections.abc import Sequence

from advisorkit.advice.decision import Decision
from advisorkit.advice.ladder import PILOT
from advisorkit.files.texts import Texts
from advisorkit.study.candidates import as_project
from advisorkit.study.study import Study
from advisorkit.values.criteria import PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import locale
from advisorkit.values.places import printing
from advisorkit.values.quantities import Band, hundredths, money_range, money_short, number

TEXTS = Texts("report")
say = TEXTS.say
columns = TEXTS.columns


@printing
def count(size: int) -> str:
    """A small count in words.

    Example:
        >>> count(2), count(40)
        ('two', '40')
    """
    words = locale().counts.split()
    return words[size] if size < len(words) else str(size)


NAMED = 50
"""Up to so many are all named; more would fill pages."""


def enumerated(names: Sequence[str], parting: str = ", ") -> str:
    """`names` in a row; of very many the first, and that there are others.

    Example:
        >>> enumerated(["Claims", "Returns"]), enumerated([f"idea {n}" for n in range(60)])[-20:]
        ('Claims, Returns', ', idea 49 and others')
    """
    first = parting.join(names[:NAMED])
    return first if len(names) <= NAMED else say("and_others", names=first)


def inside(sentence: str) -> str:
    """A sentence as a clause of another: small first letter, no full stop; names in capitals stay.

    Example:
        >>> inside("A smaller set of texts proves enough."), inside("RAG was measured.")
        ('a smaller set of texts proves enough', 'RAG was measured')
    """
    small = locale().clause(sentence) if not sentence[1:2].isupper() else sentence
    return small.rstrip(".")


def chance_of(made: Decision, pattern: PatternId) -> str:
    """Chance that it ends with `pattern`, as printed everywhere; the only one allowed has no share, for that would say more than is known."""
    if not made.chances[pattern]:
        return "–"
    return say("only") if made.only else hundredths(made.chances[pattern])


def lead_points(made: Decision, lead: float, needed: float) -> str:
    """The lead in points as the difference of printed shares; with a decimal where that would contradict the threshold."""
    first, second = (*(made.chances[p] for p in made.order), 0)[:2]
    points = first - second
    return say("points", points=points if (points >= needed * 100) == (lead >= needed) else number(lead * 100, 1))


@printing
def project(value: float, currency: str) -> str:
    """A project estimate: under 10,000 to the nearest thousand.

    Example:
        >>> project(4_800, "EUR"), project(21_600, "EUR"), project(320, "EUR")
        ('€5k', '€22k', '€320')
    """
    return money_short(as_project(value), currency)


def project_range(low: float, high: float, currency: str) -> str:
    """A range of a project estimate.

    Example:
        >>> project_range(3_200, 7_900, "EUR"), project_range(320, 1_049, "EUR")
        ('€3k to €8k', '€320 to €1,000')
    """
    return money_range(low, high, currency, project)


@printing
def weeks(value: float) -> str:
    """Weeks as people say them, never less than one.

    Example:
        >>> weeks(0.6), weeks(4.8)
        ('1 week', '5 weeks')
    """
    return say("path.weeks", weeks=max(1, round(value)))


MARKED = frozenset({"marked_20", "marked_100"})
"""Answers that say that a prompt was marked on real cases."""


def unread(study: Study) -> bool:
    """Whether a prompt was marked and nobody entered its share right, so that an assumed one is reckoned with."""
    return bool(MARKED.intersection(study.answers.get(PILOT, Answer()).levels)) and study.inputs.rows["error_rate_prompt"].changed_by == "default"


def expected(study: Study, pattern: PatternId) -> Band | None:
    """Share right of `pattern` as marked or expected; None of a prompt that was marked and of which nobody entered it, unless that is what goes into use."""
    return None if pattern == "prompt" != study.decision.told and unread(study) else study.decision.prospects.expected_right.get(pattern)


def going_on(study: Study, pattern: PatternId) -> float | None:
    """What `pattern` gains from where it stands: without its build, once it is in use and what that cost is spent; None where it is not known."""
    gain, built = study.gain(pattern), study.amount(pattern, "build") if study.workflow.used == pattern else 0.0
    return None if gain is None or built is None else gain + built


def unknowns(study: Study) -> tuple[str, ...]:
    """What is not known yet; nothing of patterns where something simpler takes their place."""
    return () if study.decision.replaced else study.advice.words.unknowns
