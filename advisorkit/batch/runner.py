"""A batch from its jobs to its rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from advisorkit.batch.confining import can_fork
from advisorkit.batch.executors import executor_for
from advisorkit.batch.folders import lock
from advisorkit.batch.preflight import refuse_unfit
from advisorkit.batch.progress import Progress, shown
from advisorkit.batch.rounds import Round
from advisorkit.batch.templates import engine_for
from advisorkit.batch.values import BatchResult, Engine, Job, Limits, Order, Template
from advisorkit.export.brand import Brand
from advisorkit.export.formats import RENDERERS
from advisorkit.values.errors import UsageError


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
    model, folder = refuse_unfit(template, jobs, renderers, out)
    used = engine_for(model, engine, forks=can_fork())
    orders = [Order(model, job, renderers, dict(options or {}), used, limits or Limits()) for job in jobs]
    try:
        with executor_for(executor, jobs_at_once, scheduler) as pool, lock(folder), shown(progress, len(jobs) * len(renderers)) as tick:
            batch = Round(folder, orders, tick)
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

