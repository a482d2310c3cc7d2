"""A batch from its jobs to its rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from advisorkit.batch.templates import find_template
from advisorkit.batch.values import BatchResult, Deliverable, Engine, Job, Limits, Order, Outcome, Status, Template
from advisorkit.batch.worker import carry_out
from advisorkit.errors import UsageError
from advisorkit.files import fingerprint, write_bytes

__all__ = ["RENDERERS", "Progress", "path_of", "produce"]

RENDERERS = {"html": "advisorkit.export.html:render"}
"""Renderer by format: called with the executed notebook and the options, gives text or bytes."""
Progress = Callable[[int, int, Deliverable], None]
"""Called after each row with how many rows are done, how many there are, and the row."""


def path_of(job: Job, template: Template, format: str) -> str:
    """Name of a deliverable: built from ids alone.

    Example:
        >>> path_of(Job("acme", "Acme Ltd", "{}"), Template("client_report", "{}"), "html")
        'acme_client_report.html'
    """
    parts = (job.engagement, job.workflow, template.name) if job.workflow else (job.engagement, template.name)
    return f"{'_'.join(parts)}.{format}"


def produce(
    template: Template | str | Path,
    jobs: Sequence[Job],
    out: str | Path,
    formats: Sequence[str] = ("html",),
    engine: Engine = "advisorkit",
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> BatchResult:
    """Make every report of `jobs` in every format; one that fails never stops the rest.

    Raises:
        UsageError: If the template, a format or the folder is not fit for any of it; nothing is made then.
    """
    began = time.monotonic()
    model = template if isinstance(template, Template) else find_template(template)
    if unknown := [format for format in formats if format not in RENDERERS]:
        raise UsageError(f"no format {', '.join(unknown)} yet; there is {', '.join(RENDERERS)}")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Deliverable] = []
    for job in jobs:
        order = Order(model, job, {format: RENDERERS[format] for format in formats}, {}, engine, limits or Limits())
        outcome = Outcome() if job.faults else carry_out(order)
        for row in _deliver(order, outcome, folder):
            rows.append(row)
            if progress:
                progress(len(rows), len(jobs) * len(formats), row)
    return BatchResult(tuple(rows), str(out), time.monotonic() - began)


def _deliver(order: Order, outcome: Outcome, folder: Path) -> Iterator[Deliverable]:
    job = order.job
    failed = "\n".join(map(str, job.faults)) or (outcome.failure.reason if outcome.failure else "")
    for format in order.formats:
        path, content = path_of(job, order.template, format), outcome.files.get(format, b"")
        if not failed:
            write_bytes(folder / path, content)
        status: Status = "failed" if failed else "made"
        digest = "" if failed else fingerprint(content)
        name = order.template.name
        yield Deliverable(
            job.client, job.engagement, job.workflow, name, format, path, len(content), digest, outcome.seconds, status, failed
        )
