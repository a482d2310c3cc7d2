"""Who carries orders out: threads of this process that wait for forked children, Dask workers, or any executor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module

from advisorkit.values.errors import UsageError, nearest

_NAMES = ("local", "dask")


@contextmanager
def executor_for(
    wanted: Executor | str | None, slots: int, scheduler: str | None, renderers: Iterable[str]
) -> Iterator[Executor]:
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
            cluster = import_module("advisorkit.batch.cluster")
        except ImportError as error:
            raise UsageError(f"--executor dask needs the extra advisorkit[dask]: {error}") from None
        with cluster.dask_executor(slots, scheduler, tuple(renderers)) as pool:
            yield pool
    else:
        raise UsageError(f"no executor '{wanted}'; there is {', '.join(nearest(str(wanted), _NAMES) or _NAMES)}")
