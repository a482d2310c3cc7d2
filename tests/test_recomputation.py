"""Seven bills and money tables worked out a second time: exact fractions, one month after the other, no closed sums.

Nothing of the cost model is used but the numbers that go in. Only powers, exponentials and prices come as floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from priced import BOOK, engagement, inputs_of

from advisorkit.costs.bill import bill
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.simulation import price
from advisorkit.values.engagement import Engagement

Lines = dict[str, Fraction]
MODELS = {"model": "anthropic:claude-sonnet-5-5", "tuned_model": "together:qwen3.5-9b", "reasoning_tokens": 200}
TODAY = {"minutes_per_item": [4, 6, 9], "error_rate_today": 0.05}


def client(currency: str, answers: Mapping[str, Any], /, **assumptions: Any) -> Engagement:
    asked = {"calls_per_month": 20_000, "corpus_tokens": 3e6, "cost_wrong": 8, "labelled_examples": 150, **answers}
    return engagement(asked, {**MODELS, **TODAY, **assumptions}, currency=currency)


CLIENTS: Mapping[str, Engagement] = {
    "small, growing, by the usual plan": client("EUR", {"calls_per_month": 900}, checking_plan="usual", growth_per_year=0.3, adoption_months=7.5, discount_rate=0.08),
    "documents, half in batches": client("GBP", {"corpus_tokens": 4e8, "human_review": "always"}, batch_share=0.5, rerank_price=2, integration_count=4, corpus_change_share=0.1),
    "training, fee, switch, negotiated": replace(
        client("USD", {"human_review": "never"}, tuned_model="openai:ft-gpt-4o-mini", tuned_hosting_hour=1.7, switch_month=14, switch_price_share=0.4),
        prices={f"{MODELS['model']}/input": 2.0},
    ),
    "own servers, slow": client("CHF", {"hosting": "own_servers", "calls_per_month": 400_000}, review_share=0.2, growth_per_year=0.5, adoption_months=20, horizon_months=48),
    "a product, a person decides": client(
        "SEK", {"regulated": "yes"}, review_share=1, buy_setup=20_000, buy_seats=30, buy_seat_price=300, buy_resolution_price=4, error_rate_buy=0.12, adoption=0.6,
    ),
    "six calls an item, an announced price": client("USD", {}, model="google:gemini-3.8-flash", calls_per_item=6, review_share=0.4, review_minutes=3, instruction_tokens=300, prompt_examples=0),
    "endpoint, short": client("EUR", {"calls_per_month": 3_000_000}, checking_plan="usual", tuned_hosting="endpoint", horizon_months=9, review_first_months=1, review_later_until=4),
}  # fmt: skip


def values(inputs: Inputs) -> dict[str, Fraction | None]:
    """Likely values as fractions, what follows from others worked out; None where not known."""
    v: dict[str, Any] = {name: None if math.isnan(value) else Fraction(float(value)) for name, value in inputs.likely().items()}

    def otherwise(name: str, found: Fraction) -> None:
        v[name] = found if v[name] is None else v[name]

    otherwise("example_tokens", v["input_tokens"] + v["output_tokens"])
    otherwise("minutes_saved", v["minutes_per_item"] * v["minutes_saved_share"])
    looked = min(v["retrieval_removes"] * v["search_hit_rate"] / Fraction(0.8), 1)
    otherwise("error_rate_rag", v["error_rate_prompt"] * (1 - looked))
    otherwise("error_rate_finetune", v["error_rate_prompt"] * (1 - v["training_removes"]))
    otherwise("error_rate_hybrid", v["error_rate_prompt"] * (1 - looked) * (1 - v["training_removes"] * (1 - v["layers_overlap"])))
    return v


class Recomputed:
    """One engagement worked out anew."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs, self.v = inputs, values(inputs)
        v: Any = self.v
        self.rate = Fraction(float(v["discount_rate"])), Fraction(float(v["growth_per_year"]))
        self.months = list(self._months())
        self.calls = v["calls_per_month"] * v["calls_per_item"] * (1 + v["retry_share"])

    def _months(self) -> Iterator[tuple[int, Fraction, Fraction, Fraction]]:
        v: Any = self.v
        for month in range(1, self.inputs.months + 1):
            worth = Fraction((1 + float(v["discount_rate"])) ** (-month / 12))
            work = Fraction((1 + float(v["growth_per_year"])) ** ((month - 1) / 12))
            yield month, worth, work, work * v["adoption"] * min(Fraction(month) / max(v["adoption_months"], 1), 1)

    def every(self, amount: Fraction) -> Fraction:
        return sum((worth * amount for _, worth, _, _ in self.months), Fraction(0))

    def used(self, amount: Callable[[int, Fraction], Fraction]) -> Fraction:
        return sum((worth * amount(month, use) for month, worth, _, use in self.months), Fraction(0))

    def checked(self, month: int) -> Fraction:
        v: Any = self.v
        if v["review_share"] is not None:
            return Fraction(v["review_share"])
        stage = "first" if month <= v["review_first_months"] else "later" if month <= v["review_later_until"] else "mature"
        return Fraction(v[f"review_share_{stage}"])

    def errors(self, column: str) -> Lines:
        v: Any = self.v
        items, taken, rate = v["calls_per_month"], v["share_taken"], v[f"error_rate_{column}"]
        checks = self.used(lambda month, use: items * taken * use * self.checked(month) * v["review_minutes"] / 60 * v["hourly_cost"])
        if rate is None:
            return {"checking": checks}
        return {"checking": checks, "wrong_answers": self.used(
            lambda month, use: items * use * v["cost_wrong"] * (taken * rate * (1 - self.checked(month) * v["review_catch"]) + (1 - taken) * v["error_rate_today"]))}

    def today(self) -> Lines:
        v: Any = self.v
        whole = sum((worth * work * v["calls_per_month"] for _, worth, work, _ in self.months), Fraction(0))
        return {"work_by_people": whole * v["minutes_per_item"] / 60 * v["hourly_cost"], "wrong_answers": whole * v["error_rate_today"] * v["cost_wrong"]}

    def buy(self) -> Lines:
        v: Any = self.v
        if v["buy_seat_price"] is None:
            return {}
        return {
            "product_setup": v["buy_setup"], "product_seats": self.every(v["buy_seats"] * v["buy_seat_price"]),
            "product_items": self.used(lambda _, use: v["calls_per_month"] * v["share_taken"] * use * v["buy_resolution_price"]), **self.errors("buy"),
        }

    def pattern(self, pattern: str) -> Lines:
        v: Any = self.v
        build, days = self.build(pattern)
        kept = {"prompt_platform": "platform", "search_platform": "search_platform", "training_platform": "training_platform", "documents": "corpus"}
        upkeep: Lines = {}
        for name, amount in days.items():
            key = f"upkeep_{kept.get(name, 'workflow')}"
            upkeep[key] = upkeep.get(key, Fraction(0)) + self.every(amount * v["maintenance_share"] / 12)
        again = v["evaluations_per_year"] / 12
        run = {f"later_tests_{who}": self.every(build[f"first_tests_{who}"] * again) for who in ("people", "judge")}
        looking = self.looking_up(build) if pattern in ("rag", "hybrid") else {}
        training = self.retraining() if pattern in ("finetune", "hybrid") else {}
        return {**build, **self.model(pattern), "observability": self.every(v["observability_month"]), **run, **upkeep, **looking, **training, **self.errors(pattern)}

    def build(self, pattern: str) -> tuple[Lines, Lines]:
        """Lines of the build, and of them those of engineers."""
        v: Any = self.v
        rate, over = v["engineer_day_rate"], v["overrun"]
        prompt, rag, tune = (v[f"build_days_{p}"] * over * rate for p in ("prompt", "rag", "finetune"))
        days: Lines = {"further_systems": max(v["integration_count"] - 1, 0) * v["days_per_system"] * rate}
        if pattern == "prompt":
            days |= {"prompt_platform": prompt * v["platform_share_prompt"], "prompt": prompt * (1 - v["platform_share_prompt"])}
        if pattern in ("rag", "hybrid"):
            platform, corpus = v["platform_share_rag"], v["corpus_share_rag"]
            days |= {"search_platform": rag * platform, "documents": rag * corpus, "rag": rag * (1 - platform - corpus)}
        if pattern in ("finetune", "hybrid"):
            days |= {"training_platform": tune * v["platform_share_finetune"], "training": tune * (1 - v["platform_share_finetune"])}
        if pattern == "hybrid":
            days["integration"] = (rag + tune) * v["integration_share"]
        lines = {f"engineers_{name}": amount for name, amount in days.items()}
        cases = v["test_case_count"]
        lines |= {"first_tests_people": cases * v["marking_minutes"] / 60 * v["hourly_cost"], "first_tests_judge": cases * v["judge_price"]}
        if pattern in ("rag", "hybrid"):
            lines |= {"documents_indexed": v["corpus_tokens"] / 10**6 * self.key_price, "index_written": self.gigabytes * v["store_write_price"]}
        if pattern in ("finetune", "hybrid"):
            lines |= {"examples": max(v["labels_wanted"] - v["labelled_examples"], 0) * v["label_price"], "training_runs": self.training * v["training_runs"]}
        return lines, days

    @property
    def key_price(self) -> Fraction:
        return Fraction(self.inputs.tokens("embedding_model").input)

    @property
    def gigabytes(self) -> Fraction:
        v: Any = self.v
        return Fraction(v["corpus_tokens"] / v["passage_tokens"] * (4 * v["embedding_dimensions"] + v["metadata_bytes"]) / 10**9)

    @property
    def training(self) -> Fraction:
        v: Any = self.v
        return Fraction(max(v["labels_wanted"], v["labelled_examples"]) * v["example_tokens"] * v["training_passes"] / 10**6 * v["training_price"])

    def looking_up(self, build: Lines) -> Lines:
        v: Any = self.v
        reads = max(self.gigabytes, Fraction(1, 4)) * v["store_read_price"] / 10**6
        return {
            "search_query": self.used(lambda _, use: self.calls * use * v["input_tokens"] / 10**6 * self.key_price),
            "search_rerank": self.used(lambda _, use: self.calls * use / 1000 * v["rerank_price"]),
            "document_store": self.used(lambda _, use: max(self.gigabytes * v["store_gb_price"] + self.calls * use * reads, v["store_minimum"])),
            "changed_documents_indexed": self.every(build["documents_indexed"] * v["corpus_change_share"]),
            "changed_documents_written": self.every(build["index_written"] * v["corpus_change_share"]),
        }

    def retraining(self) -> Lines:
        v: Any = self.v
        ends, life, horizon = 1 / v["base_model_life_months"], self.inputs.announced_life, self.inputs.months
        if life is not None:
            ends = (1 + (horizon - Fraction(life)) / v["base_model_life_months"]) / horizon if horizon >= life else 0
        often = max(v["retrains_per_year"] / 12, ends)
        return {
            "retraining_engineers": self.every(often * v["retrain_days"] * v["engineer_day_rate"]),
            "retraining_examples": self.every(often * v["relabel_share"] * v["labels_wanted"] * v["label_price"]),
            "retraining_runs": self.every(often * self.training),
        }

    def model(self, pattern: str) -> Lines:
        """The model's lines: tokens by kind, or machines by the hour."""
        v: Any = self.v
        trained = pattern in ("finetune", "hybrid")
        standing = v["instruction_tokens"] + v["prompt_examples"] * v["example_tokens"]
        prefix = v["tuned_instruction_tokens"] if trained else standing
        if pattern == "prompt" and v["corpus_tokens"] < (self.inputs.model("model").window_tokens or 0):
            prefix += v["corpus_tokens"]
        earlier = max(v["calls_per_item"] - 1, 0) / 2 * v["history_share"] * (v["input_tokens"] + v["output_tokens"] + v["tool_result_tokens"])
        own = v["input_tokens"] + earlier + (v["retrieved_passages"] * v["passage_tokens"] if pattern in ("rag", "hybrid") else 0)
        name = "tuned_model" if trained else "model"
        written = v["output_tokens"] + (v["reasoning_tokens"] if self.inputs.model(name).reasons else 0)
        hosting = self.inputs.word("tuned_hosting" if trained else "model_hosting")
        if hosting != "api":
            return self.machines(hosting, written + (prefix + own) * v["input_token_weight"], trained=trained)
        lines = self.tokens(name, prefix, own, written)
        if trained and v["tuned_hosting_hour"]:
            lines["tuned_hosting"] = self.every(v["gpu_hours"] * v["tuned_hosting_hour"])
        return lines

    def machines(self, hosting: str, work: Fraction, *, trained: bool) -> Lines:
        v: Any = self.v
        rent, speed, copies = v["gpu_price"] * (1 + v["gpu_overhead"]), v["gpu_tokens_per_second"], v["tuned_gpus_per_copy"]
        if not trained:
            copies = v["gpus_per_copy"]
            speed = speed * copies * v["large_model_speed"]
        if hosting == "endpoint":
            rent, speed, copies = v["endpoint_price"], v["endpoint_tokens_per_second"], Fraction(1)
        capacity = speed * v["gpu_utilisation"] * v["gpu_hours"] * 3600
        cost = self.used(lambda _, use: max(ceil(self.calls * use * work / capacity), 1) * copies * rent * v["gpu_hours"])
        return {"tuned_endpoint" if hosting == "endpoint" else "gpu_rent": cost}

    def tokens(self, name: str, prefix: Fraction, own: Fraction, written: Fraction) -> Lines:
        v: Any = self.v
        model, plain = self.inputs.model(name), self.inputs.tokens(name)
        tier = [row for row in ((0, plain.input, plain.output, plain.cache_read, plain.cache_write), *plain.tiers) if prefix + own > row[0]][-1]
        fresh, out, read, write = (Fraction(p) for p in tier[1:])
        if name == "model" and v["batch_share"]:
            batch = self.inputs.tokens(name, batch=True)
            halves = (batch.input, batch.output, batch.cache_read, batch.cache_write)
            fresh, out, read, write = (a + (Fraction(b) - a) * v["batch_share"] for a, b in zip((fresh, out, read, write), halves, strict=True))
        factor = 1 + v["region_uplift"] if name == "model" else Fraction(1) if model.kind == "tuned" else v["tuned_markup"]
        fresh, out, read, write = (p * factor for p in (fresh, out, read, write))
        hit, missed, write = self.cached(name, prefix, fresh, read, write)
        paid = {"model_input": (own + prefix * (1 - hit - missed), fresh), "model_cache_read": (prefix * hit, read), "model_cache_write": (prefix * missed, write), "model_output": (written, out)}
        return {kind: self.charged(name, kind, self.calls * count / 10**6, at) for kind, (count, at) in paid.items() if count}

    def cached(self, name: str, prefix: Fraction, fresh: Fraction, read: Fraction, write: Fraction) -> tuple[Fraction, Fraction, Fraction]:
        """Shares of calls that read the standing prompt from the cache and write it there, and the price of writing: the cheapest way."""
        v: Any = self.v
        model, hour = self.inputs.model(name), self.inputs.tokens(name).hour_write
        if model.cache_minutes is None or prefix < (model.cache_from or 0):
            return Fraction(0), Fraction(0), write
        a_minute = self.calls * v["adoption"] / v["active_hours"] / 60
        ways = [(fresh, Fraction(0), Fraction(0), write)]
        for minutes, paid in ((model.cache_minutes, write), *(() if math.isnan(hour) else ((60, Fraction(hour) * fresh),))):
            hit = Fraction(-math.expm1(-float(a_minute) * minutes))
            ways.append((hit * read + (1 - hit) * paid, hit, 1 - hit, paid))
        return min(ways)[1:]

    def charged(self, name: str, kind: str, millions: Fraction, price: Fraction) -> Fraction:
        """A kind of token over the months: a price announced holds from its day, a cheaper model from its month."""
        v: Any = self.v
        row = self.inputs.book.announced.get(f"{self.inputs.word(name)}/{kind.removeprefix('model_')}")
        start = Fraction(self.inputs.months_to(row.since)) if row else Fraction(0)
        later = price * Fraction(row.amount.likely) / Fraction(self.inputs.book.prices[row.id].amount.likely) if row else price

        def month(number: int, use: Fraction) -> Fraction:
            if 0 < v["switch_month"] <= number:
                return millions * use * price * v["switch_price_share"]
            return millions * use * (price + (later - price) * min(max(number - start, 0), 1))

        return self.used(month)


