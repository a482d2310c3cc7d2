"""Published worked examples, priced as a client's engagement: its bill is read, or a call of it.

``worked(example, others)`` takes one row of `data/worked_examples.jsonl` and returns what the product says in the row's own
unit. Everything else in the engagement costs nothing, and a month stands for the time that the example speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from priced import NOTHING_BESIDE, engagement, inputs_of

from advisorkit.catalog.reading import text_classes
from advisorkit.costs.bill import Bill, bill
from advisorkit.costs.flows import Clock, Column
from advisorkit.costs.inputs import Inputs
from advisorkit.costs.tokens import Request, prices_at
from advisorkit.values.prices import TokenPrices

Row = Mapping[str, Any]
MODEL, TUNED, KEYS = "anthropic:claude-sonnet-5-5", "together:qwen3.5-9b", "openai:text-embedding-3-small"
PLAIN: Mapping[str, Any] = {
    "horizon_months": 1, "discount_rate": 0, "growth_per_year": 0, "adoption": 1, "adoption_months": 1, "retry_share": 0, "reasoning_tokens": 0, "active_hours": 24,
    "calls_per_month": 1, "input_tokens": 0, "output_tokens": 0, "instruction_tokens": 0, "tuned_instruction_tokens": 0, "prompt_examples": 0,
    "example_tokens": 1, "retrieved_passages": 0, "corpus_tokens": 0, "passage_tokens": 1, "tuned_markup": 1, "engineer_day_rate": 0,
    "maintenance_share": 0, "label_price": 0, "training_price": 0, "training_passes": 1, "training_runs": 1, "labelled_examples": 0,
    "labels_wanted": 1, "retrains_per_year": 0, "judge_price": 0, "hourly_cost": 0, "cost_wrong": 0, "observability_month": 0, "rerank_price": 0,
    "store_minimum": 0, "store_gb_price": 0, "store_read_price": 0, "store_write_price": 0, "gpu_overhead": 0, "gpus_per_copy": 1,
    **NOTHING_BESIDE, "corpus_in_prompt": "no", "model": MODEL, "tuned_model": TUNED, "embedding_model": KEYS,
}
"""One month at full use of a system that costs nothing but what an example prices."""


def client(i: Row, keys: float = 0.0, more: Mapping[str, float] = MappingProxyType({}), **told: Any) -> Inputs:
    """A client who pays the token prices of an example, `keys` for 1M tokens turned into search keys, `more` by price-book id, and is told so."""
    fresh, out = i.get("p_in", 0.0), i.get("p_out", 0.0)
    read, write = i.get("p_cache_read", fresh * i.get("read_mult", 1.0)), fresh * i.get("write_mult", 1.0)
    prices = {f"{MODEL}/input": fresh, f"{MODEL}/output": out, f"{MODEL}/cache_read": read, f"{MODEL}/cache_write": write,
              f"{TUNED}/input": fresh, f"{TUNED}/output": out, f"{KEYS}/input": keys, f"{MODEL}/batch_output": out}
    batch = fresh * (1 - i.get("batch_discount_input", i.get("batch_discount", 0.0)))
    prices |= {f"{MODEL}/batch_{part}": batch for part in ("input", "cache_read", "cache_write")}
    return inputs_of(engagement({}, {**PLAIN, **told}, currency="USD", prices={**prices, **more}))


def paid(inputs: Inputs, column: Column, *components: str) -> float:
    """What a column pays for components whose ids begin with one of `components`."""
    return sum(line.amount or 0.0 for line in bill(inputs).of(column) if line.component_id.startswith(components))


def one(inputs: Inputs, column: Column, component_id: str) -> float:
    return bill(inputs).line(column, component_id).amount or 0.0


def times(i: Row) -> float:
    a_day = i.get("calls_per_day", i.get("queries_per_day"))
    return a_day * i.get("days", 1) if a_day else i.get("calls", i.get("conversations", 1))


def calls(i: Row, **told: Any) -> float:
    """Calls of a prompt, its standing part in every call."""
    if "cost_per_call" in i:
        i = {**i, "p_in": i["cost_per_call"] / i["tok_in"] * 1e6}
    lengths = {"instruction_tokens": i.get("tok_system", 0), "input_tokens": i.get("tok_in", 0), "output_tokens": i.get("tok_out", 0)}
    return paid(client(i, **{"calls_per_month": times(i), **lengths, **told}), "prompt", "model_")


def batch_saving(i: Row) -> float:
    standard, batch = (calls({**i, "tok_out": 0}, batch_share=share) for share in (0, 1))
    return standard - batch


def half_in_batches(i: Row) -> float:
    return calls({**i, "p_in": i["per_call"], "tok_in": 1e6}, batch_share=i["batch_share"])


def cached(i: Row) -> float:
    """Calls with counted tokens: fresh ones, those read from a cache, and in a series those written into it first."""
    fresh, prefix, written = i.get("tok_in", i.get("tok_in_uncached", 0)), i.get("tok", i.get("tok_cache_read", 0)), i.get("tok_out", 0)
    out = i["out_cost"] * 1e6 if "out_cost" in i else i.get("p_out", 0.0)
    written = 1 if "out_cost" in i else written
    listed = TokenPrices(i["p_in"], out, i.get("p_cache_read", i["p_in"] * i.get("read_mult", 1.0)), i["p_in"] * i.get("write_mult", 1.0))
    prices = prices_at(listed, fresh + prefix)
    read = Request(prices, fresh_tokens=fresh, cache_read_tokens=prefix, written_tokens=written).cost
    first = Request(prices, fresh_tokens=fresh, cache_write_tokens=prefix, written_tokens=written).cost
    writes = i.get("writes", 1 if "write_mult" in i else 0)
    return float(writes * first + (times(i) - writes) * read)


def embedded(i: Row) -> float:
    tokens = i.get("tokens", i.get("docs", 1) * i.get("tok_doc", i.get("words", 0) * i.get("tok_per_word", 0)))
    return one(client(i, i["p"], corpus_tokens=tokens), "rag", "documents_indexed")


def training(i: Row, **told: Any) -> Bill:
    return bill(client(i, **{"training_price": i.get("p", 0), "training_passes": i.get("epochs", 1), **told}))


def training_tokens(i: Row) -> float:
    """Every step reads a full batch; every validation reads its set."""
    parts = ({"labels_wanted": i["batch"] * i["steps"], "example_tokens": i["context"]},
             {"example_tokens": i["tok_val"], "training_passes": i["n_evals"]})
    return 1e6 * sum(training(i, **part).line("finetune", "training_runs").quantity or 0 for part in parts)


def hosted(i: Row) -> float:
    told = client(i, input_tokens=i["tok_in"], output_tokens=i["tok_out"], tuned_hosting_hour=i["host_hour"], gpu_hours=i["hours"])
    return paid(told, "finetune", "model_", "tuned_hosting")


def rented(i: Row) -> float:
    told = {"gpu_price": i["usd_hour"], "gpu_hours": i["hours"], "gpu_overhead": i.get("overhead", 0), "gpus_per_copy": i.get("units", 1)}
    return one(client(i, model_hosting="gpu", **told), "prompt", "gpu_rent")


def rented_by_token(i: Row) -> float:
    """For 1M tokens of a GPU that is always busy: so many that its last hour weighs nothing."""
    busy = {"gpu_price": i["usd_hour"], "gpu_tokens_per_second": i["tok_s"], "gpu_utilisation": 1, "output_tokens": 1e6, "calls_per_month": 1e7}
    return one(client(i, model_hosting="gpu", **busy), "prompt", "gpu_rent") / 1e7


def looked_up(i: Row) -> float:
    """Calls of RAG; a page with a price for 1,000 tokens of everything embeds the whole prompt."""
    if "llm" in i:
        prices = {"p_in": i["llm"] * 1000, "calls": i["queries"], "p_embed_per_1k": i["embed"]}
        return _search({**i, **prices}, input_tokens=1000)
    if "chunks" in i:
        price = i["p_llm_per_1k"] * 1000
        told = {"input_tokens": i["chunks"] * i["tok_chunk"], "output_tokens": i["tok_out"]}
        return _search({**i, "p_in": price, "p_out": price}, **told)
    return _search(i, retrieved_passages=1, passage_tokens=i.get("tok_in", i.get("tok_context")), output_tokens=i.get("tok_out", 0))


def _search(i: Row, **told: Any) -> float:
    """A call that a cached answer saves is no call; a look-up in a small index is a quarter of a read unit."""
    keys = 0.0 if "cache_hit" in i else i.get("p_embed_per_1k", 0.0) * 1000
    fees = {"rerank_price": i.get("rerank", 0) * 1000, "store_read_price": i.get("vector", 0) / 0.25 * 1e6}
    inputs = client(i, keys, calls_per_month=times(i) * (1 - i.get("cache_hit", 0)), **fees, **told)
    return paid(inputs, "rag", "model_", "search_", "document_store")


def index(i: Row, metadata_bytes: float, component_id: str, **told: Any) -> float:
    records = i.get("records", i.get("vectors", 0))
    sizes = {"corpus_tokens": records, "embedding_dimensions": i["dim"], "metadata_bytes": metadata_bytes}
    return one(client(i, **sizes, **told), "rag", component_id)


def in_memory(i: Row) -> float:
    """Binary GB; the graph is kept beside each key."""
    beside = i["dim"] * (i["bytes"] * i["graph_factor"] - 4)
    return index(i, beside, "index_written", store_write_price=1) * 1e9 / 2**30


def net_present_value(i: Row) -> float:
    """In millions; every year's value and cost fall due at its end."""
    time = {"growth_per_year": 0, "discount_rate": i["disc"], "adoption": 1, "adoption_months": i["ramp_months"], "switch_price_share": 1}
    months = list(Clock.of(time, 12 * i["years"]).each_month())
    years = [months[12 * year : 12 * year + 12] for year in range(i["years"])]
    worth = (year[-1][1] * (sum(use for *_, use in year) / 12 * i["annual_value_k"] - i["run_cost_k"]) for year in years)
    return float(sum(worth) - i["invest_k"]) / 1000


