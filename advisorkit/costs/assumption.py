"""What may be assumed: the names that a client's file, a cell or the command line can change, and those that follow from others.

Layers do not add up: what training removes on top of looking things up is cut by `layers_overlap`, since published
comparisons of both against one alone go either way (Ovadia et al. 2023, arXiv 2312.05934; Zhang et al. 2024, arXiv 2403.10131).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, get_args

from advisorkit.files.amounts import words
from advisorkit.files.numbers import in_parts
from advisorkit.files.texts import Texts
from advisorkit.values.engagement import Adopted, Setting
from advisorkit.values.messages import here, in_units
from advisorkit.values.quantities import MOST, SYMBOLS, Estimate
from advisorkit.values.written import OWN_KEY, Key, Named

AssumptionKind = Literal["positive", "share", "real", "count", "model", "word"]
"""positive, share and real: ranges; count: one whole number; model: a model of the price book; word: one of `choices`."""

MOST_MONTHS = 1200
"""Largest whole number, such as months of a horizon."""
MOST_GROWTH = 10.0
"""Largest yearly growth, so that a century of it stays a number."""
DRAWS, MOST_DRAWS = 2**14, 2**16
"""Draws of a simulation where nobody says how many, and the most, so that it ends within seconds and in ordinary memory."""

Topic = Literal["volume", "people", "errors", "checking", "tokens", "models", "build", "pilot", "run", "money", "buy"]
"""What assumptions are about, in the order of lists."""
TOPICS = get_args(Topic)


_TEXTS = Texts("costs")


def word_told(word: str) -> str:
    """A word that an assumption may be, as people say it; a model's name or a country as it is.

    Example:
        >>> word_told("api"), word_told("openai:gpt-5-mini")
        ("provider's access, by token", 'openai:gpt-5-mini')
    """
    return _TEXTS.say(key) if (key := f"word.{word}") in _TEXTS.all else word


@dataclass(frozen=True, slots=True)
class ByAnswer:
    """A default that follows from the answer to a criterion."""

    criterion: str
    """Criterion id."""
    levels: Mapping[str, Annotated[Setting, Named("setting")]]
    """Value by level; text stands for a price-book id where the assumption is a number."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line of the bill that an assumption stands for: its value times `times`, at `price`; at 0 it is struck."""

    id: str
    """Component that it is called."""
    unit: str
    """Unit of its quantity, such as ``staff_hours``."""
    price: str
    """What one unit costs: an assumption, or ``built``: all that is built before it."""
    times: tuple[str, ...] = ()
    """What the value is multiplied by: assumptions, or figures of the pattern (see `columns.beside`)."""
    per: float = 1.0
    """What the product is divided by."""
    phase: Annotated[Literal["build", "run"], Named("phase")] = "build"
    """Paid once before the first month, or with every call."""
    part: Annotated[Literal["platform", "corpus", "workflow"], Named("part")] = "workflow"
    """platform and corpus are shared across workflows."""
    patterns: tuple[str, ...] = ("prompt", "rag", "finetune", "hybrid")
    """Patterns that pay it."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """One name of the model: what it means, in which unit, and where its default comes from."""

    name: Annotated[str, OWN_KEY]
    """Word used in files, cells and on the command line."""
    label: str
    """Name in tables and charts."""
    meaning: str
    """One plain sentence."""
    measure: Annotated[str, Key("unit")]
    """Its unit: ``{currency}`` stands for the engagement's currency, ``{share}`` for parts of 1, which are shown in percent."""
    group: Annotated[Literal["workload", "assumption"], Named("group")] = "assumption"
    """Place in the engagement file: ``workload:`` or ``assumptions:``."""
    kind: Annotated[AssumptionKind, Named("kind")] = "positive"
    """Shape of its values."""
    default: Annotated[Setting | None, Key("value"), Named("setting")] = None
    """Used when nobody says otherwise; None means not known, or taken from `price`."""
    price: str = ""
    """Price-book ids of the default parted by commas, the first that there is; another name may stand in braces, such as ``gpu:{gpu}/hour``."""
    hosted: tuple[str, ...] = ()
    """Ways to host a model under which it counts, such as ``gpu``; empty when it always does."""
    answer: str = ""
    """Criterion whose number gives the value; empty when none."""
    by_answer: ByAnswer | None = None
    """Default by level of a criterion."""
    choices: tuple[str, ...] = ()
    """Valid words of kind ``word``."""
    moves_with: str = ""
    """Name of the group of inputs that rise and fall together; empty when it moves alone."""
    line: OwnLine | None = None
    """Line of the bill beside the first version that it stands for."""
    above_zero: bool = False
    """Whether 0 makes no sense, since it is divided by."""
    topic: Annotated[Topic, Named("topic")] = field(kw_only=True)
    """What it is about, as lists group it."""
    source: str = field(kw_only=True)
    """Where the default comes from."""
    checked: date = field(kw_only=True)
    """Day on which it was last compared with its source, or judged."""

    @property
    def unit(self) -> str:
        """Unit as files and tables name it; ``{currency}`` is left open."""
        return self.unit_in("{currency}", "share")

    def unit_in(self, currency: str, share: str) -> str:
        """Unit with words for the engagement's currency and for parts of 1.

        Example:
            >>> Assumption("a", "A", "", "{share} a year", kind="share", topic="run", source="", checked=date(2026, 11, 30)).unit_in("€", "%")
            '% a year'
        """
        return self.measure.replace("{currency}", currency).replace("{share}", share)

    def unit_words(self, currency: str, share: str = "%", *, one: bool = False) -> str:
        """Unit as people read it, in the language that is told in, `one` after 1; `currency` is the ISO code of the money."""
        return in_units(self.measure, one=one and not self.in_money).replace("{currency}", SYMBOLS.get(currency, currency).strip()).replace("{share}", share)

    @property
    def in_percent(self) -> bool:
        """Whether its values are parts of 1, shown in percent."""
        return self.measure.startswith("{share}")

    @property
    def whole(self) -> bool:
        """Whether it counts what there are no parts of."""
        return self.measure in words("whole")

    @property
    def in_money(self) -> bool:
        """Whether its values are amounts of money."""
        return self.measure.startswith("{currency}")

    @property
    def fed_by(self) -> str:
        """Criterion from whose answer the value follows; empty when none."""
        return self.answer or (self.by_answer.criterion if self.by_answer else "")

    @property
    def numeric(self) -> bool:
        """Whether its value is a range or a number rather than a word."""
        return self.kind not in {"model", "word"}

    def fits(self, value: Setting, write: Callable[[float], str] = lambda bound: f"{bound:g}".replace("-", "−")) -> str:
        """Why `value` cannot be used, or an empty string; `write` writes the bound that it breaks.

        Example:
            >>> from advisorkit.values.quantities import percent
            >>> share = Assumption("a", "A", "", "share", kind="share", topic="run", source="", checked=date(2026, 11, 30))
            >>> share.fits(Estimate.of([0.5, 1.2])), share.fits(Estimate.of([0.5, 1.2]), percent)
            ('must lie between 0 and 1', 'must lie between 0% and 100%')
        """
        if not self.numeric:
            return self._word(value)
        if not isinstance(value, Estimate):
            return here("must be a number, [low, high] or [low, likely, high]")
        found = next(((fault, bounds) for wrong, fault, *bounds in self._faults(value) if wrong), None)
        return here(found[0]).format(*map(write, found[1])) if found else ""

    def _faults(self, value: Estimate) -> Iterator[tuple[Any, ...]]:
        yield self.kind == "count" and value.high > MOST_MONTHS, "must not be above {}", MOST_MONTHS
        yield value.high > MOST, "must not be above {}", MOST
        yield self.kind == "share" and not 0 <= value.low <= value.high <= 1, "must lie between {} and {}", 0, 1
        yield self.kind in {"positive", "count"} and value.low < 0, "must not be negative"
        yield self.above_zero and value.low <= 0, "must be above {}", 0
        yield self.kind == "count" and not (value.fixed and value.likely == int(value.likely)), "must be one whole number"
        yield in_parts(value, self.measure), "must be a whole number"
        yield self.kind == "real" and value.low <= -1, "must be above {}", -1
        yield self.kind == "real" and value.high > MOST_GROWTH, "must not be above {}", MOST_GROWTH

    def _word(self, value: Setting) -> str:
        if isinstance(value, Estimate):
            return here("must be a word")
        word = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value.value if isinstance(value, Adopted) else value
        return here("must be one of {}", ", ".join(self.choices)) if self.choices and word not in self.choices else ""


