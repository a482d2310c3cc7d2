"""Dask as the executor: a zygote per worker, templates and jobs travel as bytes, finished files come back as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from logging import CRITICAL
from typing import Any

from dask import config
from distributed import Client, LocalCluster, Security, WorkerPlugin

from advisorkit.batch.nest import NEST
from advisorkit.values.errors import UsageError


class ZygotePlugin(WorkerPlugin):
    """Starts a zygote when a worker starts and ends it with the worker.

    Workers have threads, so they never fork themselves: the zygote is a process of its own.
    """

    name = "advisorkit-zygote"

    def __init__(self, renderers: tuple[str, ...]) -> None:
        self.renderers = renderers

    def setup(self, worker: Any) -> None:  # noqa: ARG002
        """Start priming at once, so that the first report need not wait for it."""
        NEST.warm(self.renderers)

    def teardown(self, worker: Any) -> None:  # noqa: ARG002
        """End the zygote and whatever it has at work."""
        NEST.close()


@contextmanager
def dask_executor(slots: int, scheduler: str | None, renderers: tuple[str, ...]) -> Iterator[Executor]:
    """An executor on the scheduler at an address, or on a cluster of `slots` workers that lives as long as the batch.

    A report whose worker is lost is begun anew on another one.
    """
    if scheduler:
        try:
            client = Client(scheduler, timeout=5)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield _executor(client, renderers)
        return
    security, scratch = _security(), str(NEST.scratch())
    pages: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}  # none about our work
    with (
        config.set({**pages, "temporary-directory": scratch}),
        LocalCluster(
            n_workers=slots, threads_per_worker=1, dashboard_address=None, local_directory=scratch, security=security,
            silence_logs=CRITICAL,
        ) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield _executor(client, renderers)


def _security() -> Security | None:
    """Certificates for this cluster alone, where `cryptography` is installed; without, other users of this machine reach it."""
    try:
        certificates: Security = Security.temporary()  # type: ignore[no-untyped-call]
    except ImportError:
        return None
    return certificates


def _executor(client: Client, renderers: tuple[str, ...]) -> Executor:
    client.register_plugin(ZygotePlugin(renderers))
    executor: Executor = client.get_executor(pure=False, retries=2)  # type: ignore[no-untyped-call]
    return executor