WORK: Mapping[str, Callable[[Row], float]] = {
    **dict.fromkeys(("api_call", "api_day", "api_month", "api_series", "cache_day"), calls),
    **dict.fromkeys(("cache_call", "cache_series"), cached),
    **dict.fromkeys(("rag_call", "rag_cache_call", "rag_day", "rag_month"), looked_up),
    **dict.fromkeys(("ft_gpu", "gpu_month", "provisioned"), rented),
    "batch_saving_day": batch_saving, "cache_batch_call": half_in_batches, "embed_once": embedded,
    "embed_month": lambda i: one(client(i, i["p"], calls_per_month=i["queries"], input_tokens=i["tok_query"]), "rag", "search_query"),
    "ft_train": lambda i: training(i, example_tokens=i["tok_train"]).line("finetune", "training_runs").amount or 0.0,
    "ft_tokens": training_tokens, "ft_hosting_month": hosted, "gpu_per_mtok": rented_by_token,
    "words_to_tokens": lambda i: replace(text_classes()["prose"], words_per_token=i["words_per_token"]).of_words(i["words"]).likely,
    "minimum_charge": lambda i: one(client(i, store_minimum=i["minimum"], store_read_price=i["usage"] / 0.25 * 1e6), "rag", "document_store"),
    "namespace_size": lambda i: index(i, i["metadata_bytes"], "document_store", store_read_price=1e6),
    "hnsw_size": in_memory, "npv": net_present_value,
}


def worked(example: Row, others: Mapping[str, Row]) -> float:
    """What the product says of one example; `others` holds those that it may build on, by id."""
    i = example["inputs"]
    if "base_of" in i:
        i = {**others[i["base_of"]]["inputs"], **i}
    margin = {"retry_share": i["safety_margin"]} if "safety_margin" in i else {}
    return float(calls(i, **margin) if margin else WORK[example["kind"]](i))
