"""A list of thin rows: the questions that are asked first make more of it firm than those that come first in the catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from priced import engagement

from advisorkit.advice.acceptability import level_chances
from advisorkit.advice.whatif import possible_answers
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.reading import load
from advisorkit.study.programme import Selection, weigh
from advisorkit.values.engagement import Answer, Engagement, Workflow

ROWS, ASKED = 16, 10


def believed(seed: int) -> list[dict[str, Answer]]:
    """Whole answers of `ROWS` workflows: a pattern by the belief before any answer, then each answer as often as cases of that pattern give it."""
    catalog, random, levels = load(), np.random.default_rng(seed), defaultdict[str, list[Answer]](list)
    for change in possible_answers(catalog):
        levels[change.criterion].append(change.answer)
    often = level_chances(catalog, shipped_cases())
    needs = 0.29  # of retrieval and of training, as the engine believes of a workflow of which nothing is known
    corners = np.outer([1 - needs, needs], [1 - needs, needs]).T.ravel()  # prompt, rag, finetune, hybrid

    def one(pattern: int) -> dict[str, Answer]:
        shares = ((name, often[pattern, place, : len(levels[name])]) for place, name in enumerate(catalog.criteria))
        return {name: levels[name][random.choice(len(share), p=share / share.sum())] for name, share in shares}

    return [one(int(random.choice(4, p=corners))) for _ in range(ROWS)]


def after(told: list[dict[str, Answer]], asked: Sequence[str]) -> Selection:
    """The list when these questions were answered for every row."""
    rows = tuple(Workflow(f"row-{n}", f"Row {n}", {name: one[name] for name in asked}) for n, one in enumerate(told))
    found: Engagement = replace(engagement({}, {}), priced=False, workflows=rows)
    return Selection(found, weigh(found, {}))


def firm(found: Selection) -> int:
    return sum(row.decision.clear for row in found.rows)


def test_ten_questions_that_tell_most_make_more_rows_firm_than_ten_in_the_catalogue_s_order() -> None:
    told = believed(seed=1)
    before = after(told, ())
    best, first = ([*names][:ASKED] for names in ((one.criterion for one in before.telling), (one.id for one in load().criteria.values() if one.question)))

    assert len(best) == len(first) == ASKED
    assert firm(before) <= firm(after(told, first)) < firm(after(told, best))
