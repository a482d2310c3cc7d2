"""A batch from its jobs to its rows: refuse what is unfit, skip what is there, hand out the rest, keep what is whole and note it."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from advisorkit.batch.folders import Folder, open_folder
from advisorkit.batch.forks import FORKS, can_fork
from advisorkit.batch.notebooks import WORD, engine_for, fit_template
from advisorkit.batch.sealing import KIND, final, pack
from advisorkit.batch.values import (
    MANIFEST,
    BatchResult,
    Deliverable,
    Engine,
    Job,
    Limits,
    Order,
    Outcome,
    Progress,
    Template,
    shown,
)
from advisorkit.batch.worker import carry_out, executor_for
from advisorkit.catalog.tables import version
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import Cover
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import template
from advisorkit.export.formats import RENDERERS, chosen
from advisorkit.files.disk import alone, fingerprint
from advisorkit.values.errors import EngagementError, Fault, UsageError

ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
"""Form of the ids from which file names are built."""
_BYTES_EACH = 300_000
"""Space that one deliverable is taken to need."""
_TWO = "another batch is at work in this output folder; wait for its end or name another"


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
    renderers = dict(formats) if isinstance(formats, Mapping) else {kind: RENDERERS[kind] for kind in chosen(formats)}
    model, folder = _fit(template, jobs, renderers, out)
    used = engine_for(model, engine, forks=can_fork())
    orders = [Order(model, job, renderers, dict(options or {}), used, limits or Limits()) for job in jobs]
    try:
        with (
            executor_for(executor, jobs_at_once, scheduler) as pool, alone(folder.state / "lock", _TWO), closing(Journal(folder.state / "journal.sqlite")) as journal,
            shown(progress, len(jobs) * len(renderers)) as tick,
        ):  # fmt: skip
            batch = _Round(folder, journal, orders, tick)
            batch.run(pool, ahead=2 * jobs_at_once)
            unlisted = batch.conclude(brand)
    except UsageError:
        folder.forsake()
        raise
    slower = f"template {model.name} needs a Jupyter kernel, which takes longer" if used != engine else ""
    return BatchResult(batch.rows, str(out), time.monotonic() - began, tuple(filter(None, (folder.notice, slower, unlisted))))


def _fit(template: Template | str | Path, jobs: Sequence[Job], formats: Mapping[str, str], out: str | Path) -> tuple[Template, Folder]:
    """Template and folder, checked together with ids and formats."""
    whole = [job for job in jobs if not job.faults]
    model, faults = fit_template(template)
    said = [f"{word!r} cannot be part of a file name: use a-z and 0-9" for word in formats if not WORD.fullmatch(word)]
    said += [f"there is nothing to make: no {what} was named" for what, found in (("engagement", jobs), ("format", formats)) if not found]
    faults += [*(Fault("", "", words) for words in said), *_bad_ids(whole)]
    try:
        folder = open_folder(out)
    except UsageError as error:
        raise EngagementError([*faults, Fault("", "", str(error))]) from None
    if words := _bad_folder(folder, len(whole) * len(formats)):
        faults.append(Fault("", "", words))
    if faults:
        folder.forsake()
        raise EngagementError(faults)
    return model, folder


def _bad_ids(jobs: Sequence[Job]) -> Iterator[Fault]:
    alike: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        alike[job.engagement.casefold(), job.workflow.casefold()].append(job)
        for what, word in (("engagement", job.engagement), ("workflow", job.workflow or "none")):
            if not ID.fullmatch(word):
                yield Fault(job.source, "", f"{what} id {word!r} cannot be part of a file name: use a-z, 0-9 and hyphens")
    for group in (group for group in alike.values() if len(group) > 1):
        places = ", ".join(job.source or job.client for job in group)
        ids = " and ".join(sorted({job.engagement for job in group}))
        yield Fault("", "", f"id {ids} is used {len(group)} times ({places}); file names would be the same, so give each its own id")


def _bad_folder(folder: Folder, files: int) -> str:
    if reason := folder.put({".advisorkit-test": b"test"}) or folder.put({".advisorkit-test": None}):
        return f"the output folder cannot be used: {reason}"
    free, needed = folder.free(), files * _BYTES_EACH
    if free is None or free >= needed:
        return ""
    return f"the disk has {free / 1e6:.1f} MB free, and {files} files need about {needed / 1e6:.1f} MB"


def path_of(job: Job, template: Template, kind: str) -> str:
    """Name of a deliverable: built from ids alone.

    Example:
        >>> path_of(Job("acme", "Acme Ltd", "{}"), Template("client_report", "{}"), "html")
        'acme_client_report.html'
    """
    return f"{'_'.join(filter(None, (job.engagement, job.workflow, job.scenario, template.name)))}.{kind}"


class _Round:
    """What is to be there at the end, and what of it is."""

    def __init__(self, folder: Folder, journal: Journal, orders: Sequence[Order], progress: Progress | None) -> None:
        self._folder, self._journal, self._orders, self._progress = folder, journal, orders, progress
        self._wanted = [(order.job, kind) for order in orders for kind in order.formats]
        self._rows: dict[tuple[Job, str], Deliverable] = {}

    @property
    def rows(self) -> tuple[Deliverable, ...]:
        """Every row, in the order of the jobs; once the round was run."""
        return tuple(self._rows[place] for place in self._wanted)

    def run(self, pool: Executor, ahead: int) -> None:
        """Make what is missing, at most `ahead` orders handed out at a time."""
        self._folder.tidy()
        missing = list(filter(None, map(self._missing, self._orders)))
        self._journal.note("planned", [(key(order, kind), _row(order, kind)) for order in missing for kind in order.formats])
        waiting: dict[Future[Outcome], Order] = {}
        todo = iter(missing)
        try:
            while waiting := waiting | {pool.submit(carry_out, order): order for order in islice(todo, ahead - len(waiting))}:
                for future in wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done:
                    lost = future.exception()  # an executor that lost its worker for good fails that report only
                    self._keep(waiting.pop(future), Outcome(reason=f"its worker was lost: {lost}") if lost else future.result())
        except BaseException:
            for future in waiting:
                future.cancel()
            FORKS.close()
            raise

    def conclude(self, brand: Brand | None) -> str:
        """Write the list of everything and the page that leads to it; why that could not be done."""
        first = self._orders[0].template
        reason = self._sealed() or self._folder.put({MANIFEST: manifest(self.rows, first), "index.html": index_page(self.rows, brand)})
        return f"index.html and manifest.json could not be written: {reason}" if reason else ""

    def _sealed(self) -> str:
        """Leave a pack beside the documents of every final job that are all there; why that could not be done."""
        for order in filter(lambda one: final(one.job), self._orders):
            rows, name = [row for (job, _), row in self._rows.items() if job is order.job], path_of(order.job, order.template, KIND)
            if any(row.status == "failed" for row in rows) or (all(row.status == "unchanged" for row in rows) and self._folder.digest(name)):
                continue
            try:
                reason = self._folder.put({name: pack(order.job, rows)})
            except EngagementError as error:
                reason = str(error)
            if reason:
                return f"{name}: {reason}"
        return ""

    def _missing(self, order: Order) -> Order | None:
        """The order without the formats that are there already; None when nothing is left to make."""
        if order.job.faults:
            self._tell(order, [_row(order, kind, error="\n".join(map(str, order.job.faults))) for kind in order.formats])
            return None
        left = dict(order.formats)
        for kind in order.formats:
            row = _row(order, kind)
            there = self._journal.done(row.path, key(order, kind))
            if there and self._folder.digest(row.path) == there["sha256"]:
                del left[kind]
                self._tell(order, [replace(row, **there, status="unchanged")])
        return replace(order, formats=left) if left else None

    def _keep(self, order: Order, outcome: Outcome) -> None:
        error, partial = outcome.reason, f"failed/{path_of(order.job, order.template, 'ipynb')}"
        rows = [_row(order, kind, seconds=round(outcome.seconds, 3), headline=outcome.headline) for kind in order.formats]
        if not error and (reason := self._folder.put({row.path: outcome.files[row.format] for row in rows} | {partial: None})):
            error = f"could not be written: {reason}"
        if outcome.notebook:
            reason = self._folder.put({partial: outcome.notebook.encode(errors="backslashreplace")})  # as JSON escapes a lone surrogate
            error += "\n  the notebook as far as it came" + (f" could not be kept: {reason}" if reason else f": {partial}")
        if error:
            rows = [replace(row, error=error) for row in rows]
        else:
            made = ((row, outcome.files[row.format]) for row in rows)
            rows = [replace(row, bytes=len(content), sha256=fingerprint(content), status="made") for row, content in made]
        self._journal.note("failed" if error else "done", [(key(order, row.format), row) for row in rows])
        self._tell(order, rows)

    def _tell(self, order: Order, rows: Iterable[Deliverable]) -> None:
        for row in rows:
            self._rows[order.job, row.format] = row
            if self._progress:
                self._progress(len(self._rows), len(self._wanted), row)


def _row(order: Order, kind: str, **found: Any) -> Deliverable:
    job, template = order.job, order.template
    return Deliverable(job.client, job.engagement, job.workflow, template.name, kind, path_of(job, template, kind), **found)


_TABLE = """
create table if not exists deliverable (
  path text primary key, key text not null, state text not null check (state in ('planned', 'done', 'failed')),
  sha256 text not null, bytes integer not null, seconds real not null, error text not null, headline text not null,
  at text not null default current_timestamp)
