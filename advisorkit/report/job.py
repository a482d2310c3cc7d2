"""The one file that a template is given: an engagement and how its report is to be made."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from advisorkit.costs.assumption import DRAWS
from advisorkit.costs.simulation import SEED
from advisorkit.export.blocks import Block, Heading
from advisorkit.export.brand import Brand
from advisorkit.files.disk import read_bytes, within, write_bytes
from advisorkit.files.texts import Spoken, speaking, spoken
from advisorkit.files.trees import tree
from advisorkit.pilots.established import Established
from advisorkit.report.annex_pages import annex, protection
from advisorkit.report.cost_workbook import cost_workbook
from advisorkit.report.printed import NAMED, say
from advisorkit.report.short_pages import side_by_side
from advisorkit.report.whole_pages import cover, ordered, overview, places, programme
from advisorkit.store import reading
from advisorkit.study.pilots import pilots_of
from advisorkit.study.programme import Selection, selection
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import UsageError

_LACKS: Mapping[str, Callable[[Engagement], bool]] = {
    "portfolio": lambda engagement: len(engagement.workflows) < 2, "pilot_review": lambda engagement: not any(one.pilots for one in engagement.workflows),
    "cost_workbook": lambda engagement: not engagement.priced,
    "return_visit": lambda engagement: not any(one.measured and engagement.told_of(one.id) for one in engagement.workflows),
}  # fmt: skip
"""What an engagement may lack for a packaged template."""
ONE_DOCUMENT = 250
"""Workflows up to which a document has pages for each."""


@dataclass(frozen=True)
class Report:
    """Everything that a template's cells show."""

    workflows: tuple[Study, ...]
    """One study a workflow, in the engagement's order."""
    brand: Brand
    """The sender's brand."""
    beside: Mapping[str, tuple[Study, ...]] = field(default_factory=dict)
    """The same workflows under scenarios that stand beside it, by name."""

    @property
    def language(self) -> str:
        """In which it is told."""
        return self.workflows[0].language

    @Spoken
    def cover(self) -> tuple[Block, ...]:
        """The cover."""
        return cover(self.workflows, self.brand)

    @Spoken
    def overview(self) -> tuple[Block, ...]:
        """The programme of several workflows, without money what to do on each; nothing when there is only one."""
        return programme(self._selection, full=False) if self._selection else overview(self.workflows)

    @property
    def cost_workbook(self) -> Iterator[Block]:
        """Sheets of the cost workbook, worked out when they are shown; none where nothing is priced."""
        priced = any(study.priced and not study.decision.replaced for study in self.workflows)
        return cost_workbook(self.workflows) if priced else iter(())

    @Spoken
    def programme(self) -> tuple[Block, ...]:
        """Which workflows to begin and when, without money what to do on each; nothing when there is only one."""
        return programme(self._selection) if self._selection else self.overview

    @property
    def begun(self) -> tuple[Study, ...]:
        """The workflows that the programme chooses, in the order in which they begin; all where there is no programme."""
        named = {one.workflow.id: one for one in self.workflows}
        return tuple(named[name] for name in self._selection.chosen.starts) if self._selection else self.workflows

    @Spoken
    def ranked(self) -> tuple[Study, ...]:
        """All workflows as the programme puts them in order; where there is no programme the firmest advice first."""
        named = {one.workflow.id: one for one in self.workflows}
        return tuple(named[name] for name in self._selection.order) if self._selection else tuple(ordered(self.workflows))

    @Spoken
    def _selection(self) -> Selection | None:
        return selection(self.workflows) if len(self.workflows) > 1 and self.workflows[0].priced else None

    @Spoken
    def scenarios(self) -> tuple[Block, ...]:
        """Every workflow as it stands and under each scenario beside it, and what each changes; nothing where there is none."""
        return (Heading(say("scenarios.title"), 2), *side_by_side({"": self.workflows, **self.beside})) if self.beside else ()

    @Spoken
    def protection(self) -> tuple[Block, ...]:
        """Where data goes, and what is still to be asked about it."""
        return protection(self.workflows)

    @Spoken
    def begun_protection(self) -> tuple[Block, ...]:
        """The same with the workflows that the programme shows first, under the numbers of its list."""
        shown = [*places(self._selection)] if self._selection else []
        return protection(sorted(self.workflows, key=lambda one: shown.index(one.workflow.id) if one.workflow.id in shown else len(shown)))

    @Spoken
    def annex(self) -> tuple[Block, ...]:
        """What the advice on all workflows rests on, each thing once."""
        return annex(self.workflows)

    @Spoken
    def begun_annex(self) -> tuple[Block, ...]:
        """The same for the workflows that the programme chooses, under the numbers of its list; where it chooses none, for all of a short list."""
        return annex(self.begun or self.workflows) if self.begun or len(self.workflows) <= NAMED else ()


@spoken
def refusals(engagement: Engagement) -> tuple[tuple[str, str], ...]:
    """Packaged templates for which `engagement` holds nothing, each with what it needs and the command that fills it; none named stands for all that have pages for each workflow."""
    many = [("", say("lacks.pages", count=len(engagement.workflows)))] if len(engagement.workflows) > ONE_DOCUMENT else []
    return (*((name, say(f"lacks.{name}")) for name, lacks in _LACKS.items() if lacks(engagement)), *many)


