"""What the engine is told by the cost model: evidence that is worked out, not asked. Unknown stays None."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from advisorkit.costs.assumption import Values
from advisorkit.costs.columns import builds, calls_paid, kept_up
from advisorkit.costs.flows import Flows, Workings, build_days, read_units, scene
from advisorkit.costs.inputs import Input, Inputs, input_of
from advisorkit.costs.sampling import bands
from advisorkit.costs.tokens import request
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.quantities import Band

FACT_DRAWS = 2**9
SEED = 1


@dataclass(frozen=True, slots=True)
class Saving:
    """Where a trained small model's saving on a call comes from, against the prompt."""

    per_call: float
    """Saved on a call, in the engagement's currency; negative when the trained model costs more."""
    shorter_prompt: float
    """Part of it that the shorter prompt alone would bring on the same model."""
    smaller_model: float
    """Part of it that the smaller model then adds."""
    small_untuned: float
    """What the smaller model alone would save with the full prompt and no training."""


@dataclass(frozen=True, slots=True)
class CostFacts:
    """Computed evidence about one workflow."""

    window_tokens: int | None
    """Tokens that the chosen model reads at once; None when the book does not say."""
    corpus_fits: float | None
    """Chance, 0 to 1, that the reference text fits the window; None when its size is not known."""
    corpus_works: float | None
    """Chance, 0 to 1, that it is short enough to be used reliably; None when its size is not known."""
    corpus_cost_ratio: float | None
    """Cost of a call that carries the whole corpus in a cached prompt, over that of a call of RAG with its search.

    None when size or calls are not known, or GPUs are rented.
    """
    corpus_payback_calls: float | None
    """Calls after which RAG's dearer build is paid back against the cached corpus; None when never or not known."""
    examples_that_fit: int
    """Worked examples that fit into the length read reliably, beside instructions and request."""
    payback_months: float | None
    """Months until a trained small model has paid back its build against the prompt (P50); None: never, or not known."""
    payback_known: bool
    """False when the volume is not known, so that None means not known rather than never."""
    base_model_life_months: float
    """Months until the model to train is ended: announced, else assumed (likely value)."""
    build: Mapping[PatternId, Band]
    """Cost to build each pattern."""
    build_weeks: Mapping[PatternId, Band]
    """Calendar weeks to build each pattern, approvals included when they are known."""


_BESIDE = frozenset({
    "value_right", "cost_wrong", "retrieval_removes", "training_removes", "search_hit_rate", "review_share", "corpus_change_share", "review_minutes",
    "freed_hours_cash", "reading_price",
})
"""Assumptions that no fact reads, as none reads what stands beside a first version: they price wrong answers, checks and changed documents."""
_CARRIED = "facts_in_request"
"""The criterion that decides by itself whether a prompt carries the reference text."""


@dataclass(frozen=True)
class Costing:
    """Evidence about one workflow from the cost model, ready to be asked again."""

    inputs: Inputs
    """Its inputs today."""
    draws: int = FACT_DRAWS
    """Draws of the uncertain ones, a power of two."""
    seed: int = SEED
    """Seed of those draws."""

    @cached_property
    def _read(self) -> frozenset[str]:
        return frozenset(name for name, row in self.inputs.rows.items() if row.assumption.line is None and name not in _BESIDE)

    @cached_property
    def _fed(self) -> Mapping[str, Sequence[Input]]:
        """What facts read, by the criterion that it follows from; what is priced by a word that follows from it comes after."""
        fed: dict[str, list[Input]] = {_CARRIED: []}
        for row in self.inputs.rows.values():
            words = (one.assumption for rows in fed.values() for one in rows if not one.assumption.numeric)
            by_word = [one.fed_by for one in words if f"{{{one.name}}}" in row.assumption.price]
            if row.assumption.name in self._read:
                for criterion in filter(None, (row.assumption.fed_by, *by_word)):
                    fed.setdefault(criterion, []).append(row)
        return fed

    @cached_property
    def feeds(self) -> frozenset[str]:
        """Criteria whose answers some fact may depend on."""
        return frozenset(self._fed)

    @cached_property
    def today(self) -> CostFacts:
        """The facts as things stand."""
        return self._of([self.inputs])[0]

    @cached_property
    def _likely(self) -> Values:
        return self.inputs.likely()

    @cached_property
    def _spread(self) -> Values:
        return self.inputs.draw(self.draws, self.seed, self._read)

    def facts(self, changes: Sequence[Mapping[str, Answer]]) -> tuple[CostFacts, ...]:
        """The facts under each set of changed answers: today's where no input changes."""
        told = [self._told(changed) for changed in changes]
        left = iter(self._of([inputs for inputs in told if inputs is not self.inputs]))
        return tuple(self.today if inputs is self.inputs else next(left) for inputs in told)

    def _told(self, changed: Mapping[str, Answer]) -> Inputs:
        """The inputs under changed answers; the very same where nothing that facts read follows from them."""
        rows = dict(self.inputs.rows)
        told = replace(self.inputs, rows=rows, answers={**self.inputs.answers, **changed})
        same = self.inputs.levels(_CARRIED) == told.levels(_CARRIED)
        for row in (row for name in changed for row in self._fed.get(name, ())):
            new = input_of(told, row.assumption)
            if (row.value, row.known) != (new.value, new.known):
                rows[row.assumption.name], same = new, False
        return self.inputs if same else told

    @cached_property
    def _words(self) -> frozenset[str]:
        """Words by which facts are worked out in another way, and not only at other prices."""
        priced = " ".join(row.assumption.price for row in self.inputs.rows.values())
        return frozenset(name for name, row in self.inputs.rows.items() if not row.assumption.numeric and f"{{{name}}}" not in priced)

    def _of(self, several: Sequence[Inputs]) -> list[CostFacts]:
        """The facts of inputs that differ from today's in a few rows, worked out in one go for all that use the same words."""
        found, groups = dict[int, CostFacts](), self.inputs.groups
        changed = [[name for name, row in inputs.rows.items() if row is not self.inputs.rows[name]] for inputs in several]
        alike: dict[tuple[str, ...], list[int]] = {}
        for place, (inputs, names) in enumerate(zip(several, changed, strict=True)):
            alike.setdefault(tuple(inputs.word(name) for name in names if name in self._words), []).append(place)
        for places in alike.values():
            rows, own = [several[place] for place in places], [changed[place] for place in places]
            corpus = _line([inputs.carries_corpus() for inputs in rows], None)
            here = scene(rows[0], _laid(rows, own, self._likely, lambda inputs, name: inputs.likely_of([name])[name]), corpus=corpus)
            spread = _laid(rows, own, self._spread, lambda inputs, name: inputs.draw_of(name, groups, self.draws, self.seed))
            found |= zip(places, _facts(rows, here, scene(rows[0], spread, here.clock, corpus)), strict=True)
        return [found[place] for place in range(len(several))]


