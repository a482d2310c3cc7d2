"""A batch from its jobs to its rows: refuse what is unfit, skip what is there, hand out the rest, keep what is whole; and long lists weighed on its slots."""

import os
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from advisorkit.batch.folders import Folder, Journal, key, listed, made_before, open_folder
from advisorkit.batch.forks import FORKS, can_fork, die_with
from advisorkit.batch.notebooks import WORD, engine_for, fit_template, is_shipped
from advisorkit.batch.sealing import KIND, final, pack
from advisorkit.batch.values import BatchResult, Deliverable, Engine, Job, Limits, Order, Outcome, Pace, Template
from advisorkit.batch.worker import carry_out, executor_for
from advisorkit.export.brand import Brand
from advisorkit.export.formats import RENDERERS, chosen
from advisorkit.files.disk import alone, fingerprint
from advisorkit.pilots.established import Established
from advisorkit.report.job import refusal
from advisorkit.study.candidates import Weighed, weigh_once
from advisorkit.study.programme import sound, weigh
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import EngagementError, Fault, UsageError

ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
"""Form of the ids from which file names are built."""
_BYTES_EACH = 300_000
"""Space that one deliverable is taken to need."""
_WIDTH, _REST = 30, 0.2
_TOLD = 20
Progress = Callable[[int, int, Deliverable], None]
"""Called after each row with how many rows are done, how many there are, and the row."""
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
    used, before = engine_for(model, engine, forks=can_fork()), {row.path: row for row in made_before(Path(out))}
    fit = [_lacking(job, model.name) if is_shipped(model) else job for job in _without_twins(jobs)]
    orders = [Order(model, job, renderers, dict(options or {}), used, limits or Limits()) for job in fit]
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
    return BatchResult(batch.rows, str(out), time.monotonic() - began, tuple(filter(None, (folder.notice, slower, unlisted, *_overtaken(batch.rows, before)))))


def _overtaken(rows: Sequence[Deliverable], before: Mapping[str, Deliverable]) -> Iterator[str]:
    """What an earlier run left, and this one put something else in the place of, or made other files of the same engagement out of date."""
    anew = [row for row in rows if row.status != "unchanged" and row.path in before]
    yield from (f"{row.path} took the place of one made for {was.client}" for row in anew if row.status == "made" and (was := before[row.path]).client not in {"", row.client})
    there, moved = {row.path for row in rows if row.status != "failed"}, {row.engagement for row in anew}
    if old := [path for path, was in before.items() if was.engagement in moved and path not in there]:
        yield f"of an earlier state, and not made anew: {', '.join(old)}"


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


def _lacking(job: Job, template: str) -> Job:
    """The job, with its fault where its engagement holds nothing for the packaged `template`."""
    why = refusal(job.lacks, template)
    return replace(job, faults=(*job.faults, Fault(job.source, "", f"{template} {why}"))) if why else job


def _bad_ids(jobs: Sequence[Job]) -> Iterator[Fault]:
    for job in jobs:
        for what, word in (("engagement", job.engagement), ("workflow", job.workflow or "none")):
            if not ID.fullmatch(word):
                yield Fault(job.source, "", f"{what} id {word!r} cannot be part of a file name: use a-z, 0-9 and hyphens")


def _without_twins(jobs: Sequence[Job]) -> Iterator[Job]:
    """The jobs, those of one id with that as their fault, since their files would be the same."""
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, job in enumerate(jobs):
        alike[job.engagement.casefold(), job.workflow.casefold()] += [] if job.faults else [place]
    for place, job in enumerate(jobs):
        same = alike[job.engagement.casefold(), job.workflow.casefold()]
        others = ", ".join(jobs[one].source or jobs[one].client for one in same[:_TOLD] if one != place)
        why = f"id {job.engagement} is used {len(same)} times (also in {others}); file names would be the same, so give each its own id"
        yield replace(job, faults=(Fault(job.source, "", why),)) if others and place in same else job


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
        reason = self._sealed() or self._folder.put(listed(self.rows, first, brand))
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
            self._tell(order, [_row(order, kind, error=_few(order.job.faults)) for kind in order.formats])
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
            self._journal.note((key(order, row.format), row) for row in rows)
        self._tell(order, rows)

    def _tell(self, order: Order, rows: Iterable[Deliverable]) -> None:
        for row in rows:
            self._rows[order.job, row.format] = row
            if self._progress:
                self._progress(len(self._rows), len(self._wanted), row)


