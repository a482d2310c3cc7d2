"""The columns of a comparison, put together from flows that they share."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from advisorkit.costs.assumption import OwnLine, known
from advisorkit.costs.flows import COLUMNS, ONE, Clock, Column, Flow, Flows, Part, Phase, Profile, Stairs, Workings, build_days, read_units, single
from advisorkit.values.criteria import PATTERNS, PatternId

UNKNOWN = np.float64(np.nan)
PLATFORMS = {"engineers_search_platform": "upkeep_search_platform", "engineers_training_platform": "upkeep_training_platform"}
"""Upkeep of platforms that are not the prompt's, by what was built."""


def columns(here: Workings) -> dict[Column, Flows]:
    """Everything that each column pays for, in the order of a bill; a column ends with its wrong answers."""
    built, checking = beside(here, builds(here)), _checking(here)
    kept = kept_up(here, built)
    wrong = _wrong(here)
    found: dict[Column, Flows] = {p: (*_agreed(here, p, (*built[p], *kept[p])), checking, wrong[p]) for p in PATTERNS}
    found["today"], found["buy"] = _today(here), (*_buy(here), checking, wrong["buy"])
    return {column: found[column] for column in COLUMNS}


def _agreed(here: Workings, pattern: PatternId, flows: Flows) -> Flows:
    """What a pattern pays for, with one amount in place of all that leaves the house for build or run where an offer or bills name it."""
    ways: tuple[tuple[str, Phase, Profile, str], ...] = (("build_cost", "build", "once", "builds"), ("run_cost", "run", "month", "months"))
    for component, phase, profile, unit in ways:
        name = f"{component}_{pattern}"
        if known(here.values[name]):
            kept = (flow for flow in flows if (flow.phase == "build") != (phase == "build") or flow.unit_id == "staff_hours")
            flows = (*kept, here.pays(component, phase, profile, ONE, unit, here.values[name], name))
    return flows


def builds(here: Workings) -> dict[PatternId, Flows]:
    """What each pattern pays before the first month; the hybrid pays both builds and their integration."""
    v = here.values
    rag, tune = v["build_days_rag"] * v["overrun"], v["build_days_finetune"] * v["overrun"]
    further = np.maximum(v["integration_count"] - 1, 0) * v["days_per_system"]
    for_all = (
        _days(here, "engineers_further_systems", "workflow", further, "integration_count"),
        *_tests(here, "first_tests", "build", "once"),
    )
    looking_up, training = _looking_up(here, rag), _training(here, tune)
    both = _days(here, "engineers_integration", "workflow", (rag + tune) * v["integration_share"], "integration_share")
    return {
        "prompt": (*_prompting(here), *for_all),
        "rag": (*looking_up, *for_all),
        "finetune": (*training, *for_all),
        "hybrid": (*looking_up, *training, both, *for_all),
    }


def beside(here: Workings, built: Mapping[PatternId, Flows]) -> dict[PatternId, Flows]:
    """What is paid beside a first version that is `built`: each assumption's own line, those of a month's calls included.

    A line may count ``days`` (engineer days of the first version), ``engineer_days`` (all so far), ``size`` (how much more its
    reference text asks for than 1M tokens does), ``further_languages``, ``missing_examples``, ``calls`` or ``item_pages`` a month.
    """
    v = here.values
    alike = {
        "calls": here.calls, "further_languages": np.maximum(v["languages"] - 1, 0),
        "missing_examples": np.maximum(v["labels_wanted"] - v["labelled_examples"], 0), "item_pages": here.items * v["input_tokens"] / v["page_tokens"],
    }
    size, rate = (v["corpus_tokens"] / 1e6) ** v["corpus_growth"], v["engineer_day_rate"]
    rules = [(name, row.assumption.line) for name, row in here.inputs.rows.items() if row.assumption.line and np.any(v[name])]
    shared: dict[str, Flow] = {}
    found = dict(built)
    for pattern, days in build_days(here).items():
        own = {"days": days, "engineer_days": days, "size": size if pattern in {"rag", "hybrid"} else ONE}
        for name, rule in rules:
            if pattern not in rule.patterns:
                continue
            if name not in shared:
                own["built"] = sum(flow.amount for flow in found[pattern] if flow.phase == "build") if rule.price == "built" else ONE
                flow = _own_line(here, name, rule, {**v, **alike, **own})
                alone = own.keys().isdisjoint((*rule.times, rule.price))
                shared.update({name: flow} if alone else {})
            flow = shared.get(name, flow)
            if rule.unit == "engineer_days":
                own["engineer_days"] = own["engineer_days"] + flow.amount / np.where(rate == 0, 1.0, rate)
            found[pattern] = (*found[pattern], flow)
    return found


