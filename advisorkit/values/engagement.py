"""A client's engagement: workflows with their answers, workloads and assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Literal

from advisorkit.values.criteria import PATTERNS, PatternId, PatternWord
from advisorkit.values.displayed import Displayed
from advisorkit.values.messages import UsageError, here, nearest
from advisorkit.values.people import Action, Basis, Consent, Measured, Member, Programme, Reviewed, SecondReading, Stop
from advisorkit.values.prices import Quote
from advisorkit.values.quantities import MOST, MOST_RATE, Estimate, day, digits
from advisorkit.values.written import ELSEWHERE, Named, Within


@dataclass(frozen=True, slots=True)
class Adopted:
    """A word that somebody chose for a client and stands for by name.

    Example:
        >>> Adopted("usual", "Head of Service", date(2026, 11, 20)).words
        'adopted by Head of Service on 20 November 2026'
    """

    value: Annotated[str, Named("choice")]
    """The word."""
    by: str = ""
    """Who chose it."""
    date: date | None = None
    """Day on which it was chosen."""

    @property
    def words(self) -> str:
        """Who chose it and when."""
        return f"adopted{f' by {self.by}' if self.by else ''}{f' on {day(self.date)}' if self.date else ''}"


Setting = Estimate | str | bool | Adopted
"""Value of a workload or assumption name: a range, or a word such as a model's name, with who chose it where that matters."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about one criterion.

    Example:
        >>> Answer(levels=("daily", "monthly")).disputed
        True
    """

    levels: tuple[str, ...] = ()
    """Level ids; two or more when people disagree; empty when the answer is a number."""
    amount: Estimate | None = None
    """The number, in the criterion's unit; None when the answer is a word."""
    confidence: Annotated[Literal["known", "guess"], Named("confidence")] = "known"
    """Whether somebody knows it or it is a guess."""
    said_by: str = ""
    """Who said it; never shown to a client."""
    confirm_by: date | None = None
    """Day by which it is to be confirmed."""
    note: str = ""
    """A note fit for the report."""
    private_note: str = ""
    """A note that never leaves the consultant's screen."""

    @property
    def disputed(self) -> bool:
        """Whether more than one level was named."""
        return len(self.levels) > 1

    @property
    def unknown(self) -> bool:
        """Whether nothing is known; such an answer counts as absent but hides the one for all workflows."""
        return not self.levels and self.amount is None

    @property
    def value(self) -> tuple[tuple[str, ...], Estimate | None]:
        """What is answered, whoever says it."""
        return self.levels, self.amount

    def beside(self, other: Answer) -> Answer:
        """This answer with somebody else's: a known one wins over a guess, and two that differ are a disagreement that names both.

        Example:
            >>> both = Answer(("daily",), said_by="Ann").beside(Answer(("monthly",), said_by="Bo"))
            >>> both.levels, both.said_by
            (('daily', 'monthly'), 'Ann (daily); Bo (monthly)')
        """
        notes = dict.fromkeys((self.note, other.note))
        if self.unknown or other.unknown or self.confidence != other.confidence:
            kept, left = (other, self) if self.unknown or (self.confidence == "guess" and not other.unknown) else (self, other)
            return replace(kept, note="; ".join(filter(None, notes))) if left.unknown else kept
        differ = self.value != other.value
        speakers = dict.fromkeys(voice for one in (self, other) for voice in (one.spoken if differ else one.said_by).split("; "))  # a sheet read again adds none
        ends = [amount for amount in (self.amount, other.amount) if amount]
        return replace(
            self, levels=() if ends else tuple(dict.fromkeys((*self.levels, *other.levels))),
            amount=Estimate.of([min(one.low for one in ends), max(one.high for one in ends)]) if differ and ends else self.amount,
            said_by="; ".join(filter(None, speakers)), note="; ".join(filter(None, notes)),
        )

    @property
    def spoken(self) -> str:
        """Who said it, with what was said; empty when nobody is named."""
        value = "/".join(self.levels) or " to ".join(map(digits, dict.fromkeys((self.amount.low, self.amount.high) if self.amount else ())))
        return self.said_by if "(" in self.said_by or not self.said_by else f"{self.said_by} ({value})"


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision shown beside the advice, never instead of it."""

    pattern: PatternWord
    """The pattern chosen."""
    reason: str
    """Why."""
    by: str
    """Who decided."""


@dataclass(frozen=True, slots=True)
class PilotFile:
    """Marked results of one pilot."""

    file: Annotated[str, Named("path")]
    """Path relative to the engagement file."""
    date: date
    """Day of the pilot."""
    pass_mark: Annotated[float, Within(0, 1)] | None
    """Share right that was agreed as enough before the pilot, 0 to 1."""
    reason: str = ""
    """Why the pass mark was changed after it was frozen."""
    pattern: PatternWord = "prompt"
    """What was piloted."""
    scorer: str = ""
    """Whose verdict counts, where a tool's log holds several."""
    model: str = ""
    """Which model was piloted, where a log holds several."""
    version: str = ""
    """Which prompt or run was piloted, where a file holds several."""
    threshold: str = ""
    """From which grade on an answer is right, or every grade that counts as right, parted by commas."""
    trial: str = ""
    """Id of the bake-off that it is a part of; empty where it stands alone."""