def refusal(refusals: Iterable[tuple[str, str]], template: str) -> str:
    """Why there is no document from `template`; empty where there is one."""
    found = dict(refusals)
    return found.get(template) or ("" if template == "portfolio" else found.get("", ""))


def job_document(engagement: Engagement, folder: str | Path = ".", **options: Any) -> str:
    """The job as JSON text, the same for the same values; files that the engagement names travel inside it.

    Args:
        engagement: The client's file.
        folder: Where the files that it names lie.
        options: As for `make_report`: scenario, beside, draws, seed, brand, workflows.

    Raises:
        UsageError: If an option, the scenario or a workflow does not exist.
        EngagementError: If a file that it names cannot be read.
    """
    _check(engagement, options)
    brand: dict[str, Any] = {"brand": asdict(options["brand"])} if options.get("brand") else {}
    supposed = {workflow.id: sorted(workflow.supposed) for workflow in engagement.workflows if workflow.supposed}
    brand |= {"laid": engagement.scenario} if engagement.scenario else {}
    brand |= {"supposed": supposed} if supposed else {}
    named = sorted({pilot.file for workflow in engagement.workflows for pilot in workflow.pilots})
    files = {name: b64encode(read_bytes(within(folder, name))).decode() for name in named}
    job = {"engagement": reading.document(engagement), "options": {**options, **brand}, "files": files}
    return json.dumps(job, ensure_ascii=False, indent=1, sort_keys=True)


def _check(engagement: Engagement, options: Mapping[str, Any]) -> None:
    if unknown := [name for name in options if name not in _OPTIONS]:
        raise UsageError(f"unknown option {unknown[0]}; a job has {', '.join(_OPTIONS)}")
    for name in filter(None, (options.get("scenario"), *options.get("beside", ()))):
        engagement.under(name)
    for name in options.get("workflows", ()):
        engagement.workflow(name)


_OPTIONS = ("scenario", "beside", "laid", "supposed", "draws", "seed", "brand", "workflows")


def write_job(path: str | Path, engagement: Engagement, folder: str | Path = ".", **options: Any) -> None:
    """Write a job file; arguments as for `job_document`."""
    write_bytes(path, job_document(engagement, folder, **options).encode())


def open_job(path: str) -> Report:
    """Read a job file and work out its report.

    Raises:
        UsageError: If no job is given or the file is not one.
        EngagementError: If its engagement has faults.
        PilotError: If its marked results cannot be read.
        PriceError: If a price or an exchange rate is not known.
    """
    if not path:
        raise UsageError("this template has no job yet: set job to the path of a file made by write_job, or run 'advisorkit report FILE'")
    try:
        job = json.loads(Path(path).read_text(encoding="utf-8"))
        engagement, options, files = job["engagement"], dict(job["options"]), dict(job.get("files", {}))
        brand = Brand(**options.pop("brand", {}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a job file made by write_job: {error}") from None
    found = reading.understand_tree(tree(engagement), Path(path).name)
    _check(found, options)
    supposed = options.pop("supposed", {})
    laid = tuple(replace(workflow, supposed=frozenset(supposed.get(workflow.id, ()))) for workflow in found.workflows)
    with speaking(found.language):
        return make_report(replace(found, workflows=laid, scenario=options.pop("laid", "")), brand=brand, pilots=_established(found, files), **options)


def _established(engagement: Engagement, files: Mapping[str, str]) -> dict[str, Established]:
    """What the marked results inside the job establish; no name from the client's file becomes a path."""
    with TemporaryDirectory() as name:
        paths = {file: f"{n}{Path(file).suffix}" for n, file in enumerate(files)}
        for file, path in paths.items():
            (Path(name) / path).write_bytes(b64decode(files[file]))
        return pilots_of(replace(engagement, workflows=tuple(_renamed(w, paths) for w in engagement.workflows)), Path(name) / "engagement.yaml")


def _renamed(workflow: Workflow, paths: Mapping[str, str]) -> Workflow:
    missing = [pilot.file for pilot in workflow.pilots if pilot.file not in paths]
    if missing:
        raise UsageError(f"the job lacks the marked results {missing[0]}; make it with write_job")
    return replace(workflow, pilots=tuple(replace(pilot, file=paths[pilot.file]) for pilot in workflow.pilots))


def make_report(
    engagement: Engagement, *, scenario: str = "", draws: int = DRAWS, seed: int = SEED, brand: Brand | None = None,
    workflows: Sequence[str] = (), pilots: Mapping[str, Established] | None = None, beside: Sequence[str] = (),
) -> Report:
    """Work out the report of an engagement.

    Args:
        engagement: The client's file.
        scenario: Scenario laid over it; empty for the base case.
        draws: Draws of the cost ranges, a power of two.
        seed: Seed of those draws.
        brand: The sender's brand.
        workflows: Ids of the workflows to report on; empty for all.
        pilots: What marked pilots establish, by workflow id.
        beside: Scenarios that stand side by side with it.

    Raises:
        UsageError: If a scenario or a workflow does not exist.
        EngagementError: If assumptions do not fit together.
        PriceError: If a price or an exchange rate is not known.
    """
    base = engagement.under(scenario) if scenario else engagement
    with speaking(engagement.language):
        first, *others = (
            tuple(replace(study, cited=True, beside=name) for study in studies(state, pilots, workflows, draws, seed))
            for name, state in (("", base), *((name, engagement.under(name)) for name in beside))
        )
        return Report(first, brand or Brand(), dict(zip(beside, others, strict=True)))