def _laid(rows: Sequence[Inputs], changed: Sequence[Sequence[str]], values: Values, of: Callable[[Inputs, str], Any]) -> Values:
    """`values`, with a line for each of `rows` in those that have `changed` in any of them."""
    several = dict.fromkeys(name for names in changed for name in names if name in values)
    lines = {name: [of(inputs, name) if name in names else None for inputs, names in zip(rows, changed, strict=True)] for name in several}
    return {**values, **{name: _line(line, values[name]) for name, line in lines.items()}}


def _line(values: Sequence[Any], otherwise: Any) -> Any:
    """One value as it is; several as lines of an array; None stands for `otherwise`."""
    if len(values) == 1:
        return otherwise if values[0] is None else values[0]
    lines = np.empty((len(values), max(np.size(otherwise), *map(np.size, values))))
    for place, value in enumerate(values):
        lines[place] = otherwise if value is None else value
    return lines


def _facts(rows: Sequence[Inputs], here: Workings, spread: Workings) -> Iterator[CostFacts]:
    """One for each of `rows`: `here` holds likely values, `spread` draws."""
    built, likely_built, on_gpu = builds(spread), builds(here), here.requests["rag"].on_gpu
    corpus_calls = _each(whole_corpus_call(here), rows)
    rag_calls = _each(math.nan if on_gpu else per_call(here, "rag"), rows)
    dearer = _each(_sum(likely_built["rag"]) - _sum(likely_built["prompt"]), rows)
    works = np.mean(np.atleast_1d(spread.values["corpus_tokens"] <= spread.values["effective_tokens"]), axis=-1)
    paid, works, life = _paybacks(spread, built, rows), _each(works, rows), _each(base_model_life(rows[0], here.values), rows)
    fitting, window = _each(_examples_that_fit(here), rows), rows[0].model("model").window_tokens
    build = _by_pattern({pattern: _sum(built[pattern]) for pattern in PATTERNS}, rows)
    weeks = _by_pattern({pattern: _weeks(spread, pattern) for pattern in PATTERNS}, rows)
    for place, inputs in enumerate(rows):
        corpus, calls = inputs.known("corpus_tokens"), inputs.rows["calls_per_month"].range
        by_corpus, by_rag = corpus_calls[place], rag_calls[place]
        both, saved = corpus is not None and calls is not None and not on_gpu, by_corpus - by_rag
        yield CostFacts(
            window_tokens=window,
            corpus_fits=None if corpus is None or window is None else corpus.below(window),
            corpus_works=None if corpus is None else works[place],
            corpus_cost_ratio=by_corpus / by_rag if both and by_rag else None,
            corpus_payback_calls=dearer[place] / saved if both and saved > 0 else None,
            examples_that_fit=max(0, math.floor(fitting[place])),
            payback_months=paid[place] if calls is not None and math.isfinite(paid[place]) else None,
            payback_known=calls is not None,
            base_model_life_months=life[place],
            build=build[place],
            build_weeks=weeks[place],
        )