Values = Mapping[str, Any]
"""Numbers or draws by assumption name."""


def _looked_up(v: Values) -> Any:
    """Share of wrong answers that looking up removes, in proportion to how often the search finds the right passage."""
    removed = v["retrieval_removes"] * v["search_hit_rate"] / GIVEN_FOR
    return removed * (removed < 1) + (removed >= 1)


def unread(v: Values) -> Any:
    """Share of wrong answers that looking up removes beside a prompt that carries the texts: in proportion to what is beyond the length read reliably."""
    whole = v["corpus_tokens"] + (1 - v["corpus_tokens"]) * (v["corpus_tokens"] < 1)
    beyond = 1 - v["effective_tokens"] / whole
    return v["retrieval_removes"] * beyond * (beyond > 0)


def around(likely: float, low: float, high: float) -> Estimate:
    """A range that holds its likely value."""
    return Estimate(min(low, likely), likely, max(high, likely))


def _at_most(most: Any, amount: Any) -> Any:
    """A trained model that is worse than the prompt is wrong in every answer at most, and no draw saves more of an item than it takes."""
    return amount - (amount - most) * (amount > most)


def _with_both(v: Values) -> Any:
    """Share wrong with both layers: what the other layer leaves of what is known of one alone, the better of two, else of what a prompt gets wrong."""
    found, taught = 1 - _looked_up(v), 1 - v["training_removes"]
    kept = 1 - v["training_removes"] * (1 - v["layers_overlap"])
    alone = {"error_rate_rag": kept, "error_rate_finetune": found * kept / (taught + (taught <= 0))}
    first, *other = [v[name] * left for name, left in alone.items() if known(v[name])] or [v["error_rate_prompt"] * found * kept]
    return _at_most(other[0], first) if other else first


