"""What goes into a batch and what comes out of it, and how far it is."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Literal

from advisorkit.files.disk import fingerprint
from advisorkit.values.messages import Fault

Engine = Literal["advisorkit", "kernel"]
"""`advisorkit` forks a fresh process per report; `kernel` starts a Jupyter kernel for each."""
Status = Literal["made", "unchanged", "failed"]
MANIFEST = "manifest.json"
"""Name of the list of deliverables that a batch leaves in its folder."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parameterised notebook."""

    name: str
    """[a-z0-9_-]; part of the names of its deliverables."""
    notebook: str
    """Text of the .ipynb file."""

    @property
    def digest(self) -> str:
        """SHA-256 of the notebook's text, in hexadecimal."""
        return fingerprint(self.notebook.encode())


@dataclass(frozen=True, slots=True)
class Job:
    """One report to make, or the faults that keep it from being made.

    Example:
        >>> Job("acme", "Acme Ltd", "{}").digest[:8]
        '44136fa3'
    """

    engagement: str
    """Engagement id, [a-z0-9-]: the only word that reaches a file name."""
    client: str
    """Client's name: a label, never part of a path."""
    document: str
    """JSON text that the template's `job` parameter leads to."""
    workflow: str = ""
    """Workflow id where a deliverable is about one workflow; empty for the whole engagement."""
    scenario: str = ""
    """Scenario that is laid over it, reduced to [a-z0-9-]; part of the names of its deliverables."""
    source: str = ""
    """File or table row that it came from, as the user named it."""
    faults: tuple[Fault, ...] = ()
    """Why it cannot be made; then `document` is empty."""
    lacks: tuple[tuple[str, str], ...] = ()
    """Packaged templates for which the engagement holds nothing, each with what it needs and the command that fills it."""

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hexadecimal."""
        return fingerprint(self.document.encode())


@dataclass(frozen=True, slots=True)
class Limits:
    """What one report may use."""

    seconds: float = 600.0
    """Wall time before the report is stopped."""
    megabytes: int = 2048
    """Memory beyond what the libraries hold; enforced on Linux."""


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a worker needs to make one report, in bytes that can travel."""

    template: Template
    """Notebook to execute."""
    job: Job
    """What its `job` parameter leads to."""
    formats: Mapping[str, str]
    """Renderer as ``module:function`` by format; called with the executed notebook and `options`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments for every renderer; JSON values only."""
    engine: Engine = "advisorkit"
    """How cells are executed."""
    limits: Limits = field(default_factory=Limits)
    """Time and memory."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker hands back: every format, or why there is none."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Finished content by format; none when any part failed."""
    reason: str = ""
    """Why the report was not made: a line or a few, for people; names the cell where one is at fault."""
    notebook: str = ""
    """A failed report's notebook as far as it came, as .ipynb text; empty when nothing ran."""
    seconds: float = 0.0
    """Wall time from order to hand-over."""
    headline: str = ""
    """What the report says was decided, a line a workflow."""


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One row of a batch's result: one format of one report."""

    client: str
    """Client's name."""
    engagement: str
    """Engagement id."""
    workflow: str
    """Workflow id; empty when the document covers the engagement."""
    template: str
    """Template's name."""
    format: str
    """Such as ``html``."""
    path: str
    """Relative to the output folder, with forward slashes."""
    bytes: int = 0
    """Size; 0 when failed."""
    sha256: str = ""
    """Of the content, in hexadecimal; empty when failed."""
    seconds: float = 0.0
    """Wall time of the report; 0 when unchanged."""
    status: Status = "failed"
    """Made now, found unchanged from an earlier run, or failed."""
    error: str = ""
    """Why it failed, in words for people."""
    headline: str = ""
    """What it says was decided, a line a workflow; empty where it decides nothing."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """All rows of a batch, in the order of its jobs."""

    deliverables: tuple[Deliverable, ...]
    """One row a format and report."""
    out: str
    """Output folder as it was given."""
    seconds: float
    """Wall time of the whole batch."""
    notices: tuple[str, ...] = ()
    """What the user should know, such as where the journal is kept."""

    @property
    def failed(self) -> tuple[Deliverable, ...]:
        """Rows that were not made."""
        return tuple(row for row in self.deliverables if row.status == "failed")

    @property
    def ok(self) -> bool:
        """Whether everything asked for is there."""
        return not self.failed

    @property
    def summary(self) -> str:
        """How many were made, unchanged and failed, and where.

        Example:
            >>> BatchResult((), "night", 0.0).summary
            '0 made, 0 unchanged, 0 failed in night'
        """
        counts = Counter(row.status for row in self.deliverables)
        return f"{counts['made']} made, {counts['unchanged']} unchanged, {counts['failed']} failed in {self.out}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002
        """What a notebook shows of it."""
        printer.text("\n".join((self.summary, *(f"failed: {row.engagement}: {row.error}" for row in self.failed))))

    def document(self) -> dict[str, Any]:
        """The JSON document of `batch --json` and `report --json`."""
        return {"advisorkit": 1, "deliverables": [asdict(row) for row in self.deliverables]}




class Pace:
    """Rate and time left, judged by what was made: what was found unchanged costs no time."""

    def __init__(self) -> None:
        self._began, self._made = time.monotonic(), 0

    def after(self, done: int, total: int, row: Deliverable) -> str:
        """Both in words, once `row` is done.

        Example:
            >>> row = Deliverable("", "acme", "", "letter", "html", "acme_letter.html", 0, "", 0.0, "unchanged")
            >>> Pace().after(1, 2, row)
            ''
        """
        self._made += row.status != "unchanged"
        if not self._made:
            return ""
        each = max(time.monotonic() - self._began, 1e-9) / self._made
        rate = f"{1 / each:.1f} a second" if each < 1 else f"{60 / each:.1f} a minute"
        return f"{rate}, {timedelta(seconds=round((total - done) * each))} left" if done < total else rate
