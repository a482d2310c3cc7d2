"""A batch from its jobs to its rows: refuse what is unfit, skip what is there, hand out the rest, keep what is whole."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from advisorkit.batch.confining import can_fork
from advisorkit.batch.executors import executor_for
from advisorkit.batch.folders import Folder, LocalFolder, lock, open_folder, why
from advisorkit.batch.forks import FORKS
from advisorkit.batch.progress import Progress, shown
from advisorkit.batch.record import Journal, index_page, key, manifest
from advisorkit.batch.templates import WORD, engine_for, fit_template
from advisorkit.batch.values import (
    MANIFEST,
    BatchResult,
    Deliverable,
    Engine,
    Failure,
    Job,
    Limits,
    Order,
    Outcome,
    Status,
    Template,
)
from advisorkit.batch.worker import carry_out
from advisorkit.export.brand import Brand
from advisorkit.export.formats import RENDERERS
from advisorkit.files.disk import fingerprint
from advisorkit.values.errors import EngagementError, Fault, UsageError

ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
"""Form of the ids from which file names are built."""
_BYTES_EACH = 300_000
"""Space that one deliverable is taken to need."""


def produce(
    template: Template | str | Path,
    jobs: Sequence[Job],
    out: str | Path,
    formats: Sequence[str] | Mapping[str, str] = ("html",),
    *,
    options: Mapping[str, Any] | None = None,
    executor: Executor | str | None = None,
    scheduler: str | None = None,
    jobs_at_once: int = 2,
    engine: Engine = "advisorkit",
    limits: Limits | None = None,
    brand: Brand | None = None,
    progress: Progress | None = None,
) -> BatchResult:
    """Make every report of `jobs` in every format; one that fails never stops the rest, and what is there is left alone.

    `formats` are names, or renderers by name. `options` go to every renderer: JSON values such as ``interactive``.
    `executor` is ``local``, ``dask`` (at `scheduler`, or on this machine) or any `concurrent.futures.Executor`.
    `out` is a folder or an fsspec address. `brand` is that of ``index.html``; a report's own comes with its job.
    A notebook shows a bar unless it is given a `progress` of its own.

    Raises:
        EngagementError: If ids, template or folder are not fit; carries every fault, and nothing was made.
        UsageError: If a format or executor does not exist, or another batch is at work in the folder.
    """
    began = time.monotonic()
    renderers = _renderers(formats)
    model, folder = _refuse_unfit(template, jobs, renderers, out)
    used = engine_for(model, engine, forks=can_fork())
    orders = [Order(model, job, renderers, dict(options or {}), used, limits or Limits()) for job in jobs]
    try:
        with executor_for(executor, jobs_at_once, scheduler) as pool, lock(folder), shown(progress, len(jobs) * len(renderers)) as tick:
            batch = _Round(folder, orders, tick)
            try:
                batch.run(pool, ahead=2 * jobs_at_once)
                batch.conclude(brand)
            finally:
                batch.close()
    except UsageError:
        folder.forsake()
        raise
    slower = f"template {model.name} needs a Jupyter kernel, which takes longer" if used != engine else ""
    notices = tuple(filter(None, (folder.notice, slower, *batch.notices)))
    return BatchResult(batch.rows, str(out), time.monotonic() - began, notices)


def _renderers(formats: Sequence[str] | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(formats, Mapping):
        return dict(formats)
    if unknown := [kind for kind in formats if kind not in RENDERERS]:
        raise UsageError(f"format {', '.join(unknown)} is not built; there is {', '.join(RENDERERS)}")
    return {kind: RENDERERS[kind] for kind in dict.fromkeys(formats)}


def _refuse_unfit(
    template: Template | str | Path, jobs: Sequence[Job], formats: Mapping[str, str], out: str | Path
) -> tuple[Template, Folder]:
    """Check template, ids and folder together; template and folder, when all are fit."""
    whole = [job for job in jobs if not job.faults]
    model, faults = fit_template(template)
    faults += [Fault("", "", f"{word!r} cannot be part of a file name: use a-z and 0-9") for word in formats if not WORD.fullmatch(word)]
    for what, found in (("engagement", jobs), ("format", formats)):
        if not found:
            faults.append(Fault("", "", f"there is nothing to make: no {what} was named"))
    faults += [*_bad_ids(whole), *_same_names(whole)]
    try:
        folder = open_folder(out)
    except UsageError as error:
        raise EngagementError([*faults, Fault("", "", str(error))]) from None
    if faults := [*faults, *_bad_folder(folder, len(whole) * len(formats))]:
        folder.forsake()
        raise EngagementError(faults)
    return model, folder


def _bad_ids(jobs: Sequence[Job]) -> Iterator[Fault]:
    for job in jobs:
        for what, word in (("engagement", job.engagement), ("workflow", job.workflow or "none")):
            if not ID.fullmatch(word):
                yield Fault(job.source, "", f"{what} id {word!r} cannot be part of a file name: use a-z, 0-9 and hyphens")


def _same_names(jobs: Sequence[Job]) -> Iterator[Fault]:
    alike: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        alike[_folded(job.engagement), _folded(job.workflow)].append(job)
    for group in alike.values():
        if len(group) > 1:
            places = ", ".join(job.source or job.client for job in group)
            ids = " and ".join(sorted({job.engagement for job in group}))
            yield Fault("", "", f"id {ids} is used {len(group)} times ({places}); file names would be the same, so give each its own id")


def _folded(id: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", id).casefold())


def _bad_folder(folder: Folder, files: int) -> Iterator[Fault]:
    try:
        folder.write(".advisorkit-test", b"test")
        folder.remove(".advisorkit-test")
    except OSError as error:
        yield Fault("", "", f"the output folder cannot be used: {why(error)}")
        return
    free, needed = folder.free(), files * _BYTES_EACH
    if free is not None and free < needed:
        yield Fault("", "", f"the disk has {free / 1e6:.1f} MB free, and {files} files need about {needed / 1e6:.1f} MB")


def path_of(job: Job, template: Template, kind: str) -> str:
    """Name of a deliverable: built from ids alone.

    Example:
        >>> path_of(Job("acme", "Acme Ltd", "{}"), Template("client_report", "{}"), "html")
        'acme_client_report.html'
    """
    parts = (job.engagement, job.workflow, template.name) if job.workflow else (job.engagement, template.name)
    return f"{'_'.join(parts)}.{kind}"


class _Round:
    """What is to be there at the end, and what of it is."""

    def __init__(self, folder: Folder, orders: Sequence[Order], progress: Progress | None) -> None:
        self.notices: list[str] = []
        """What the user should know."""
        self._folder, self._orders, self._progress = folder, orders, progress
        self._total = sum(len(order.formats) for order in orders)
        self._rows: dict[tuple[Job, str], Deliverable] = {}
        self._journal = Journal(folder.state / "journal.sqlite")

    @property
    def rows(self) -> tuple[Deliverable, ...]:
        """Rows so far, in the order of the jobs."""
        wanted = ((order.job, kind) for order in self._orders for kind in order.formats)
        return tuple(self._rows[place] for place in wanted if place in self._rows)

    def close(self) -> None:
        """Release the journal."""
        self._journal.close()

    def run(self, pool: Executor, ahead: int) -> None:
        """Make what is missing, at most `ahead` orders handed out at a time."""
        if isinstance(self._folder, LocalFolder):
            self._folder.tidy()
        missing = [order for order in map(self._missing, self._orders) if order]
        self._journal.plan((_path(order, kind), key(order, kind)) for order in missing for kind in order.formats)
        waiting: dict[Future[Outcome], Order] = {}
        todo = iter(missing)
        try:
            while True:
                waiting |= {pool.submit(carry_out, order): order for order in islice(todo, ahead - len(waiting))}
                if not waiting:
                    return
                for future in wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done:
                    self._keep(waiting.pop(future), _result(future))
        except BaseException:
            for future in waiting:
                future.cancel()
            FORKS.close()
            raise

    def conclude(self, brand: Brand | None) -> None:
        """Write the list of everything and the page that leads to it."""
        try:
            self._folder.write(MANIFEST, manifest(self.rows, self._orders[0].template))
            self._folder.write("index.html", index_page(self.rows, brand))
        except OSError as error:
            self.notices.append(f"index.html and manifest.json could not be written: {why(error)}")

    def _missing(self, order: Order) -> Order | None:
        """The order without the formats that are there already; None when nothing is left to make."""
        if order.job.faults:
            self._fail(order, Failure("\n".join(map(str, order.job.faults))))
            return None
        left = {kind: renderer for kind, renderer in order.formats.items() if not self._unchanged(order, kind)}
        return replace(order, formats=left) if left else None

    def _unchanged(self, order: Order, kind: str) -> bool:
        path = _path(order, kind)
        digest = self._journal.digest(path, key(order, kind))
        if not digest or self._folder.digest(path) != digest:
            return False
        self._tell(order, [_row(order, kind, 0.0, "unchanged", digest, self._folder.size(path))])
        return True

    def _keep(self, order: Order, outcome: Outcome) -> None:
        if outcome.failure:
            self._fail(order, outcome.failure, outcome.seconds)
            return
        try:
            for kind, content in outcome.files.items():
                self._folder.write(_path(order, kind), content)
            self._folder.remove(_partial(order))
        except OSError as error:
            self._fail(order, Failure(f"could not be written: {why(error)}"), outcome.seconds)
            return
        made = outcome.files.items()
        rows = [_row(order, kind, outcome.seconds, "made", fingerprint(content), len(content)) for kind, content in made]
        self._note(order, rows)

    def _fail(self, order: Order, failure: Failure, seconds: float = 0.0) -> None:
        reason = failure.reason + (self._keep_partial(order, failure.notebook) if failure.notebook else "")
        self._note(order, [replace(_row(order, kind, seconds, "failed"), error=reason) for kind in order.formats])

    def _keep_partial(self, order: Order, notebook: str) -> str:
        try:
            self._folder.write(_partial(order), notebook.encode(errors="backslashreplace"))  # as JSON escapes a lone surrogate
        except OSError as error:
            return f"\n  the notebook as far as it came could not be kept: {why(error)}"
        return f"\n  the notebook as far as it came: {_partial(order)}"

    def _note(self, order: Order, rows: list[Deliverable]) -> None:
        if not order.job.faults:
            self._journal.note((key(order, row.format), row) for row in rows)
        self._tell(order, rows)

    def _tell(self, order: Order, rows: Iterable[Deliverable]) -> None:
        for row in rows:
            self._rows[order.job, row.format] = row
            if self._progress:
                self._progress(len(self._rows), self._total, row)


def _path(order: Order, kind: str) -> str:
    return path_of(order.job, order.template, kind)


def _partial(order: Order) -> str:
    return f"failed/{_path(order, 'ipynb')}"


def _row(order: Order, kind: str, seconds: float, status: Status, sha256: str = "", size: int = 0) -> Deliverable:
    job, template = order.job, order.template.name
    path, rounded = _path(order, kind), round(seconds, 3)
    return Deliverable(job.client, job.engagement, job.workflow, template, kind, path, size, sha256, rounded, status)


def _result(future: Future[Outcome]) -> Outcome:
    """What a worker handed back; an executor that lost its worker for good fails that report only."""
    error = future.exception()
    return Outcome(failure=Failure(f"its worker was lost: {error}")) if error else future.result()