def _each(values: Any, rows: Sequence[Inputs]) -> list[float]:
    """One number for each of `rows`."""
    return [float(value) for value in np.broadcast_to(np.ravel(values), len(rows))]


def _by_pattern(draws: Mapping[PatternId, Any], rows: Sequence[Inputs]) -> list[dict[PatternId, Band]]:
    """Bands of each pattern for each of `rows`; rows that nothing tells apart share one."""
    found = {pattern: bands(values) for pattern, values in draws.items()}
    return [{pattern: band[place % len(band)] for pattern, band in found.items()} for place in range(len(rows))]


def saving(here: Workings) -> Saving:
    """Split of the saving of a trained small model on a call, at the values of `here`: by the token, whatever hosts it."""
    inputs, v = here.inputs, here.values
    full, by_token = here.requests["prompt"].cost, not here.requests["prompt"].on_gpu
    tuned = request(inputs, v, "finetune", by_token=by_token).cost
    short = request(inputs, v, "prompt", prefix=v["tuned_instruction_tokens"]).cost
    small = request(inputs, v, "prompt", model="tuned_model", by_token=by_token).cost
    return Saving(*(float(np.mean(x)) for x in (full - tuned, full - short, short - tuned, full - small)))


def whole_corpus_call(here: Workings) -> Any:
    """Cost of one call that carries all reference text in a cached prompt, retries included."""
    return request(here.inputs, here.values, "prompt", corpus=True).cost * (1 + here.values["retry_share"])


def per_call(here: Workings, pattern: PatternId, flows: Flows = ()) -> Any:
    """Cost of one call of a pattern, search and retries included; rented GPUs and hosting fees are spread over all calls in use.

    `flows` are those of its column where they are worked out already. Without calls the cost of one where something is paid by the hour is not known.
    """
    v, paid = here.values, here.requests[pattern]
    search = 0.0
    if pattern in {"rag", "hybrid"}:
        search = (
            paid.embedding_price * paid.query_tokens / 1e6 + v["rerank_price"] / 1000 + v["store_read_price"] * read_units(here.store_gb) / 1e6
        )
    by_hour = paid.on_gpu or (paid.model == "tuned_model" and np.any(v["tuned_hosting_hour"]))
    hourly = [flow.amount for flow in flows or calls_paid(here, pattern) if flow.unit_id in {"gpu_months", "hours"}] if by_hour else []
    used = v["calls_per_month"] * v["calls_per_item"] * v["adoption"]
    if hourly and not np.all(used > 0):
        return np.float64(np.nan)
    beside = (v["paid_searches"] * v["paid_search_price"] + v["trace_price"]) / 1000 if flows else 0.0  # the same for every pattern
    return (paid.cost + search + beside) * (1 + v["retry_share"]) + sum(amount / used for amount in hourly)


def own_gpu_call(inputs: Inputs) -> float | None:
    """Likely cost of a call of the trained model on rented whole GPUs of its own.

    None when it is priced there already, or the calls are not known.
    """
    row = inputs.rows["tuned_hosting"]
    if row.value != "api":
        return None
    moved = replace(inputs, rows={**inputs.rows, "tuned_hosting": replace(row, value="gpu")})
    cost = float(per_call(scene(moved, moved.likely()), "finetune"))
    return None if math.isnan(cost) else cost


def _examples_that_fit(here: Workings) -> Any:
    v, window = here.values, here.inputs.model("model").window_tokens
    room = np.minimum(v["effective_tokens"], window or math.inf) - (v["instruction_tokens"] + v["input_tokens"])
    return room / np.maximum(1.0, here.requests["prompt"].example_tokens)


def _sum(paid: Flows) -> Any:
    return sum(flow.amount for flow in paid)


def _weeks(here: Workings, pattern: PatternId) -> Any:
    v = here.values
    return build_days(here)[pattern] / (v["engineers"] * v["days_per_week"]) + v["approval_lead_weeks"]


def _paybacks(spread: Workings, built: Mapping[PatternId, Flows], rows: Sequence[Inputs]) -> list[float]:
    """Months of full use after which the trained model has paid its dearer build back (P50); wrong answers left out."""
    kept = kept_up(spread, built, ("prompt", "finetune"))
    saved = _sum(kept["prompt"]) - _sum(kept["finetune"])
    extra = np.maximum(_sum(built["finetune"]) - _sum(built["prompt"]), 0)
    months = np.where(saved > 0, extra / np.where(saved > 0, saved, 1.0), np.inf)
    middle = (np.shape(months)[-1] - 1) // 2 if np.ndim(months) else 0
    return _each(np.partition(np.atleast_1d(months), middle, axis=-1)[..., middle], rows)


def base_model_life(inputs: Inputs, values: Mapping[str, Any]) -> Any:
    """Months until the model to train is ended: those its maker announced, else those assumed in `values`."""
    announced = inputs.announced_life
    return values["base_model_life_months"] if announced is None else announced
