"""A workflow worked out from the top: one value for every screen, page and file, each part of it computed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil

from advisorkit.advice.advice import Advice, PatternAdvice, Reopened, advise, answers_in, assess, patterns_in, reopen_checks
from advisorkit.advice.decision import Decision, Gained, Prospects, Target, decide, prospects_of, replaces
from advisorkit.advice.flips import Flip
from advisorkit.advice.gates import person_decides
from advisorkit.advice.steps import NextStep, OffRamp, in_use, off_ramp
from advisorkit.advice.whatif import Outlook
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.prices import load as load_prices
from advisorkit.catalog.reading import assumptions, load as load_catalog, rules
from advisorkit.costs.assumption import DRAWS, around
from advisorkit.costs.bill import Bill, bill, far_off
from advisorkit.costs.facts import CostFacts, Costing
from advisorkit.costs.flows import COLUMNS, TEXTS as COST_TEXTS, Column
from advisorkit.costs.inputs import Input, Inputs, inputs_for
from advisorkit.costs.money import Printed, printed, with_quotes
from advisorkit.costs.results import CostResult, MoneyRow, Rank
from advisorkit.costs.simulation import SEED, money_rows, price
from advisorkit.files.texts import Spoken, Texts, speaking, spoken
from advisorkit.pilots.diagnosis import Diagnosis, Tried, tried
from advisorkit.pilots.established import Established, established_for
from advisorkit.pilots.planning import Plan, pilot_plan
from advisorkit.pilots.tally import wilson
from advisorkit.pilots.terms import even_at
from advisorkit.store.reading import wanted
from advisorkit.study.shapes import ADVICE, COLUMN, COSTS, DECISION, FACTS, MONEY, PLAN, SEEN, Kept, Keys, below, placed
from advisorkit.values.criteria import Catalog, PatternId, Rules
from advisorkit.values.displayed import Displayed
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.messages import locale
from advisorkit.values.people import Measured
from advisorkit.values.prices import PriceAge, Quote, holds
from advisorkit.values.quantities import Band, Estimate

_TEXTS = Texts("report")


@dataclass(frozen=True)
class Study(Displayed):
    """One workflow with everything that follows from its answers, worked out when somebody looks.

    Uses the shipped catalogue, cases, assumptions and price book. Whoever looks at a part meets its errors.

    Raises:
        EngagementError: If assumptions do not fit together.
        PriceError: If a price or an exchange rate is not known.
    """

    engagement: Engagement
    """The client's file, scenario and changes laid over it."""
    workflow: Workflow
    """One of its workflows."""
    pilot: Established | None = None
    """What its marked pilots establish; None when none was read."""
    draws: int = DRAWS
    """Draws of the cost ranges, a power of two."""
    seed: int = SEED
    """Seed of those draws."""
    language: str = field(default_factory=lambda: locale().language)
    """In which it is told: English, unless it is made where another language is told in."""
    cited: bool = False
    """Whether its numbers and sentences know their paths in the JSON documents."""
    beside: str = ""
    """Scenario under which it stands beside others in those documents; empty for the one that they begin with."""

    def __repr__(self) -> str:
        return f"<Study of {self.workflow!r}>"

    def cite(self, value: Kept, path: str = "", rows: Keys = ()) -> Kept:
        """`value` as `placed` at `path` below this workflow in the JSON documents of `assess` and `cost`; as it is where nothing is cited."""
        place = f"workflows[{[one.id for one in self.engagement.workflows].index(self.workflow.id)}]" if self.cited else ""
        return placed(value, ".".join(filter(None, (self.beside and f"scenarios.{self.beside}", place, path))), rows) if self.cited else value

    @Spoken
    def inputs(self) -> Inputs:
        """Every number and word of the cost model with its source; measured ones replace assumed ones."""
        decides = person_decides(self.catalog, self.answers)
        found = with_quotes(inputs_for(self.engagement, self._measured, load_prices(self.engagement.as_of), assumptions(), decides))
        return replace(found, rows={name: replace(row, source=self.measured[name][1]) if name in self.measured else row for name, row in found.rows.items()})

    @Spoken
    def measured(self) -> Mapping[str, tuple[Setting, str]]:
        """Settings that were measured, with when, by assumption name: by the newest pilot, and over it by use; but what a what-if sets."""
        marked = self.pilot.assumptions if self.pilot else {}
        found = {name: (value, self.pilot.source(name) if self.pilot else "") for name, value in marked.items()}
        for one in self.workflow.measured:
            found[one.quantity] = _spread(one), ", ".join(filter(None, (COST_TEXTS.say("measured_in", period=one.period), one.source)))
        return {name: one for name, one in found.items() if name not in self.workflow.supposed}

    @property
    def _measured(self) -> Workflow:
        found = {name: value for name, (value, _) in self.measured.items()}
        workload = {name: value for name, value in self.workflow.workload.items() if name not in found}
        return replace(self.workflow, assumptions={**self.workflow.assumptions, **found}, workload=workload) if found else self.workflow

    @Spoken
    def _costing(self) -> Costing:
        return Costing(self.inputs)

    @property
    def facts(self) -> CostFacts:
        """Computed evidence; where no money is told, none comes from it."""
        return self.cite(self._costing.today if self.priced else replace(self._costing.today, payback_known=False), "", FACTS)

    @Spoken
    def advice(self) -> Advice:
        """The advice."""
        made = advise(
            self.catalog, self.engagement, self.workflow, self.facts, cases=shipped_cases(), pilot=self.pilot,
            costing=self._costing if self.priced else None,
        )
        return self.cite(made if self.priced else made.unpriced, "", ADVICE)

    @Spoken
    def decision(self) -> Decision:
        """What every screen, page and file says of it."""
        said = {*self.engagement.answers, *self.workflow.answers}
        way = next((one.way for one in self.tried[-1:] if one.pattern == self._next_step.pattern), "")
        made = decide(self.catalog, self.advice, self.answers, self.prospects, self._next_step, self._money, said, way)
        return self.cite(replace(made, warnings=(*made.warnings, *far_off(self.inputs))) if self.priced else made, "", DECISION)

    @property
    def _money(self) -> Gained | None:
        """What is put into use, else the destination, gains; None where no money is told, something simpler takes its place, or it is not known."""
        told, known = in_use(self.advice.next_step, self.advice.recommended), self.priced and not replaces(self.advice.off_ramp)
        found = self.gain(told) if known and self.inputs.usually_checked is self.inputs else None
        return Gained(found, self.months, self.currency, even_at(self.inputs, told, found)) if found is not None else None

    @property
    def _next_step(self) -> NextStep:
        step = self.advice.next_step
        mark = self.plan.mark if (planned := step.action in {"pilot", "mark_more"}) else 0
        return replace(step, cases=mark, action=step.action if mark else "pilot") if planned else step  # with none worth marking it is tried at once

    @spoken
    def simpler_after(self, flip: Flip) -> OffRamp | None:
        """What would take the place of all patterns if `flip` came about; None when nothing would."""
        told = {**self.workflow.answers, flip.criterion: Answer(levels=(flip.after,)) if flip.tried is None else Answer(amount=Estimate.of(flip.tried))}
        outlook = Outlook(assess(self.catalog, self.engagement, replace(self.workflow, answers=told, measured=()), self.facts, self.pilot))
        ramp = off_ramp(outlook.assessment, outlook.hits, flip.recommended, bought=False)
        return ramp if replaces(ramp) else None

    @Spoken
    def prospects(self) -> Prospects:
        """Expected share right of every pattern against what is asked for."""
        terms = self.pilot.terms if self.pilot else self.plan.terms
        target = Target(None, "none") if terms.source == "usual" else Target(terms.target, terms.source, terms.never)
        return prospects_of(self.inputs, target, today_measured="error_rate_today" in self.measured)

    @property
    def rules(self) -> Rules:
        """What pilots are read by, with how often a search finds the passage as far as that is known here."""
        return replace(rules(), hit_rate=float(self.inputs.likely()["search_hit_rate"]))

    @Spoken
    def reopened(self) -> tuple[Reopened, ...]:
        """Dated conditions for looking again, those that hold today first."""
        return reopen_checks(self.engagement, self.workflow, self.inputs, self.advice, rules())

    @Spoken
    def quotes(self) -> tuple[tuple[Quote, Study], ...]:
        """Quotes that hold and whose price can be reckoned, each with the workflow priced at it, the cheapest first; none where a price is set."""
        def priced(*quotes: Quote) -> Study:
            return replace(self, cited=False, workflow=replace(self.workflow, quotes=quotes))

        prices = ("buy_seat_price", "buy_resolution_price")
        alone = [(quote, priced(quote)) for quote in self.workflow.quotes if holds(quote, self.engagement.as_of)]
        unset = {name: priced().inputs.rows[name].value for name in prices} if alone else {}
        told = [(quote, one) for quote, one in alone if {name: one.inputs.rows[name].value for name in prices} != unset]
        return tuple(sorted(told, key=lambda pair: pair[1].bill.total("buy") or 0.0))

    @Spoken
    def bill(self) -> Bill:
        """Its bill at likely values."""
        made = bill(self.inputs)
        return replace(made, lines=tuple(line for name in COLUMNS for line in self.cite(made.of(name), f"{below(name)}.lines")))

    @Spoken
    def costs(self) -> CostResult:
        """Its costs in ranges, for the patterns that are in play."""
        made = self.cite(price(self.inputs, self.draws, self.seed, self.in_play, self.advice.recommended, self.prospects.target.share), "", COSTS)
        columns = {name: self.cite(one, below(name), COLUMN) for name, one in made.columns.items()}
        money = {name: self.cite(row, f"money.{name}", MONEY) for name, row in made.money.items()}
        cheapest = {name: self.cite(share, f"patterns.{name}.cheapest_probability") for name, share in made.cheapest.items()}
        return replace(made, columns=columns, money=money, cheapest=cheapest)

    @Spoken
    def printed(self) -> Printed:
        """The amounts of its money table as they are printed."""
        checks = {line.column: line.amount for line in self.bill.lines if line.component_id == "checking"}
        seen = printed(self.usual_money if self.inputs.usually_checked is self.inputs else self.costs.money, self.advice.recommended, checks)
        return replace(seen, rows={column: self.cite(row, f"money.{column}.printed") for column, row in seen.rows.items()})

    def amount(self, column: Column, name: str) -> float | None:
        """An amount of the money table as it prints it; None where that is not known."""
        amount = self.printed.rows[column][name]
        return None if amount is None else self.cite(float(amount * self.printed.unit), f"money.{column}.printed.{name}")

    def gain(self, column: Column) -> float | None:
        """What `column` gains at likely values, as the table prints it; None where that is not known."""
        return self.amount(column, "gain")

    @property
    def outside(self) -> float | None:
        """Money that leaves the house for the destination over the horizon, as the money table prints it; None where it is not known."""
        goal = self.decision.destination
        return self.amount(goal, "outside") if self.costs.money[goal].run else None

    @property
    def ask(self) -> Band | None:
        """What a first version of the next step costs, which is what is to be approved now; None where nothing is to be built."""
        step = self.decision.next_step
        return self.facts.build[step.pattern] if self.priced and step.action in ("pilot", "climb") else None

    @Spoken
    def usual_money(self) -> Mapping[Column, MoneyRow]:
        """The money table; where nobody has said who checks, the usual plan stands in."""
        usual = self.inputs.usually_checked
        if usual is self.inputs and "costs" in vars(self):
            return self.costs.money
        return money_rows(usual, self.draws, self.seed, self.prospects.target.share)

    @Spoken
    def rank(self) -> Rank:
        """What it is put in order by among other workflows; where nobody has said who checks, the usual plan stands in."""
        first, assumed = self.decision.destination, self.inputs.usually_checked is not self.inputs
        today, row = self.usual_money["today"], self.usual_money[first]
        if row.gain is None:
            return Rank(None, assumed=False, ask=tuple(self.inputs.rows[name] for name in dict.fromkeys((*today.missing, *row.missing))))
        gain = self.cite(row.gain.likely, "gain_assumed") if assumed else self.gain(first)
        return Rank(gain, assumed, range=row.gain, chance=row.gain_chance, staged=row.staged)

    @Spoken
    def plan(self) -> Plan:
        """The pilot advised: of the pattern to be measured next, else of the prompt."""
        step = self.advice.next_step
        return self.cite(self.plan_of(step.pattern if step.action in {"pilot", "mark_more", "climb"} else "prompt"), "", PLAN)

    @spoken
    def plan_of(self, pattern: PatternId) -> Plan:
        """The pilot of `pattern`."""
        step = self.advice.next_step
        next_one = step.action in {"pilot", "mark_more", "climb"} and step.pattern == pattern
        more = step.cases if next_one and step.action == "mark_more" and self.pilot else None
        inputs = self.inputs if next_one else self._unmeasured
        last = self.pilot.diagnoses[-1] if more and self.pilot and self.pilot.decision.same else None
        before = last.right if last and last.pilot.pattern == pattern else None
        return pilot_plan(inputs, rules(), self.workflow.agreed_pass_mark, pattern, wanted(self.workflow), more, before)

    @Spoken
    def before(self) -> Advice:
        """The advice without the newest pilot."""
        pilots = tuple(seen.pilot for seen in self.pilot.diagnoses[:-1]) if self.pilot else ()
        return replace(self, pilot=established_for(self._unmeasured, pilots, rules(), wanted(self.workflow)) if pilots else None).advice

    @Spoken
    def _unmeasured(self) -> Inputs:
        return replace(self, pilot=None).inputs if self.pilot else self.inputs

    @property
    def finished(self) -> bool:
        """Whether advice and costs have been worked out."""
        return {"advice", "bill", "costs"} <= vars(self).keys()

    def finish(self) -> Study:
        """The same study with advice and costs worked out."""
        _ = self.advice, self.bill, self.costs
        return self

    def holds_in(self, engagement: Engagement) -> bool:
        """Whether its workflow is worked out alike in another state of its engagement: what is said of other workflows does not touch it."""
        before, after = self.engagement.workflows, engagement.workflows
        same = [one.id for one in before] == [one.id for one in after] and self.workflow in after
        return same and replace(self.engagement, workflows=()) == replace(engagement, workflows=())

    def within(self, engagement: Engagement) -> Study:
        """The same with all that has been worked out, in a state of its engagement in which it holds."""
        if self.engagement == engagement:
            return self
        made = replace(self, engagement=engagement)
        vars(made).update({name: value for name, value in vars(self).items() if name not in vars(made)})
        return made

    @property
    def catalog(self) -> Catalog:
        """What the engine knows."""
        with speaking(self.language):
            return load_catalog()

    @property
    def answers(self) -> Mapping[str, Answer]:
        """Every answer that holds, what was measured in place of opinions."""
        return answers_in(self.catalog, self.engagement, self.workflow, self.pilot)

    @property
    def in_play(self) -> tuple[PatternId, ...]:
        """Patterns that no lasting gate rules out, simplest first."""
        return tuple(pattern for pattern, said in self.advice.patterns.items() if said.status != "ruled_out")

    def status(self, column: str) -> str | None:
        """Whether a pattern is possible, provisional or ruled out; None for today and a bought product."""
        return getattr(self._patterns.get(column), "status", None)  # type: ignore[call-overload]

    @Spoken
    def _patterns(self) -> Mapping[PatternId, PatternAdvice]:
        return self.advice.patterns if "advice" in vars(self) else patterns_in(Outlook(assess(self.catalog, self.engagement, self.workflow, self.facts, self.pilot)), self.pilot)

    def assumption(self, name: str) -> Input:
        """An input of its cost model."""
        row = self.inputs.rows[name]
        ends = (("low", "value.low"), ("likely", "value.likely"), ("high", "value.high")) if row.range else ()
        return self.cite(row, f"assumptions[{[*self.inputs.rows].index(name)}]", (("source", "source"), *ends))

    def prices(self) -> tuple[PriceAge, ...]:
        """Every price behind its bill, and how old it is."""
        return self.cite(tuple(self.inputs.prices()), "prices")

    @property
    def seen(self) -> Diagnosis:
        """What its newest pilot counted."""
        if self.pilot is None:
            raise ValueError(f"{self.workflow.id} has no pilot")
        return self.cite(self.pilot.diagnoses[-1], "pilot", SEEN)

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Every way of the newest bake-off, the chosen one last; empty where the newest pilot is part of none."""
        return self.cite(tried(self.pilot.diagnoses, [one.file for one in self.workflow.pilots]) if self.pilot else (), "trial")

    @property
    def passing(self) -> int:
        """How many right answers of its newest pilot are enough."""
        return self.cite(ceil(min(self.pilot.terms.target, 1.0) * self.seen.right.n) if self.pilot else 0, "pilot.passing")

    @property
    def left_out(self) -> tuple[str, ...]:
        """Parts that comparisons between patterns leave out, as something of them is not known: ``checking``, ``wrong``."""
        found = (part for pattern in self.in_play for part in self.costs.money[pattern].unknown)
        return tuple(dict.fromkeys(part for part in found if part in {"checking", "wrong"}))

    @property
    def lacking(self) -> tuple[str, ...]:
        """Names of what has to be known before nothing of today and of the destination is left out."""
        rows = (self.costs.money["today"], self.costs.money[self.advice.recommended])
        return tuple(self.inputs.rows[name].assumption.label for name in dict.fromkeys(name for row in rows for name in row.missing))

    @property
    def priced(self) -> bool:
        """Whether money is told; where it is not, no page, screen or file shows any."""
        return self.engagement.priced

    @property
    def currency(self) -> str:
        """ISO code of all money."""
        return self.engagement.currency

    @property
    def months(self) -> int:
        """Horizon in months."""
        return self.cite(self.inputs.months, "horizon_months")

    @spoken
    def name(self, column: str) -> str:
        """Name of a pattern in a client's words; today's way of working and a bought product have names too."""
        return self.catalog.patterns[column].name if column in self.catalog.patterns else _TEXTS.say(column)


def _spread(one: Measured) -> Estimate:
    """What was measured; a share of answers gets the range that chance leaves it where none is given and its cases are counted."""
    counted = one.quantity.startswith("error_rate_") and one.cases and one.range.fixed
    low, high = wilson(one.value * (one.cases or 0), one.cases or 0, 0.9) if counted else (one.range.low, one.range.high)
    return around(one.value, low, high)


def studies(
    engagement: Engagement, pilots: Mapping[str, Established] | None = None, only: Iterable[str] = (), draws: int = DRAWS, seed: int = SEED
) -> tuple[Study, ...]:
    """Every workflow, or `only` those named.

    Args:
        engagement: The client's file.
        pilots: What marked pilots establish, by workflow id.
        only: Workflow ids; empty means all.
        draws: Draws of the cost ranges, a power of two.
        seed: Seed of those draws.

    Raises:
        UsageError: If an id is not a workflow of the engagement.
    """
    chosen = tuple(map(engagement.workflow, only)) or engagement.workflows
    return tuple(Study(engagement, workflow, (pilots or {}).get(workflow.id), draws, seed) for workflow in chosen)