def _few(faults: Sequence[Fault]) -> str:
    more = len(faults) - _TOLD
    return "\n".join([*map(str, faults[:_TOLD]), *([f"and {more} more; advisorkit check tells all"] if more > 0 else [])])


def _row(order: Order, kind: str, **found: Any) -> Deliverable:
    job, template = order.job, order.template
    return Deliverable(job.client, job.engagement, job.workflow, template.name, kind, path_of(job, template, kind), **found)


@contextmanager
def shown(progress: Progress | None, total: int) -> Iterator[Progress | None]:
    """`progress`, or in a notebook where none is given a bar that ends as one line; nothing elsewhere.

    The bar is one output of the running cell, drawn anew at most five times a second; plain text, so that every notebook shows it.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if progress or not hasattr(shell, "kernel"):
        yield progress
        return
    pace, began, drawn, end = Pace(), time.monotonic(), 0.0, f"0 of {total} reports"
    handle = import_module("IPython.display").display(_bar(0, total), raw=True, display_id=True)

    def tick(done: int, total: int, row: Deliverable) -> None:
        nonlocal drawn, end
        words, now = pace.after(done, total, row), time.monotonic()
        if now - drawn >= _REST:
            drawn = now
            handle.update(_bar(done, total, words), raw=True)
        end = f"{done} of {total} reports in {timedelta(seconds=round(now - began))}"

    try:
        yield tick
    finally:
        handle.update({"text/plain": end}, raw=True)


def _bar(done: int, total: int, *pace: str) -> dict[str, str]:
    full = _WIDTH * done // total
    return {"text/plain": ", ".join(filter(None, (f"Reports {'█' * full}{'░' * (_WIDTH - full)} {done} of {total} reports", *pace)))}


SLICE, _SLOTS = 50, 2
"""Workflows that are weighed at once in one process, and how many processes."""
ALONE = 60
"""Workflows up to which other processes would take longer to start than they save."""


def weigh_list(
    engagement: Engagement, pilots: Mapping[str, Established], executor: Executor | str | None = None, scheduler: str | None = None,
    tick: Callable[[int, int], object] = max,
) -> tuple[Weighed, ...]:
    """Every workflow of `engagement` as a programme weighs it: the same values wherever they are worked out.

    `executor` and `scheduler` are as for `produce`; `tick` is told how many are done, and of how many; rows that only words tell apart are weighed once.

    Raises:
        UsageError: If there is no such executor, the workflows cannot be one programme, or a process was lost.
        EngagementError: If assumptions do not fit together.
        PriceError: If a price or an exchange rate is not known.
    """
    here, few = executor in (None, "local"), len(sound(engagement).workflows) <= ALONE
    if here and few:
        return weigh(engagement, pilots)

    def work(several: Sequence[Workflow]) -> Iterator[Weighed]:
        slices, done = [several[start : start + SLICE] for start in range(0, len(several), SLICE)], 0
        states = [replace(engagement, workflows=tuple(one)) for one in slices]
        marked = [{flow.id: pilots[flow.id] for flow in one if flow.id in pilots} for one in slices]
        with ProcessPoolExecutor(_SLOTS, get_context("spawn"), _apart, (os.getpid(),)) if here else executor_for(executor, _SLOTS, scheduler) as pool:
            for weighed in pool.map(weigh, states, marked):
                yield from weighed
                done += len(weighed)
                tick(done, len(several))

    try:
        return weigh_once(engagement, pilots, work)
    except BrokenExecutor as error:
        raise UsageError(f"a part of the list was not weighed: {error}") from None


def _apart(parent: int) -> None:
    """Called as a process begins that weighs: it ends with `parent`, and without a word at Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    die_with(parent)
