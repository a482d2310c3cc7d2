"""What it takes to build each pattern: engineers, examples, training, indexing, the first tests, and upkeep of all that."""

from __future__ import annotations

from typing import Any

import numpy as np

from advisorkit.costs.clock import Profile
from advisorkit.costs.flows import ONE, Flow, Flows, Part, Phase, Workings, training_millions
from advisorkit.values.patterns import PatternId

UPKEEP = {"platform": "Upkeep of the platform", "corpus": "Upkeep of the documents", "workflow": "Upkeep of the workflow"}


def builds(here: Workings) -> dict[PatternId, Flows]:
    """What each pattern pays before the first month; the hybrid pays both builds and their integration."""
    v = here.values
    rag, tune = v["build_days_rag"] * v["overrun"], v["build_days_finetune"] * v["overrun"]
    further = np.maximum(v["integration_count"] - 1, 0) * v["days_per_system"]
    for_all = (
        _days(here, "further systems", "workflow", further, "integration_count"),
        *tests(here, "First round of tests", "build", "once"),
    )
    looking_up, training = _looking_up(here, rag), _training(here, tune)
    both = _days(here, "integration of both", "workflow", (rag + tune) * v["integration_share"], "integration_share")
    return {
        "prompt": (*_prompting(here), *for_all),
        "rag": (*looking_up, *for_all),
        "finetune": (*training, *for_all),
        "hybrid": (*looking_up, *training, both, *for_all),
    }


def _days(here: Workings, task: str, part: Part, days: Any, behind: str) -> Flow:
    rate = here.values["engineer_day_rate"]
    inputs = ("engineer_day_rate", behind)
    return here.pays(f"Engineers: {task}", "build", "once", days, "engineer days", rate, *inputs, part=part)


def _prompting(here: Workings) -> Flows:
    v = here.values
    days, shared = v["build_days_prompt"] * v["overrun"], v["platform_share_prompt"]
    return (
        _days(here, "prompt platform", "platform", days * shared, "build_days_prompt"),
        _days(here, "this prompt", "workflow", days * (1 - shared), "build_days_prompt"),
    )


def _looking_up(here: Workings, days: Any) -> Flows:
    v, embed = here.values, here.embedding_price
    shared, corpus = v["platform_share_rag"], v["corpus_share_rag"]
    texts, behind = v["corpus_tokens"] / 1e6, ("embedding_model", "corpus_tokens")
    writes, price = here.store_gb, v["store_write_price"]
    return (
        _days(here, "search platform", "platform", days * shared, "build_days_rag"),
        _days(here, "documents", "corpus", days * corpus, "build_days_rag"),
        _days(here, "this RAG workflow", "workflow", days * (1 - shared - corpus), "build_days_rag"),
        here.pays("Indexing the documents", "build", "once", texts, "1M tokens", embed, *behind, part="corpus"),
        here.pays("Writing the index", "build", "once", writes, "1M writes", price, "store_write_price", part="corpus"),
    )


def _training(here: Workings, days: Any) -> Flows:
    v = here.values
    missing, shared = np.maximum(v["labels_wanted"] - v["labelled_examples"], 0), v["platform_share_finetune"]
    labels, behind = v["label_price"], ("label_price", "labels_wanted", "labelled_examples")
    millions, price = training_millions(here) * v["training_runs"], v["training_price"]
    runs = ("training_price", "training_runs")
    return (
        _days(here, "training platform", "platform", days * shared, "build_days_finetune"),
        _days(here, "this training", "workflow", days * (1 - shared), "build_days_finetune"),
        here.pays("Examples written and checked", "build", "once", missing, "examples", labels, *behind),
        here.pays("Training runs", "build", "once", millions, "1M training tokens", price, *runs),
    )


def tests(here: Workings, name: str, phase: Phase, profile: Profile) -> Flows:
    """A round of tests: people mark every case and a model judges it."""
    v = here.values
    cases = v["test_case_count"] * (1 if profile == "once" else v["evaluations_per_year"] / 12)
    hours, behind = cases * v["marking_minutes"] / 60, ("hourly_cost", "test_case_count", "marking_minutes")
    judged = ("judge_price", "test_case_count")
    return (
        here.pays(f"{name}: people", phase, profile, hours, "staff hours", v["hourly_cost"], *behind),
        here.pays(f"{name}: model as judge", phase, profile, cases, "cases", v["judge_price"], *judged),
    )


def upkeep(here: Workings, build: Flows) -> Flows:
    """Engineers' upkeep: each month a share of what they built, platform, documents and workflow apart."""
    share, unit = here.values["maintenance_share"] / 12 * ONE, "of the engineers' build"
    built: dict[Part, list[Any]] = {"platform": [], "corpus": [], "workflow": []}
    for flow in build:
        if flow.unit == "engineer days":
            built[flow.part].append(flow.amount)
    behind = ("maintenance_share", "engineer_day_rate")
    return tuple(
        here.pays(UPKEEP[part], "run", "month", share, unit, sum(amounts), *behind, part=part)
        for part, amounts in built.items() if amounts
    )