def _own_line(here: Workings, name: str, rule: OwnLine, figures: Mapping[str, Any]) -> Flow:
    quantity = math.prod((figures[one] for one in rule.times), start=ONE if rule.price == name else figures[name]) / rule.per
    profile: Profile = "once" if rule.phase == "build" else "calls"
    behind = (name,) if rule.price == "built" else (rule.price, name)
    return here.pays(rule.id, rule.phase, profile, quantity, rule.unit, figures[rule.price], *behind, part=rule.part)


def _days(here: Workings, component_id: str, part: Part, days: Any, behind: str) -> Flow:
    rate = here.values["engineer_day_rate"]
    inputs = ("engineer_day_rate", behind)
    return here.pays(component_id, "build", "once", days, "engineer_days", rate, *inputs, part=part)


def _prompting(here: Workings) -> Flows:
    v = here.values
    days, shared = v["build_days_prompt"] * v["overrun"], v["platform_share_prompt"]
    return (
        _days(here, "engineers_prompt_platform", "platform", days * shared, "build_days_prompt"),
        _days(here, "engineers_prompt", "workflow", days * (1 - shared), "build_days_prompt"),
    )


def _looking_up(here: Workings, days: Any) -> Flows:
    v, embed = here.values, here.embedding_price
    shared, corpus = v["platform_share_rag"], v["corpus_share_rag"]
    texts, behind = v["corpus_tokens"] / 1e6, ("embedding_model", "corpus_tokens")
    writes, price = here.store_gb, v["store_write_price"]
    return (
        _days(here, "engineers_search_platform", "platform", days * shared, "build_days_rag"),
        _days(here, "engineers_documents", "corpus", days * corpus, "build_days_rag"),
        _days(here, "engineers_rag", "workflow", days * (1 - shared - corpus), "build_days_rag"),
        here.pays("documents_indexed", "build", "once", texts, "million_tokens", embed, *behind, part="corpus"),
        here.pays("index_written", "build", "once", writes, "million_writes", price, "store_write_price", part="corpus"),
    )


def _training(here: Workings, days: Any) -> Flows:
    v = here.values
    missing, shared = np.maximum(v["labels_wanted"] - v["labelled_examples"], 0), v["platform_share_finetune"]
    labels, behind = v["label_price"], ("label_price", "labels_wanted", "labelled_examples")
    millions, price = _training_millions(here) * v["training_runs"], v["training_price"]
    runs = ("training_price", "training_runs")
    return (
        _days(here, "engineers_training_platform", "platform", days * shared, "build_days_finetune"),
        _days(here, "engineers_training", "workflow", days * (1 - shared), "build_days_finetune"),
        here.pays("examples", "build", "once", missing, "examples", labels, *behind),
        here.pays("training_runs", "build", "once", millions, "million_training_tokens", price, *runs),
    )


def _training_millions(here: Workings) -> Any:
    """Millions of training tokens of one run."""
    v = here.values
    return np.maximum(v["labels_wanted"], v["labelled_examples"]) * v["example_tokens"] * v["training_passes"] / 1e6


def _tests(here: Workings, id: str, phase: Phase, profile: Profile) -> Flows:
    """A round of tests: people mark every case and a model judges it."""
    v = here.values
    cases = v["test_case_count"] * (1 if profile == "once" else v["evaluations_per_year"] / 12)
    hours, behind = cases * v["marking_minutes"] / 60, ("hourly_cost", "test_case_count", "marking_minutes")
    judged = ("judge_price", "test_case_count")
    return (
        here.pays(f"{id}_people", phase, profile, hours, "staff_hours", v["hourly_cost"], *behind),
        here.pays(f"{id}_judge", phase, profile, cases, "cases", v["judge_price"], *judged),
    )