"""


def key(order: Order, kind: str) -> str:
    """What decides a deliverable's bytes: template, job, format, options, and every file of this package with its data.

    The catalogue and the price book are files of the package, so new prices or another version change every key.
    """
    parts: list[Any] = [order.template.digest, order.job.digest, kind, order.formats[kind], dict(order.options), _package()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _package() -> str:
    root = Path(str(resources.files("advisorkit")))
    total = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        total.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return total.hexdigest()


class Journal:
    """An SQLite file, flushed to the disk at every step.

    A damaged journal is put aside and begun anew: everything is then made again, nothing is taken for done.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._base = _opened(path)
        except sqlite3.DatabaseError:
            path.replace(path.with_suffix(".damaged"))
            for rest in ("-wal", "-shm"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            self._base = _opened(path)

    def close(self) -> None:
        """Release the file."""
        self._base.close()

    def note(self, state: str, rows: Iterable[tuple[str, Deliverable]]) -> None:
        """Note deliverables (key, row) as ``planned``, ``done`` or ``failed``.

        A full disk may keep the journal from being written; then a later run makes these deliverables again.
        """
        command = "insert or replace into deliverable (path, key, state, sha256, bytes, seconds, error, headline) values (?, ?, ?, ?, ?, ?, ?, ?)"
        with suppress(sqlite3.OperationalError), self._base:
            self._base.executemany(command, ((r.path, key, state, r.sha256, r.bytes, r.seconds, r.error, r.headline) for key, r in rows))

    def done(self, path: str, key: str) -> dict[str, Any]:
        """SHA-256, size and headline of the content made under `key`; empty when there is none."""
        query = "select sha256, bytes, headline from deliverable where path = ? and key = ? and state = 'done'"
        found = self._base.execute(query, (path, key)).fetchone()
        return dict(zip(("sha256", "bytes", "headline"), found, strict=True)) if found else {}


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path)
    try:
        base.execute("pragma journal_mode = wal")
        base.execute("pragma synchronous = full")
        base.execute(_TABLE)
        base.execute("select path, key, state, sha256, bytes, seconds, error, headline, at from deliverable limit 1").fetchone()
        base.commit()
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def manifest(rows: Sequence[Deliverable], used: Template) -> bytes:
    """JSON of every row, with the time and what they were made from."""
    document = {
        "advisorkit": 1,
        "version": version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "template": {"name": used.name, "sha256": used.digest},
        "deliverables": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def index_page(rows: Sequence[Deliverable], brand: Brand | None = None) -> bytes:
    """One page in the look of the reports, with a link to every deliverable; what failed comes first, with its reason.

    The same deliverables give the same page, whichever run made them.
    """
    failed = [row for row in rows if row.status == "failed"]
    ready = [row for row in rows if row.status != "failed"]
    counts, worn = f"{len(ready)} ready" + (f", {len(failed)} failed" if failed else ""), brand or Brand()
    about = rows[0].template.replace("_", " ").capitalize()
    cover = Cover("Deliverables", about, counts, "The links open files in this folder", sample="", brand=worn, leaflet=True)
    look = {**LIGHT, "cover": worn.cover, "serif": worn.serif, "sans": worn.sans}
    return template("deliverables.html.j2").render(cover=cover, look=look, failed=failed, ready=ready).encode()
