"""Evidence that is worked out from the cost model and not taken from an opinion."""

from __future__ import annotations

import math
from collections.abc import Mapping

from advisorkit.advice.gates import Facts, shares
from advisorkit.values.criteria import Catalog
from advisorkit.values.engagement import Answer

PAYBACK = (6.0, 18.0)
"""Months: training that pays back before the first speaks for it, after the second against it (source M1, H1)."""

HORIZON_MONTHS = 36.0
"""Months within which building retrieval must pay back against sending the whole text along."""

WORKED_OUT = ("corpus_tokens", "calls_per_month", "special_cases")
"""Criteria whose levels facts may weigh otherwise than the bands do."""

OPINION = "call_cost_goal"
"""The wish that counts nothing where it is contradicted."""

Masses = dict[str, tuple[float, ...]]


def worked_out(catalog: Catalog, answers: Mapping[str, Answer], facts: Facts | None) -> Masses:
    """Weights of levels that facts put in the place of fixed bands, by criterion.

    - ``corpus_tokens``: the text is small when it is short enough to be used reliably and cheaper to send along than to
      search; too large when it does not fit the model; in between otherwise.
    - ``calls_per_month``: many when training pays back within `PAYBACK`'s first figure, few when not within its second or not
      before the base model retires.
    - ``special_cases``: the highest band as far as they do not fit into a prompt, one of the lower ones otherwise.

    Only numbers that were answered are replaced; what is not known leaves the bands as they are.
    """
    if facts is None:
        return {}
    found = dict(zip(WORKED_OUT, (_corpus(answers, facts), _volume(facts), _special(catalog, answers, facts)), strict=True))
    answered = {name for name, answer in answers.items() if answer.amount is not None and name in catalog.criteria}
    return {name: mass for name, mass in found.items() if mass is not None and name in answered}


def _corpus(answers: Mapping[str, Answer], facts: Facts) -> tuple[float, ...] | None:
    calls = answers.get("calls_per_month")
    if facts.corpus_fits is None or facts.corpus_works is None or facts.corpus_cost_ratio is None:
        return None
    if calls is None or calls.amount is None:
        return None
    months = (facts.corpus_payback_calls or math.inf) / max(calls.amount.likely, 1.0)
    small = min(facts.corpus_works, facts.corpus_fits) if months > HORIZON_MONTHS else 0.0
    return (small, facts.corpus_fits - small, 1 - facts.corpus_fits)


def _volume(facts: Facts) -> tuple[float, ...] | None:
    if not facts.payback_known:
        return None
    months = facts.payback_months or math.inf
    if months <= PAYBACK[0] and not contradicted(facts):
        return (0.0, 0.0, 1.0)
    return (1.0, 0.0, 0.0) if months > PAYBACK[1] or contradicted(facts) else (0.0, 1.0, 0.0)


def _special(catalog: Catalog, answers: Mapping[str, Answer], facts: Facts) -> tuple[float, ...] | None:
    given = answers.get("special_cases")
    if given is None or given.amount is None:
        return None
    fit = given.amount.below(facts.examples_that_fit)
    few = min(shares(catalog.criteria["special_cases"], given)[0], fit)
    return (few, fit - few, 1 - fit)


def contradicted(facts: Facts | None) -> bool:
    """Whether training is known not to pay back before its base model retires; the wish for a cheaper call then counts nothing."""
    if facts is None or not facts.payback_known:
        return False
    return (facts.payback_months or math.inf) > facts.base_model_life_months
