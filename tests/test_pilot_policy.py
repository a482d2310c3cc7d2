"""Climbing in stages by marked results, against going straight to a pattern, over a thousand synthetic clients.

Each client's answers are drawn level by level, and the engine's own belief in them decides what the work needs. How often
and why a prompt then fails is drawn from the assumed error rate, among the cases that fit that need. Each layer removes
the share of its kind of failure that the rules expect; the two layers never harm one another, which favours going straight
to both. Cost is building, marking and errors, an error costing the value of a right answer and the damage of a wrong one;
not shipping costs the value of every right answer. Building costs and the price of marking are those of the cost model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from advisorkit.advice.belief import Assessment
from advisorkit.catalog.reading import load, rules
from advisorkit.pilots.decision import decide
from advisorkit.pilots.diagnosis import Diagnosis, Pilot
from advisorkit.pilots.established import COUNTED
from advisorkit.pilots.marked import MarkedResults
from advisorkit.pilots.tally import Beta, Share
from advisorkit.pilots.terms import Stakes, Terms, best_size, sizes_valued
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, PatternId
from advisorkit.values.engagement import Answer, Engagement, Workflow
from tests.weighing import believe

CLIENTS = 1000
LAYERS: dict[PatternId, tuple[bool, bool]] = {"prompt": (False, False), "rag": (True, False), "finetune": (False, True), "hybrid": (True, True)}
RULES = rules()
BEFORE = {"prompt": Beta.between(0.65, 0.92), "rag": Beta.between(0.78, 0.95), "finetune": Beta.between(0.72, 0.95), "hybrid": Beta.between(0.8, 0.96)}
"""Shares right before a pilot: one less the assumed error rates."""
RNG = np.random.default_rng(20261122)


@dataclass(frozen=True)
class Client:
    """What is true of one client, and what the engine believed."""

    failing: float
    mendable: float
    gain: float
    loss: float
    cases: float
    opinion: PatternId

    def failing_with(self, pattern: PatternId) -> tuple[float, float]:
        """Share that fails with a pattern, and the part of it that lacks information."""
        search, training = LAYERS[pattern]
        lacking = self.failing * self.mendable * (1 - RULES.hit_rate * search)
        manner = self.failing * (1 - self.mendable) * (1 - RULES.training_effect * training)
        return lacking + manner, lacking / (lacking + manner)

    def errors(self, pattern: PatternId) -> float:
        return self.cases * (self.gain + self.loss) * self.failing_with(pattern)[0]


@cache
def costs() -> tuple[dict[PatternId, float], float]:
    """Likely build cost of each pattern and cost of one mark, for an engagement without answers."""
    engagement = Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),), exchange_rates={"USD": 0.92})
    found = Study(engagement, engagement.workflows[0])
    values = found.inputs.likely()
    return {p: found.facts.build[p].p50 for p in PATTERNS}, float(values["marking_minutes"] / 60 * values["hourly_cost"])


def terms(client: Client, pattern: PatternId) -> Terms:
    build, mark = costs()
    ahead = build["prompt"] if pattern == "prompt" else 0.0
    stakes = Stakes(client.gain, client.loss, client.cases, ahead, mark)
    prices = {other: build[other] - build[pattern] for other in PATTERNS if other != pattern}
    return Terms(stakes.break_even, "break_even", stakes, expected=BEFORE[pattern], prices=prices)


def believed() -> tuple[float, float]:
    """The engine's belief in the two needs after four answers in ten, drawn level by level."""
    asked = [c for c in load().criteria.values() if c.words and not c.derived and c.id not in COUNTED and RNG.random() < 0.4]
    belief = believe(Assessment(load(), {c.id: Answer((c.levels[RNG.integers(len(c.levels))].id,)) for c in asked}))
    return belief.retrieval, belief.training


def needs(failing: float, mendable: float, tolerated: float) -> tuple[bool, bool]:
    """The engine's own definition of the two needs."""
    if failing <= tolerated:
        return False, False
    short = 1 - tolerated / failing
    floor = min(0.5, max(RULES.substantial, 1 - short / RULES.training_effect))
    return mendable >= floor, mendable < max(0.5, min(1 - RULES.substantial, short / RULES.hit_rate))


def clients() -> Iterator[Client]:
    while True:
        loss, cases = np.exp(RNG.uniform(np.log((2, 3_000)), np.log((100, 300_000))))
        gain = loss * np.exp(RNG.uniform(np.log(0.05), np.log(0.6)))
        target = Stakes(gain, loss, cases, costs()[0]["prompt"]).break_even
        if 0.7 <= target <= 0.95:
            yield from drawn(float(gain), float(loss), float(cases), 1 - target)