def _upkeep(here: Workings, build: Flows) -> Flows:
    """Engineers' upkeep: each month a share of what they built, platform, documents and workflow apart."""
    share, unit = here.values["maintenance_share"] / 12, "engineers_build"
    built: dict[tuple[str, Part], list[Any]] = {}
    for flow in build:
        if flow.unit_id == "engineer_days":
            built.setdefault((PLATFORMS.get(flow.component_id, f"upkeep_{flow.part}"), flow.part), []).append(flow.amount)
    behind, order = ("maintenance_share", "engineer_day_rate"), ("platform", "corpus", "workflow")
    return tuple(
        here.pays(component, "run", "month", share, unit, sum(amounts[1:], amounts[0]), *behind, part=part)
        for (component, part), amounts in sorted(built.items(), key=lambda kept: order.index(kept[0][1]))
    )


def kept_up(here: Workings, built: Mapping[PatternId, Flows], patterns: Sequence[PatternId] = PATTERNS) -> dict[PatternId, Flows]:
    """What `patterns` pay from the first month on to run and to keep up with the world, after what was `built`."""
    watching = here.pays(
        "observability", "run", "month", ONE, "months", here.values["observability_month"], "observability_month", part="platform",
    )
    always = (watching, *_tests(here, "later_tests", "run", "month"))
    looks_up, trains = ([p for p in patterns if p in layer] for layer in ({"rag", "hybrid"}, {"finetune", "hybrid"}))
    search, indexing = (_search(here), _indexing(here)) if looks_up else ((), ())
    retraining = _retraining(here) if trains else ()
    return {
        pattern: (
            *calls_paid(here, pattern), *(search if pattern in looks_up else ()), *always, *_upkeep(here, built[pattern]),
            *(indexing if pattern in looks_up else ()), *(retraining if pattern in trains else ()),
        )
        for pattern in patterns
    }


def calls_paid(here: Workings, pattern: PatternId) -> Flows:
    """What the calls of a pattern cost: tokens, or the GPUs that answer them."""
    v, request, searched = here.values, here.requests[pattern], tuple[Flow, ...]()
    if np.any(v["paid_searches"]):
        searches = here.calls / 1000 * v["paid_searches"]
        searched = (here.pays("paid_searches", "run", "calls", searches, "thousand_searches", v["paid_search_price"], "paid_search_price"),)
    if request.on_gpu:
        return (_gpus(here, pattern), *searched)
    tokens = (*_tokens(here, pattern), *searched)
    fee, hours = v["tuned_hosting_hour"], v["gpu_hours"]
    if request.model == "model" or not np.any(fee):
        return tokens
    hosting = here.pays("tuned_hosting", "run", "month", hours, "hours", fee, "tuned_hosting_hour")
    return (*tokens, hosting)


def _tokens(here: Workings, pattern: PatternId) -> Flows:
    """The model's tokens by kind; where prices change within the horizon, each kind with what it costs more or less from then on."""
    request, millions = here.requests[pattern], here.calls / 1e6
    profile: Profile = "tokens" if 0 < here.clock.switch_month <= here.clock.horizon else "calls"
    times = [request, *(requests[pattern] for _, requests in here.later)]
    kinds = [{name: (millions * count, price) for name, count, price in one.tokens_and_prices()} for one in times]
    flows = []
    for name in dict.fromkeys(name for kind in kinds for name in kind):
        shown = next(kind[name] for kind in kinds if name in kind)
        flow = here.pays(name, "run", profile, shown[0], "million_tokens", shown[1], request.model, "calls_per_month")
        amounts = [quantity * price for quantity, price in (kind.get(name, (0.0, 0.0)) for kind in kinds if here.later)]
        changes = [(months, b - a) for (months, _), a, b in zip(here.later, amounts, amounts[1:], strict=False)]
        if later := tuple(change for change in changes if np.any(change[1])):
            flow = replace(flow, amount=amounts[0], summed=partial(_changing, here.clock, amounts[0] * flow.months, later), later=later)
        flows.append(flow)
    return tuple(flows)


def _changing(clock: Clock, before: Any, later: Sequence[tuple[float, Any]]) -> Any:
    return before + sum(more * clock.later[months] for months, more in later)


