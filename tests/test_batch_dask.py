"""Dask carries the same orders out on other processes: the same bytes come back, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import fsspec
import pytest
from batch_faults.stage import WORK, end_state, jobs, make, notebook, renderer_on_path  # noqa: F401
from distributed import Client, LocalCluster

from advisorkit.values.messages import UsageError

SLOW = notebook(WORK, "time.sleep(0.3)")


def at_work(temporary: Path) -> Iterator[str]:
    """Command lines of living processes that were given this temporary folder."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"TMPDIR={temporary}" in (entry / "environ").read_text(errors="replace"):
                yield (entry / "cmdline").read_text()


def kill_one(made: threading.Event, victim: int) -> None:
    made.wait(120)
    os.kill(victim, signal.SIGKILL)


def test_dask_gives_the_bytes_that_local_slots_give_and_a_killed_worker_costs_nothing(tmp_path: Path) -> None:
    made = threading.Event()
    wanted = jobs(6)
    make(SLOW, wanted, tmp_path / "local")

    with (
        warnings.catch_warnings(),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            local_directory=str(tmp_path / "scratch"),
        ) as cluster,
        Client(cluster) as client,
    ):
        warnings.simplefilter("ignore")
        workers = client.run(os.getpid)
        killer = threading.Thread(target=kill_one, args=(made, next(iter(workers.values()))))
        killer.start()
        result = make(SLOW, wanted, tmp_path / "dask", executor="dask", scheduler=cluster.scheduler_address, progress=lambda *_: made.set())
        killer.join()
        client.wait_for_workers(2, timeout=60)
        assert set(client.scheduler_info()["workers"]) != set(workers), "no worker was replaced"

    assert [row.status for row in result.deliverables] == ["made"] * 6
    assert end_state(tmp_path / "dask") == end_state(tmp_path / "local")


def test_an_embedded_cluster_delivers_to_an_address_and_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    assert make(SLOW, jobs(2), "memory://dask", executor="dask").ok

    assert [line for line in at_work(tmp_path) if "resource_tracker" not in line] == []
    assert len(fsspec.filesystem("memory").glob("/dask/client-*_trial.html")) == 2


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        make(SLOW, jobs(1), tmp_path, executor="dask", scheduler="tcp://127.0.0.1:9")