@pytest.fixture(params=CLIENTS, name="told")
def _told(request: pytest.FixtureRequest) -> Inputs:
    return inputs_of(CLIENTS[request.param])


def recomputed(inputs: Inputs) -> dict[str, Lines]:
    again = Recomputed(inputs)
    return {"today": again.today(), **{p: again.pattern(p) for p in ("prompt", "rag", "finetune", "hybrid")}, "buy": again.buy()}


def test_every_line_is_the_sum_of_its_months(told: Inputs) -> None:
    made = bill(told)

    for column, lines in recomputed(told).items():
        if lines:
            found = {line.component_id: line.amount for line in made.lines if line.column == column and line.amount is not None}
            assert found == pytest.approx({name: float(amount) for name, amount in lines.items()}, rel=1e-9, abs=1e-6)


def test_every_column_of_the_money_table_is_the_sum_of_its_lines(told: Inputs) -> None:
    lines, v = recomputed(told), dict[str, Any](values(told))
    made, again = price(told, 64).money, Recomputed(told)
    whole, saved, spared = lines["today"], Fraction(0), Fraction(0)
    for _, worth, _, use in again.months:
        saved += worth * use * v["calls_per_month"] * v["share_taken"] * v["minutes_saved"] / 60 * v["hourly_cost"]
        spared += worth * use * v["calls_per_month"] * v["error_rate_today"] * v["cost_wrong"]
    once = ("engineers_", "examples", "training_runs", "documents_indexed", "index_written", "first_tests_judge", "product_setup")
    for column in ("prompt", "rag", "finetune", "hybrid", "buy"):
        row, own = made[column], lines[column]
        if not own:
            continue
        build = sum((amount for name, amount in own.items() if name.startswith(once)), Fraction(0))
        checks = sum((own.get(name, Fraction(0)) for name in ("checking", "first_tests_people", "later_tests_people")), Fraction(0))
        wrong = own["wrong_answers"] + whole["wrong_answers"] - spared
        run = sum(own.values(), Fraction(0)) - build - checks - own["wrong_answers"]
        people = whole["work_by_people"] - saved
        parts = {"build": build, "run": run, "checking": checks, "people": people, "wrong": wrong}
        everything = sum(parts.values(), Fraction(0))
        parts |= {"outside": build + run, "staff": checks + people, "all_in": everything, "gain": sum(whole.values(), Fraction(0)) - everything}
        for name, amount in parts.items():
            figure = getattr(row, name)
            assert figure is not None, (column, name)
            assert figure.likely == pytest.approx(float(amount), rel=1e-9, abs=1e-4), (column, name)


def test_the_seven_differ_in_kind() -> None:
    """Machines, endpoint, fee, cache, batches, an announced price, a switch, a product, a plan: each stands in one of them."""
    components = {line.component_id for whole in CLIENTS.values() for line in bill(inputs_of(whole)).lines if line.amount}

    assert {"gpu_rent", "tuned_endpoint", "tuned_hosting", "model_cache_read", "product_items", "document_store", "engineers_further_systems"} <= components
    assert any(inputs_of(whole).falling for whole in CLIENTS.values())
    assert "google:gemini-3.8-flash/input" in BOOK.announced