def _search(here: Workings) -> Flows:
    query, sorting = here.calls / 1e6 * here.requests["rag"].query_tokens, here.values["rerank_price"]
    key = ("embedding_model", "input_tokens")
    return (
        here.pays("search_query", "run", "calls", query, "million_tokens", here.embedding_price, *key),
        here.pays("search_rerank", "run", "calls", here.calls / 1000, "thousand_searches", sorting, "rerank_price"),
        _store(here),
    )


def _store(here: Workings) -> Flow:
    v, gb = here.values, here.store_gb
    kept, reads = gb * v["store_gb_price"], here.calls * read_units(gb) * v["store_read_price"] / 1e6
    least, behind = v["store_minimum"], ("store_minimum", "store_gb_price", "store_read_price", "corpus_tokens")
    drawn = np.ndim(most := kept + reads * here.clock.most_use) > 0
    if drawn and np.all(most <= least):
        return here.pays("document_store", "run", "month", ONE, "months", least, *behind, part="corpus")
    return _stairs(here, "document_store", "corpus", ONE, "months", Stairs(ONE, kept, reads, least, whole=False), *behind)


_LEAST_CAPACITY = 1.0
"""Tokens a month that any server handles, so that a speed near zero takes very many and not infinitely many."""


def _gpus(here: Workings, pattern: PatternId) -> Flow:
    v, request, component, behind = here.values, here.requests[pattern], "gpu_rent", ("gpu_price", "gpu_tokens_per_second", "gpu_utilisation")
    work, rent, copies = request.written_tokens + request.read_tokens * v["input_token_weight"], v["gpu_price"] * (1 + v["gpu_overhead"]), ONE
    speed, rate, least = v["gpu_tokens_per_second"], here.inputs.rows["gpu_tokens_per_second"], ONE
    if request.model == "model" and here.inputs.word("model_hosting") == "provisioned":
        rent, least, component = v["provisioned_price"], v["provisioned_units"], "provisioned_units"
        speed = v["provisioned_tokens_per_second"] * v["input_token_weight"]
        behind = ("provisioned_price", "provisioned_tokens_per_second", "gpu_utilisation")
    elif request.model == "model":
        copies, slower = v["gpus_per_copy"], rate.changed_by == "price book"  # a speed that somebody measured is that of the model that runs
        speed = speed * copies * v["large_model_speed"] if slower else speed
    elif here.inputs.word("tuned_hosting") == "endpoint":
        rent, speed, component = v["endpoint_price"], v["endpoint_tokens_per_second"], "tuned_endpoint"
        behind = ("endpoint_price", "endpoint_tokens_per_second", "gpu_utilisation")
    else:
        copies = v["tuned_gpus_per_copy"]
    rent, capacity = rent * v["gpu_hours"], speed * v["gpu_utilisation"] * v["gpu_hours"] * 3600
    load = here.calls * work / np.maximum(capacity, _LEAST_CAPACITY)
    if np.all(load * here.clock.most_use <= least):
        return here.pays(component, "run", "month", copies * least, "gpu_months", rent, *behind)
    stairs = Stairs(rent * copies, 0.0, load, least, whole=True)
    return _stairs(here, component, "workflow", copies * stairs.units(1.0), "gpu_months", stairs, *behind)


def _stairs(here: Workings, component_id: str, part: Part, quantity: Any, unit_id: str, stairs: Stairs, *inputs: str) -> Flow:
    """A flow worked out month by month; at full use it is `quantity` units."""
    full = stairs.at(1.0)
    price = single(full / quantity)
    return Flow(component_id, "run", part, "stairs", single(quantity), unit_id, price, inputs, full, 1.0, stairs, partial(stairs.over, here.clock))


def _indexing(here: Workings) -> Flows:
    v, share = here.values, here.values["corpus_change_share"]
    texts, writes, price = v["corpus_tokens"] * share / 1e6, here.store_gb * share, v["store_write_price"]
    key, written = ("corpus_change_share", "embedding_model"), ("corpus_change_share", "store_write_price")
    embed = here.embedding_price
    return (
        here.pays("changed_documents_indexed", "change", "month", texts, "million_tokens", embed, *key, part="corpus"),
        here.pays("changed_documents_written", "change", "month", writes, "million_writes", price, *written, part="corpus"),
    )


