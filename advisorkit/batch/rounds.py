"""One round over one folder, under its lock: skip what is there, hand out the rest, keep what is whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace
from itertools import islice

from advisorkit.batch.folders import Folder, LocalFolder, why
from advisorkit.batch.forks import FORKS
from advisorkit.batch.journal import Journal, key
from advisorkit.batch.pages import index_page, manifest
from advisorkit.batch.progress import Progress
from advisorkit.batch.values import MANIFEST, Deliverable, Failure, Job, Order, Outcome, Status, Template
from advisorkit.batch.worker import carry_out
from advisorkit.export.brand import Brand
from advisorkit.files.disk import fingerprint


def path_of(job: Job, template: Template, kind: str) -> str:
    """Name of a deliverable: built from ids alone.

    Example:
        >>> path_of(Job("acme", "Acme Ltd", "{}"), Template("client_report", "{}"), "html")
        'acme_client_report.html'
    """
    parts = (job.engagement, job.workflow, template.name) if job.workflow else (job.engagement, template.name)
    return f"{'_'.join(parts)}.{kind}"


class Round:
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