GIVEN_FOR = 0.8
"""Share of searches that bring the right passage for which ``retrieval_removes`` is given."""


WORKED_OUT: dict[str, Callable[[Values], Any]] = {
    "example_tokens": lambda v: v["input_tokens"] + v["output_tokens"],
    "minutes_saved": lambda v: v["minutes_per_item"] * v["minutes_saved_share"],
    "error_rate_rag": lambda v: v["error_rate_prompt"] * (1 - _looked_up(v)),
    "error_rate_finetune": lambda v: _at_most(1, v["error_rate_prompt"] * (1 - v["training_removes"])),
    "error_rate_hybrid": lambda v: _at_most(1, _with_both(v)),
}
"""How an assumption follows from others until somebody sets it, by name."""
BASIS = (
    "input_tokens", "output_tokens", "minutes_per_item", "minutes_saved_share", "error_rate_prompt", "retrieval_removes",
    "training_removes", "layers_overlap", "search_hit_rate", "error_rate_rag", "error_rate_finetune",
)
"""What they follow from."""


def known(amount: Any) -> bool:
    """Whether an amount is known; what is not known is NaN in every draw alike, so one draw tells.

    Example:
        >>> known(24.0), known(math.nan)
        (True, False)
    """
    return not math.isnan(amount.item(0) if hasattr(amount, "item") else amount)


def completed(values: Values) -> dict[str, Any]:
    """Values with those that are not known worked out from the others where there is a way.

    Example:
        >>> completed({"example_tokens": float("nan"), "input_tokens": 600.0, "output_tokens": 300.0})["example_tokens"]
        900.0
    """
    found = dict(values)
    for name, rule in WORKED_OUT.items():
        if name in values and not known(values[name]):
            found[name] = rule(values)
    if {"minutes_saved", "minutes_per_item"} <= found.keys() and known(found["minutes_per_item"]):
        found["minutes_saved"] = _at_most(found["minutes_per_item"], found["minutes_saved"])
    return found