def drawn(gain: float, loss: float, cases: float, tolerated: float) -> Iterator[Client]:
    retrieval, training = believed()
    truth = (RNG.random() < retrieval, RNG.random() < training)
    chances = {p: (retrieval if r else 1 - retrieval) * (training if t else 1 - training) for p, (r, t) in LAYERS.items()}
    for _ in range(5000):
        failing, mendable = 1 - RNG.beta(BEFORE["prompt"].a, BEFORE["prompt"].b), RNG.random()
        if needs(failing, mendable, tolerated) == truth:
            yield Client(failing, mendable, gain, loss, cases, max(chances, key=chances.__getitem__))
            return


def marked(client: Client, pattern: PatternId, n: int, before: Diagnosis | None) -> Diagnosis:
    """A pilot of `n` marks on top of those before; the pasted-text test is done on every failure."""
    failing, mendable = client.failing_with(pattern)
    wrong = int(RNG.binomial(n, failing))
    lacking = int(RNG.binomial(wrong, mendable))
    right = Share(n - wrong, n)
    if before is not None:
        right = Share(before.right.hits + right.hits, before.right.n + n)
        lacking += int(before.mendable[0])
    manner = int(right.n - right.hits) - lacking
    failed = Share(lacking, lacking + manner)
    kinds = {"information": failed, "behaviour": Share(manner, lacking + manner), "unclear": Share(0, lacking + manner)}
    pilot = Pilot(MarkedResults("marks", "table", ()), date(2026, 11, 20), pattern)
    none = Share(0, 0)
    return Diagnosis(pilot, right.n, 0, right, none, kinds, Share(lacking, lacking), none, none, {}, {}, None, {}, (lacking, manner))  # type: ignore[arg-type]


def staged(client: Client) -> float:
    """Cost of piloting the prompt first and doing what the decision rule says."""
    build, mark = costs()
    pattern: PatternId = "prompt"
    spent, seen = build[pattern], None
    while True:
        here = terms(client, pattern)
        n = first_size(here) if seen is None else decide(seen, here, RULES).cases
        seen, spent = marked(client, pattern, n, seen), spent + n * mark
        after = decide(seen, here, RULES)
        if after.action == "stop":
            return spent + client.cases * client.gain
        if after.action == "ship":
            goal = after.then or pattern
            return spent + build[goal] - build[pattern] + client.errors(goal)
        if after.action == "mark_more" and (seen.right.n > 3000 or "Mend the search" in after.why):
            return spent + min(client.errors(pattern), client.cases * client.gain)
        if after.action == "climb":
            spent, pattern, seen = spent + build[after.pattern] - build[pattern], after.pattern, None


def first_size(here: Terms) -> int:
    assert here.stakes is not None
    best = best_size(sizes_valued(here.expected, here.stakes, RULES.sizes))
    return max(best.n if best else 0, RULES.least_cases)


@pytest.fixture(scope="module")
def totals() -> dict[str, np.ndarray]:
    """Total cost of every client under every policy."""
    drawn = [client for client, _ in zip(clients(), range(CLIENTS), strict=False)]
    build, _ = costs()
    found = {pattern: np.array([build[pattern] + c.errors(pattern) for c in drawn]) for pattern in PATTERNS}
    found["opinion"] = np.array([build[c.opinion] + c.errors(c.opinion) for c in drawn])
    return found | {"staged": np.array([staged(c) for c in drawn])}


@pytest.mark.parametrize("straight", [*PATTERNS, "opinion"])
def test_climbing_in_stages_costs_no_more_on_average_than_going_straight(totals: dict[str, np.ndarray], straight: str) -> None:
    saved = totals[straight] - totals["staged"]

    assert len(saved) == CLIENTS
    assert saved.mean() >= 0
    assert saved.mean() > 2 * saved.std() / np.sqrt(CLIENTS)


def test_the_detour_through_pilots_is_a_small_part_of_what_it_saves(totals: dict[str, np.ndarray]) -> None:
    # knowing everything beforehand would cost the least of the four straight ways, client by client
    known = np.min([totals[pattern] for pattern in PATTERNS], axis=0)
    detour, saved = totals["staged"] - known, totals["opinion"] - totals["staged"]

    assert detour.mean() < 0.25 * saved.mean()


def test_two_layers_fail_less_often_than_one_in_this_world() -> None:
    client = Client(0.4, 0.5, 1, 1, 1, "prompt")

    assert client.failing_with("hybrid")[0] < client.failing_with("rag")[0] < client.failing_with("prompt")[0]
    assert replace(client, mendable=1.0).failing_with("rag")[0] == pytest.approx(0.4 * (1 - RULES.hit_rate))
