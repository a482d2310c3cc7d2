"""What a consultant types, passes or leads by calls: values that the engine accepts or a reason why not; the client, and the workflows with what is told about them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from numbers import Integral, Real
from typing import Any

from advisorkit.catalog import vocabulary
from advisorkit.costs.assumption import Assumption
from advisorkit.files.numbers import ANY, Listener, Measure
from advisorkit.files.spots import Spot
from advisorkit.files.texts import spoken
from advisorkit.files.trees import tree
from advisorkit.files.typed import plain_estimate
from advisorkit.screens.state import State
from advisorkit.store.reading import CONTEXT, document, reduced, understand_tree
from advisorkit.study.programme import Selection, selection
from advisorkit.study.study import Study
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Adopted, Answer, Engagement, Scenario, Setting, Workflow
from advisorkit.values.messages import Fault, UsageError, here, nearest
from advisorkit.values.quantities import Estimate

Said = str | float | Estimate | Sequence[float] | Sequence[str]
"""An answer as it is passed: a level, several, a number, a range, or a text that holds one of them."""


def amount(text: str, measure: Measure = ANY, listener: Listener | None = None) -> Estimate:
    """The number or range in a text: ``40,000``, ``25k to 60k``, ``3..10``, ``400 pages``.

    Raises:
        UsageError: If it is none; says why.
    """
    try:
        return (listener or Listener.of("")).amount(text, measure)
    except (ValueError, OverflowError) as error:
        raise UsageError(str(error)) from None


def answer(criterion: Criterion, value: Said, made: Answer, listener: Listener) -> Answer:
    """`made` with what it answers to `criterion`: a level, levels on which people disagree, a number or a range."""
    said: Answer = _read(value, listener, lambda spot: vocabulary.answer(spot, criterion))
    return replace(made, levels=said.levels, amount=said.amount)


def setting(assumption: Assumption, value: Said | bool | Adopted, listener: Listener) -> Setting:
    """A value for `assumption` from what was passed."""
    if isinstance(value, bool | Adopted) and not assumption.numeric and not assumption.fits(value):
        return value
    made: Setting = _read(value.value if isinstance(value, Adopted) else value, listener, lambda spot: vocabulary.setting(spot, assumption))
    return made


def _plain(value: object) -> Any:
    """What was passed, as a file would have it: numbers of any library are numbers, and None is nothing said."""
    match value:
        case Estimate():
            return plain_estimate(value)
        case None | str() | bool():
            return value
        case Real():
            return int(value) if isinstance(value, Integral) else float(value)
        case Iterable():
            return [_plain(one) for one in value]
    return str(value)


def _read(value: Said | bool, listener: Listener, reader: Callable[[Spot], Any]) -> Any:
    faults: list[Fault] = []
    found = reader(Spot(tree(_plain(value)), "", "", faults, listener=listener))
    if faults or found is None:
        raise UsageError("; ".join(dict.fromkeys(map(str, faults))) or here("say what it is"))
    return found


Told = str | int | date | Mapping[str, float]
"""What may be told: words, a month, a day, ``{"share": 0.85}`` for a target, or exchange rates by currency."""
_OF_ALL = ("client", "currency", "as_of", "exchange_rates", "financial_year_from")
_SOLVED = 3.0
"""Seconds in which a screen looks for the best choice; what is not proved by then is told as a gap."""
TOLD = (*_OF_ALL, "corpus", *CONTEXT)
"""What `describe` takes."""


class Led:
    """The calls that `Work` has for the client and the workflows; undone and saved like any other edit.

    Example:
        >>> work.add_workflow("Claims triage")  # doctest: +SKIP
        >>> work.describe(owner="Head of claims", target="85%")  # doctest: +SKIP
    """

    state: State
    _programme: Selection | None = None

    def known(self, state: State) -> Study | None:
        """The workflow of `state` as judged; None when it was not worked out yet."""

    def _step(self, state: State, heard: Iterable[str] = ()) -> None:
        """Go on from `state`, so that it can be undone."""

    @property
    def language(self) -> str:
        """In which screens tell it."""
        return self.state.engagement.language

    @spoken
    def programme(self) -> Selection | None:
        """The choice among all workflows as they are shown, like the report's; None until each is worked out, for one alone, or where no money is told.

        Raises:
            UsageError: If they cannot be one programme.
        """
        shown = self.state.shown
        found = [study for one in shown.workflows if (study := self.known(replace(self.state, workflow=one.id)))]
        if not 1 < len(found) == len(shown.workflows) or not shown.priced:
            return None
        if self._programme is None or self._programme.engagement != shown:
            self._programme = replace(selection(found), seconds=_SOLVED)
        return self._programme

    @property
    def client(self) -> str:
        """The client's name; may be set."""
        return self.state.engagement.client

    @client.setter
    def client(self, name: str) -> None:
        """Give the client another name, as `describe` does."""
        self.describe(client=name)

    def add_workflow(self, name: str) -> None:
        """Add an empty workflow at the end and turn to it; its id is made from `name`.

        Raises:
            AdvisorError: If the name is empty, taken, or not fit for a file.
        """
        self._add(name, {})

    def copy_workflow(self, name: str, workflow: str = "") -> None:
        """Add a copy of a workflow, by default the one on screen, and turn to it; its pilots, status and override are not copied.

        Raises:
            AdvisorError: If there is no such workflow, or the name is empty, taken, or not fit for a file.
        """
        kept = self._workflow(workflow)
        self._add(name, self._plain(replace(kept, pilots=(), status="draft", override=None)), kept.id)

    def rename_workflow(self, name: str, workflow: str = "") -> None:
        """Give a workflow, by default the one on screen, another name; its id stays.

        Raises:
            AdvisorError: If there is no such workflow, or the name is empty, taken, or not fit for a file.
        """
        found = self._workflow(workflow)
        self._with([self._plain(w) | ({"name": self._free(name, found.id)} if w is found else {}) for w in self.state.engagement.workflows])

    def delete_workflow(self, workflow: str) -> None:
        """Take a workflow out, with what scenarios and earlier advice say about it.

        Raises:
            UsageError: If there is no such workflow, or it is the only one.
        """
        old, gone = self.state.engagement, self._workflow(workflow)
        left = tuple(w for w in old.workflows if w is not gone)
        if not left:
            raise UsageError(here("'{}' is the only workflow, and an engagement needs one; add another first", gone.id))
        scenarios = {name: _without(scenario, gone.id) for name, scenario in old.scenarios.items()}
        made = replace(old, workflows=left, scenarios=scenarios, history=tuple(line for line in old.history if line.workflow != gone.id))
        tried = {name: trial for name, trial in self.state.tried.items() if name != gone.id}
        self._step(replace(self.state, engagement=made, tried=tried, workflow=left[0].id if self.state.workflow == gone.id else self.state.workflow))

    def reorder(self, *workflows: str) -> None:
        """Put the workflows named first, in the order given; the others follow as they stood.

        Raises:
            UsageError: If there is no such workflow.
        """
        first = [self._workflow(name) for name in dict.fromkeys(workflows)]
        rest = [w for w in self.state.engagement.workflows if w not in first]
        self._step(replace(self.state, engagement=replace(self.state.engagement, workflows=(*first, *rest))))

    def describe(self, **told: Told) -> None:
        """Say who the client is (client, currency, as_of, exchange_rates, financial_year_from) or what the workflow on screen is about.

        The latter are owner, department, problem, success_metric, baseline, target and corpus; an empty text takes one away.
        Another currency converts nothing: every amount keeps its number.

        Raises:
            AdvisorError: If a name is unknown or a value would not do in a file; nothing is changed then, and all faults are named.
        """
        if unknown := [name for name in told if name not in TOLD]:
            raise UsageError("; ".join(here("nothing is called '{}'; there is {}", name, ", ".join(nearest(name, list(TOLD)) or TOLD)) for name in unknown))
        plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}
        old = self.state.engagement
        if plain.get("currency", old.currency) != old.currency and old.exchange_rates and "exchange_rates" not in plain:
            raise UsageError(here("currency: the exchange rates are in {}; give exchange_rates= in the new currency with it", old.currency))
        rows = [self._plain(w) for w in old.workflows]
        row = rows[old.workflows.index(self._workflow())]
        said = {**row.get("context", {}), **{name: plain[name] for name in CONTEXT if name in plain}}
        row["context"] = {name: value for name, value in said.items() if value != ""}
        row |= {"corpus": plain["corpus"]} if "corpus" in plain else {}
        self._with(rows, {name: plain[name] for name in _OF_ALL if name in plain})

    def _workflow(self, id: str = "") -> Workflow:
        return self.state.engagement.workflow(id or self.state.workflow)

    def _plain(self, workflow: Workflow) -> dict[str, Any]:
        found: dict[str, Any] = document(replace(self.state.engagement, workflows=(workflow,)))["workflows"][0]
        return found

    def _free(self, name: str, own: str = "") -> str:
        if not name.strip():
            raise UsageError(here("a workflow needs a name"))
        if taken := next((w for w in self.state.engagement.workflows if w.name == name.strip() and w.id != own), None):
            raise UsageError(here("there is a workflow '{}' already ({}); give this one another name", taken.name, taken.id))
        return name.strip()

    def _add(self, name: str, content: Mapping[str, Any], source: str = "") -> None:
        ids, stem = {w.id for w in self.state.engagement.workflows}, (reduced(name) or "workflow")[:60].rstrip("-")
        made_id = next(one for n in count(1) if (one := stem if n == 1 else f"{stem}-{n}") not in ids)
        scenarios = {
            title: replace(s, workflows={**s.workflows, made_id: s.workflows[source]}) if source in s.workflows else s
            for title, s in self.state.engagement.scenarios.items()
        }
        rows = [self._plain(w) for w in self.state.engagement.workflows]
        made = self._read([*rows, {**content, "id": made_id, "name": self._free(name)}])
        self._step(replace(self.state, engagement=replace(made, scenarios=scenarios), workflow=made_id))

    def _with(self, rows: Sequence[Mapping[str, Any]], beside: Mapping[str, Any] | None = None) -> None:
        self._step(replace(self.state, engagement=self._read(rows, beside)))

    def _read(self, rows: Sequence[Mapping[str, Any]], beside: Mapping[str, Any] | None = None) -> Engagement:
        return understand_tree(tree({**document(self.state.engagement), **(beside or {}), "workflows": list(rows)}), "")


def _without(scenario: Scenario, id: str) -> Scenario:
    """`scenario` without `id`; one that changed nothing else changes nothing then."""
    left = {name: change for name, change in scenario.workflows.items() if name != id}
    return replace(scenario, workflows=left) if left or not scenario.workflows else Scenario()