@dataclass(frozen=True, slots=True)
class Advised:
    """One piece of advice given earlier."""

    date: date
    """Day on which it was given."""
    workflow: Annotated[str, Named("id")]
    """Workflow id."""
    recommended: PatternWord
    """The likeliest destination then."""
    now: PatternWord
    """The step advised then."""
    reason: str = ""
    """Why, in one sentence."""
    told: Mapping[Annotated[str, Named("told quantity")], Estimate] = field(default_factory=dict)
    """What was told of quantities that can be measured later, by assumption name, of the ``gain``, and of the chance to ``reach``
    what is asked for: the likely value within its 80 % range."""
    basis: Basis | None = None
    """What those figures rested on."""


@dataclass(frozen=True, slots=True)
class Workflow(Displayed):
    """One use case of a client."""

    id: Annotated[str, Named("id")]
    """[a-z0-9-], unique in the engagement."""
    name: str
    """Name in the client's words."""
    answers: Annotated[Mapping[str, Answer], Named("answers")] = field(default_factory=dict)
    """Own answers by criterion id; win over the engagement's."""
    notes: Mapping[Annotated[str, Named("criterion")], str] = field(default_factory=dict)
    """Free notes by criterion id."""
    context: Mapping[Annotated[str, Named("context")], Annotated[str, Named("told")]] = field(default_factory=dict)
    """owner, department, problem, success_metric, baseline, target; a target may also be a share right, ``{share: 0.85}``."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """What the client's own list says beside the answers, by its heading; printed as it stands."""
    corpus: str = ""
    """Name of the body of documents; workflows that name the same share its build."""
    after: tuple[Annotated[str, Named("id")], ...] = ()
    """Ids of workflows that have to be in use before this one is begun."""
    status: Annotated[Literal["draft", "reviewed", "final"], Named("status")] = "draft"
    """How far the assessment has come."""
    override: Override | None = None
    """A person's decision beside the advice."""
    workload: Annotated[Mapping[str, Setting], Named("workload")] = field(default_factory=dict)
    """Tokens and volumes by name; units in the schema."""
    assumptions: Annotated[Mapping[str, Setting], Named("assumptions")] = field(default_factory=dict)
    """Own assumptions; win over the engagement's."""
    checking_plan: Annotated[Setting | None, Named("checking plan")] = None
    """Its plan of checking, where `assumptions` names none."""
    pilots: tuple[PilotFile, ...] = ()
    """Marked pilots, oldest first."""

    def __repr__(self) -> str:
        return f"<Workflow {self.id}: {self.name[:80]}; {len(self.answers)} answers, {len(self.pilots)} pilots>"

    measured: tuple[Annotated[Measured, Named("measured")], ...] = ()
    """What use has shown; the last one of a quantity counts."""
    quotes: tuple[Quote, ...] = ()
    """Quotes of suppliers; the cheapest that still holds is the bought product, unless its prices are set as assumptions."""
    second_reading: SecondReading | None = None
    """A model's own chances of the patterns, to be compared; private."""
    supposed: Annotated[frozenset[str], ELSEWHERE] = frozenset()
    """Names that a what-if sets, which then wins over what was measured; no file holds them."""

    @property
    def led_by(self) -> str:
        """Its owner and department, the latter where the owner's title does not name it."""
        owner, department = (self.context.get(name, "") for name in ("owner", "department"))
        return ", ".join(filter(None, (owner, "" if department in owner else department)))

    @property
    def agreed_pass_mark(self) -> float | None:
        """The share right last agreed, 0 to 1; None when none was."""
        return next((pilot.pass_mark for pilot in reversed(self.pilots) if pilot.pass_mark is not None), None)

    @property
    def used(self) -> PatternId | None:
        """The pattern in use: that of which use or bills have shown a figure of its own last; None where nothing was measured of one."""
        found = (one.quantity.rpartition("_") for one in reversed(self.measured))
        return next((pattern for what, _, last in found for pattern in PATTERNS if last == pattern and what in ("error_rate", "build_cost", "run_cost")), None)

    @property
    def shown_right(self) -> Measured | None:
        """How often the pattern in use was wrong there; None where nobody measured it."""
        return next((one for one in reversed(self.measured) if one.quantity == f"error_rate_{self.used}"), None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of changes to answers and assumptions."""

    answers: Annotated[Mapping[str, Answer], Named("answers")] = field(default_factory=dict)
    """Answers that win over every workflow's own."""
    workload: Annotated[Mapping[str, Setting], Named("workload")] = field(default_factory=dict)
    """Workload names that win over every workflow's own."""
    assumptions: Annotated[Mapping[str, Setting], Named("assumptions")] = field(default_factory=dict)
    """Assumptions that win over every workflow's own."""
    workflows: Mapping[str, Annotated[Scenario, Named("change")]] = field(default_factory=dict)
    """Changes for single workflows by id; when given, only these workflows change."""


@dataclass(frozen=True, slots=True)
class Engagement(Displayed):
    """A client's file as one value."""

    id: Annotated[str, Named("id")]
    """[a-z0-9-], unique in a batch; left out, it is the file's own name, reduced to that."""
    client: str
    """Client's name."""
    currency: Annotated[str, Named("currency code")]
    """ISO code in which all money is given and shown."""
    as_of: date
    """Day of the advice; prices and ages are judged on it."""
    sample: bool = field(default=False, kw_only=True)
    """Whether the client is invented; every screen and page then says so."""
    priced: bool = field(default=True, kw_only=True)
    """Whether money is told; not where real firms stand in a sample and nothing was published about their costs."""
    answers: Annotated[Mapping[str, Answer], Named("answers")] = field(default_factory=dict, kw_only=True)
    """Answers that hold for all workflows."""
    workflows: tuple[Workflow, ...]
    """At least one."""
    assumptions: Annotated[Mapping[str, Setting], Named("assumptions")] = field(default_factory=dict)
    """Assumptions that hold for all workflows."""
    checking_plan: Annotated[Setting | None, Named("checking plan")] = None
    """Plan of checking of all workflows, where `assumptions` names none."""
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    """Named what-ifs."""
    scenario: Annotated[str, ELSEWHERE] = field(default="", kw_only=True)
    """Name of the one that is laid over it, which no file holds; empty for the file as it stands."""
    language: Annotated[str, Named("language")] = field(default="en", kw_only=True)
    """In which the client is told things; what programs read stays English."""
    financial_year_from: Annotated[int, Within(1, 12)] = 1
    """Month in which the client's financial year starts, 1 to 12."""
    priors: Mapping[Annotated[str, Named("axis")], Annotated[float, Within(0, 1)]] = field(default_factory=dict)
    """Belief before any answer by axis, 0 to 1; absent means the catalogue's."""
    exchange_rates: Mapping[Annotated[str, Named("currency code")], Annotated[float, Within(1 / MOST_RATE, MOST_RATE)]] = field(default_factory=dict)
    """Units of `currency` for one unit of the named currency."""
    prices: Mapping[Annotated[str, Named("price-book id")], Annotated[float, Within(0, MOST)]] = field(default_factory=dict)
    """Negotiated prices by price-book id, in the book row's own unit and currency."""
    accept_stale: bool = False
    """Whether a final report may use prices older than the limit."""
    team: tuple[Member, ...] = ()
    """Who works on it, at the client and beside."""
    actions: tuple[Action, ...] = ()
    """What was agreed to be done, by whom and when; what is open stands in the report."""
    data_flow: tuple[Stop, ...] = ()
    """Where data goes, stop by stop; what is left out of a stop is a question to the client."""
    reviewed_by: Reviewed | None = None
    """Who answers for it; a final report needs it."""
    programme: Programme | None = None
    """What all workflows together may take; None where nobody has said."""
    endpoints: tuple[Annotated[str, Named("endpoint")], ...] = ()
    """Addresses of models to which the client lets text be sent, with all that lies below them; where there is none, nothing is ever sent."""
    consents: tuple[Consent, ...] = ()
    """What was sent, oldest first."""
    history: tuple[Advised, ...] = ()
    """Advice given, oldest first."""

    def __repr__(self) -> str:
        return f"<Engagement {self.id}: {self.client[:80]}; {len(self.workflows)} workflows, {self.currency}, as of {self.as_of}>"

    def of_same_client(self, other: Engagement) -> bool:
        """Whether `other` is a state of this engagement: same id and same client."""
        return (self.id, self.client) == (other.id, other.client)

    def workflow(self, id: str) -> Workflow:
        """The workflow called `id`.

        Raises:
            UsageError: If there is none; names those there are.
        """
        for workflow in self.workflows:
            if workflow.id == id:
                return workflow
        words = [workflow.id for workflow in self.workflows]
        raise UsageError(here("no workflow '{}' in {}; there is {}", id, self.id, ", ".join(nearest(id, words) or words)))

    def chosen(self, id: str | None) -> Workflow:
        """The workflow called `id`, which may be left out where there is one.

        Raises:
            UsageError: If there is none, or several and no `id`.
        """
        if not id and len(self.workflows) > 1:
            words = ", ".join(workflow.id for workflow in self.workflows)
            raise UsageError(f"{self.id} has several workflows; name one with --workflow: {words}")
        return self.workflow(id) if id else self.workflows[0]

    def told_of(self, workflow: str) -> Advised | None:
        """The last advice on the workflow of that id whose figures were kept; None where none were."""
        return next((one for one in reversed(self.history) if one.workflow == workflow and one.told), None)

    def having(self, workflow: Workflow) -> Engagement:
        """This engagement with `workflow` in place of the one of the same id."""
        return replace(self, workflows=tuple(workflow if one.id == workflow.id else one for one in self.workflows))

    def answers_of(self, workflow: Workflow) -> dict[str, Answer]:
        """Every known answer that holds for `workflow`: the engagement's, then its own on top."""
        merged = {**self.answers, **workflow.answers}
        return {name: answer for name, answer in merged.items() if not answer.unknown}

    def settings_of(self, workflow: Workflow) -> dict[str, Setting]:
        """Every assumption and workload name set for `workflow`: the engagement's, then its own on top."""
        return {**self.assumptions, **workflow.assumptions, **workflow.workload}

    def under(self, scenario: str | Scenario) -> Engagement:
        """This engagement with a scenario laid over it: one of its own by name, or any other.

        Raises:
            UsageError: If there is no such scenario; names those there are.
        """
        if isinstance(scenario, Scenario):
            return replace(self, workflows=tuple(_changed(workflow, scenario) for workflow in self.workflows))
        if scenario not in self.scenarios:
            known = ", ".join(self.scenarios) or here("none")
            raise UsageError(here("no scenario '{}' in {}; there is: {}", scenario, self.id, known))
        return replace(self.under(self.scenarios[scenario]), scenario=scenario)


def _changed(workflow: Workflow, scenario: Scenario) -> Workflow:
    change = scenario.workflows.get(workflow.id, Scenario()) if scenario.workflows else scenario
    return replace(
        workflow,
        answers={**{name: one for name, one in workflow.answers.items() if name not in change.answers}, **change.answers},  # the newest last
        workload={**workflow.workload, **change.workload},
        assumptions={**workflow.assumptions, **change.assumptions},
        supposed=workflow.supposed.union(change.answers, change.workload, change.assumptions),
    )
