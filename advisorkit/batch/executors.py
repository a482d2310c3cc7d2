"""Who carries orders out: threads of this process that wait for forked children, Dask workers, or any executor.

With Dask, templates and jobs travel as bytes, and finished files come back as bytes. A worker has threads, so it never forks
itself: its primed process is one of its own, as on this machine, and ends with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from logging import CRITICAL
from typing import Any

from advisorkit.batch.forks import FORKS
from advisorkit.values.errors import UsageError, nearest

_NAMES = ("local", "dask")


@contextmanager
def executor_for(wanted: Executor | str | None, slots: int, scheduler: str | None) -> Iterator[Executor]:
    """The executor meant by `wanted`; one that was made here is closed at the end, one that was given is not."""
    if slots < 1:
        raise UsageError(f"{slots} reports at once make none; use 1 or more")
    if isinstance(wanted, Executor):
        yield wanted
    elif wanted in (None, "local"):
        with ThreadPoolExecutor(slots, thread_name_prefix="report") as pool:
            yield pool
    elif wanted == "dask":
        try:
            distributed = import_module("distributed")
        except ImportError as error:
            raise UsageError(f"--executor dask needs the extra advisorkit[dask]: {error}") from None
        with _at(distributed, scheduler) if scheduler else _here(distributed, slots) as client:
            yield client.get_executor(pure=False, retries=2)  # a report whose worker is lost is begun anew on another one
    else:
        raise UsageError(f"no executor '{wanted}'; there is {', '.join(nearest(str(wanted), _NAMES) or _NAMES)}")


def _at(distributed: Any, scheduler: str) -> Any:
    """A client of the scheduler at an address."""
    try:
        return distributed.Client(scheduler, timeout=5)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from None


@contextmanager
def _here(distributed: Any, slots: int) -> Iterator[Any]:
    """A client of a cluster of `slots` workers that lives as long as the batch.

    Where `cryptography` is installed, it has certificates for itself alone; without, other users of this machine reach it.
    """
    try:
        security = distributed.Security.temporary()
    except ImportError:
        security = None
    scratch = str(FORKS.scratch())
    pages: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}  # none about our work
    with (
        import_module("dask").config.set({**pages, "temporary-directory": scratch}),
        distributed.LocalCluster(
            n_workers=slots, threads_per_worker=1, dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any free port
            local_directory=scratch, security=security, silence_logs=CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):  # fmt: skip
        yield client