def _retraining(here: Workings) -> Flows:
    """Training again for new data or for the end of the base model, whichever comes more often."""
    v = here.values
    often = np.maximum(v["retrains_per_year"] / 12, _ends(here))
    days, labels = often * v["retrain_days"], often * v["relabel_share"] * v["labels_wanted"]
    millions, why = often * _training_millions(here), ("retrains_per_year", "base_model_life_months")
    rate, label, run = v["engineer_day_rate"], v["label_price"], v["training_price"]
    return (
        here.pays("retraining_engineers", "change", "month", days, "engineer_days", rate, "retrain_days", *why),
        here.pays("retraining_examples", "change", "month", labels, "examples", label, "relabel_share", *why),
        here.pays("retraining_runs", "change", "month", millions, "million_training_tokens", run, "training_price", *why),
    )


def _ends(here: Workings) -> Any:
    """Ends of the base model a month: the announced one first, then one for every assumed life after it."""
    life, announced, horizon = here.values["base_model_life_months"], here.inputs.announced_life, np.maximum(here.values["horizon_months"], 1)
    if announced is None:
        return 1 / life
    return np.where(horizon >= announced, (1 + (horizon - announced) / life) / horizon, 0.0)


def _checking(here: Workings) -> Flow:
    """People check answers of what the system takes: a share for good, or one that falls with the months."""
    v, falling = here.values, here.inputs.falling
    hours = here.items * v["share_taken"] * (1.0 if falling else v["review_share"]) * v["review_minutes"] / 60
    behind = ("checking_plan" if falling else "review_share", "review_minutes", "hourly_cost", "share_taken")
    return here.pays("checking", "error", "checked" if falling else "calls", hours, "staff_hours", v["hourly_cost"], *behind)


def _wrong(here: Workings) -> dict[Column, Flow]:
    """Wrong answers of each column to what the system takes; where today's rate is known, the remaining items carry it."""
    v, falling, taken = here.values, here.inputs.falling, here.items * here.values["share_taken"]
    unseen = 1 - (0.0 if falling else v["review_share"]) * v["review_catch"]
    staying = here.items * (1 - v["share_taken"]) * v["error_rate_today"] if known(v["error_rate_today"]) else 0.0
    found = dict[Column, Flow]()
    for column in COLUMNS[1:]:
        wrong = taken * v[f"error_rate_{column}"]
        behind = ("cost_wrong", f"error_rate_{column}", "share_taken", "checking_plan" if falling else "review_share", "review_catch", "error_rate_today")
        flow = here.pays("wrong_answers", "error", "calls", wrong * unseen + staying, "wrong_answers", v["cost_wrong"], *behind)
        if falling:
            caught = -wrong * v["review_catch"] * v["cost_wrong"]
            flow = replace(flow, summed=partial(sum, (caught * here.clock.months["checked"],), flow.total), later=(("checked", caught),))
        found[column] = flow
    return found


def _today(here: Workings) -> Flows:
    v = here.values
    hours, wrong = here.items * v["minutes_per_item"] / 60, here.items * v["error_rate_today"]
    people, errors = ("minutes_per_item", "hourly_cost"), ("cost_wrong", "error_rate_today")
    return (
        here.pays("work_by_people", "run", "work", hours, "staff_hours", v["hourly_cost"], *people),
        here.pays("wrong_answers", "error", "work", wrong, "wrong_answers", v["cost_wrong"], *errors),
    )


def _buy(here: Workings) -> Flows:
    v, items = here.values, here.items * here.values["share_taken"]
    setup = _offered(here, "product_setup", "once", ONE, "setups", "buy_setup")
    seats = _offered(here, "product_seats", "month", v["buy_seats"], "seats", "buy_seat_price")
    finished = _offered(here, "product_items", "calls", items, "items", "buy_resolution_price")
    if seats or finished:
        return (*setup, *seats, *finished)
    return (
        here.pays("product_setup", "build", "once", ONE, "setups", UNKNOWN, "buy_setup"),
        here.pays("product_seats", "run", "month", ONE, "months", UNKNOWN, "buy_seat_price"),
    )


def _offered(
    here: Workings, component_id: str, profile: Literal["once", "month", "calls"], quantity: Any, unit_id: str, price: str,
) -> Flows:
    if np.any(np.isnan(here.values[price])):
        return ()
    phase: Literal["build", "run"] = "build" if profile == "once" else "run"
    return (here.pays(component_id, phase, profile, quantity, unit_id, here.values[price], price),)
