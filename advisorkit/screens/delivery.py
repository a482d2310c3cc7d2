"""Deliverables made from a session, in the background, with their progress; which formats, which brand, and where the files are."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

from advisorkit.batch.folders import made_before
from advisorkit.batch.inputs import job_of
from advisorkit.batch.notebooks import shipped
from advisorkit.batch.runner import produce
from advisorkit.batch.values import BatchResult, Deliverable
from advisorkit.export.blocks import table_of
from advisorkit.export.brand import read_brand
from advisorkit.export.formats import FORMATS, ready
from advisorkit.files.disk import folder_of
from advisorkit.report.job import refusal, refusals
from advisorkit.screens.advising import lacking, verdict_of
from advisorkit.screens.parts import Doc, Look, block, blocks, lead, tell
from advisorkit.screens.state import SessionFile
from advisorkit.study.study import Study
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import AdvisorError


def documents(engagement: Engagement) -> list[list[str]]:
    """Every document that there is, the report first: id, name, and why it cannot be made of `engagement`, without the command that mends it, for which there is a page; empty where it can."""
    names, lacks = sorted(shipped(), key=lambda name: (name != "client_report", name)), refusals(engagement)
    return [[name, tell(f"document.{name}"), refusal(lacks, name).partition(": advisorkit ")[0]] for name in names]


def report(
    engagement: Engagement, file: Path, formats: Sequence[str], out: Path, brand: Path | None = None,
    progress: Callable[[int, int, Deliverable], None] | None = None, template: str = "client_report",
) -> BatchResult:
    """Make a document of `engagement` in every format; `file` is where the engagement lies."""
    job = job_of(engagement, folder_of(file), file.name)
    options, worn = ({"brand": brand}, read_brand(brand)) if brand else ({}, None)
    return produce(template, [job], out, tuple(formats), options=options, brand=worn, progress=progress)


class Delivery:
    """One round of deliverables at a time; `changed` is called from another thread, `give` hands a file to the browser."""

    def __init__(self, file: SessionFile, changed: Callable[[], None], give: Callable[[str, bytes], None]) -> None:
        self._changed, self.give = changed, give
        self._pool = ThreadPoolExecutor(max_workers=1)
        self.begin(file)

    def begin(self, file: SessionFile) -> None:
        """Go on with what the last round made for the engagement in `file`."""
        self.file, self.out = file.path, file.folder / "reports"
        self.made = made_before(self.out)
        self.busy: tuple[int, int] | None = None
        self.fault = ""

    def start(self, engagement: Engagement, formats: Sequence[str], brand: str, template: str) -> None:
        """Make `formats`; nothing happens while a round is under way."""
        if self.busy is not None:
            return
        self.busy, self.fault = (0, len(formats)), ""
        chosen = self.file.with_name(brand) if brand else None
        self._pool.submit(copy_context().run, report, engagement, self.file, formats, self.out, chosen, self._step, template).add_done_callback(self._finish)

    def hand(self, path: str) -> None:
        """Give the browser a file that this session made."""
        names = {made.path for made in self.made if made.status != "failed"}
        if path not in names:
            raise KeyError(path)
        self.give(path.rpartition("/")[2], (self.out / path).read_bytes())

    def _step(self, done: int, total: int, _: Deliverable) -> None:
        self.busy = (done, total)
        self._changed()

    def _finish(self, future: Future[BatchResult]) -> None:
        self.busy = None
        try:
            self.made = future.result().deliverables
        except (AdvisorError, OSError) as error:
            self.fault = str(error)
        self._changed()


def deliver(study: Study, tried: Collection[str], tally: str, look: Look, brands: Sequence[str], delivery: Delivery) -> dict[str, Doc]:
    """What can be made, what it will say, what is being made, and what was made; `tally` counts the questions."""
    summary = tell("deliver.summary_sample" if study.engagement.sample else "deliver.summary")
    head = [tell("deliver.check"), tell("deliver.state")]
    checks = block(table_of(tell("deliver.checks"), head, _checks(study, tried, tally), subtitle=tell("deliver.checks_sub")))
    rows = [[m.format, m.path, f"{m.bytes / 1000:,.0f} kB" if m.bytes else "", tell(f"deliver.{m.status}"), m.error] for m in delivery.made]
    return {
        "advice deliver": lead(tell("deliver.headline", client=study.engagement.client), summary),
        "formats": {
            "formats": [[name, tell(f"deliver.{name}"), "" if name in ready() else tell("deliver.lacking")] for name in FORMATS],
            "documents": documents(study.engagement),
            "brands": [["", tell("deliver.house")], *([b, b] for b in brands)], "no_brand": "" if brands else tell("deliver.no_brand"),
            "busy": list(delivery.busy) if delivery.busy else None, "fault": delivery.fault,
        },
        "files": {"made": rows, "folder": f"{delivery.out.parent.name}/{delivery.out.name}"},
        "blocks deliver": blocks(*(() if look.presenting else (checks,)), _pages()),
    }  # fmt: skip


def _pages() -> Doc:
    names = [line.split("|") for line in tell("deliver.pages").split("; ")]
    return block(table_of(tell("deliver.pages_title"), [tell("deliver.page"), tell("deliver.says")], names, subtitle=tell("deliver.pages_sub")))


def _checks(study: Study, tried: Collection[str], tally: str) -> Iterator[list[str]]:
    """What the reader of the report will find open; a consultant wants to know it first."""
    guesses = [study.catalog.criterion(name).label for name, answer in study.answers.items() if answer.confidence == "guess"]
    stale = [age for age in study.inputs.prices() if age.state != "fresh"]
    missing = [row.assumption.label for row in lacking(study)]
    none = tell("deliver.none")
    piloted = "read" if study.pilot else "advised" if study.advice.next_step.action == "pilot" else "none"
    yield [tell("deliver.advice"), verdict_of(study).rstrip(".")]
    yield [tell("deliver.pilot"), tell(f"deliver.pilot_{piloted}")]
    yield [tell("deliver.open"), tally]
    yield [tell("deliver.guesses"), ", ".join(guesses) or none]
    yield [tell("deliver.missing"), ", ".join(missing) or none]
    yield [tell("deliver.prices"), tell("deliver.stale", count=len(stale)) if stale else tell("deliver.fresh")]
    yield [tell("deliver.tried"), tell("deliver.tried_one" if len(tried) == 1 else "deliver.tried_out", count=len(tried)) if tried else none]
