"""Who carries orders out, and how: threads of this process or Dask workers, a folder and a process for each report.

With Dask, templates and jobs travel as bytes, and finished files come back as bytes. A worker has threads, so it never forks
itself: its primed process is one of its own, as on this machine, and ends with it.

Papermill is given the same processes as an engine.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from logging import CRITICAL
from pathlib import Path
from typing import Any

import nbformat

from advisorkit.batch.forks import FORKS, Ended, command, end_all_in, ended, environment
from advisorkit.batch.notebooks import frame, noted, parameters_of, printable, salvage
from advisorkit.batch.values import Limits, Order, Outcome
from advisorkit.values.messages import UsageError, nearest

TRIES = 3
"""How often a report is begun whose process vanished; one that fails by itself is begun once."""
_NAMES = ("local", "dask")
NAME = "advisorkit"
"""Name under which papermill knows the engine."""
_MANAGED = ("output_path", "progress_bar", "log_output", "autosave_cell_every")
_A_DAY = 24 * 3600.0
"""Seconds that a cell may take when papermill is given no limit."""


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
        with _dask(slots, scheduler) as client:
            yield client.get_executor(pure=False, retries=2)  # a report whose worker is lost is begun anew on another one
    else:
        raise UsageError(f"no executor '{wanted}'; there is {', '.join(nearest(str(wanted), _NAMES) or _NAMES)}")


@contextmanager
def _dask(slots: int, scheduler: str | None) -> Iterator[Any]:
    """A client of the scheduler at an address, or of a cluster of `slots` workers that lives as long as the batch.

    Where `cryptography` is installed, that cluster has certificates for itself alone; without, other users of this machine reach it.
    """
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise UsageError(f"--executor dask needs the extra advisorkit[dask]: {error}") from None
    if scheduler:
        try:
            client = distributed.Client(scheduler, timeout=5)
        except (OSError, ValueError) as error:
            raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
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


def carry_out(order: Order) -> Outcome:
    """Make one report; whatever its template does comes back as a reason, never as an exception."""
    began = time.monotonic()
    for left in reversed(range(TRIES)):
        with tempfile.TemporaryDirectory(prefix="report-", dir=FORKS.scratch(), ignore_cleanup_errors=True) as name:
            outcome, lost = _once(order, Path(name))
        if not (lost and left):
            break
    return replace(outcome, seconds=time.monotonic() - began)


def _once(order: Order, folder: Path) -> tuple[Outcome, bool]:
    """What one try came to, and whether its process was taken away."""
    lay_out(order, folder)
    forked = order.engine == "advisorkit"
    end = FORKS.run(folder, order.limits, "advisorkit.batch.making:make", order.formats.values()) if forked else _solo(order, folder)
    outcome = _left_behind(order, folder, end.reason if end.began else f"{end.reason}; use --engine kernel")
    if outcome.reason or not forked:
        end_all_in(folder)
    return outcome, bool(outcome.reason) and end.lost


def lay_out(order: Order, folder: Path) -> None:
    """Write what a report's process reads."""
    wanted = {"formats": dict(order.formats), "options": dict(order.options), "engine": order.engine}
    template = frame(order.template, for_kernel=order.engine != "advisorkit")
    lay(folder, {"order.json": json.dumps(wanted), "template.ipynb": template, "work/job.json": order.job.document})


def lay(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files by name into a report's folder, beside the folder it works in and that of its temporary files."""
    for name in ("work", "tmp"):
        (folder / name).mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _solo(order: Order, folder: Path) -> Ended:
    """Run the report in a Jupyter kernel of its own."""
    own = {**environment(os.environ, folder), "TMPDIR": str(folder / "tmp")}
    started = command("making", folder, order.limits.megabytes, os.getpid())
    limit = order.limits.seconds
    with (folder / "noise.2").open("wb") as noise:
        try:
            done = subprocess.run(  # noqa: S603
                started, env=own, cwd=folder / "work", stdin=subprocess.DEVNULL, stdout=noise, stderr=noise, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            return ended(0, limit, late=True)
    return ended(done.returncode, limit, late=False)


def _left_behind(order: Order, folder: Path, reason: str) -> Outcome:
    """The files that a report's process left, or why there are none."""
    try:
        outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        outcome = {"reason": reason or "its process ended before the report was finished"}
    said = printable(outcome.get("reason", reason))
    if outcome.get("clients"):
        return Outcome(reason=f"{order.job.source or order.job.engagement}: {said}")
    if reason or "reason" in outcome:
        return Outcome({}, *salvage(folder, said))
    return Outcome({kind: (folder / f"made.{kind}").read_bytes() for kind in order.formats}, headline=outcome["headline"])


class ForkEngine:
    """Executes a notebook in a fresh process, at the cost of its cells alone.

    Registered under the entry point group ``papermill.engine``: ``papermill --engine advisorkit in.ipynb out.ipynb``.
    Papermill loads it while it is itself being imported, so this module must not import papermill and the class cannot
    inherit from papermill's own; it has the methods that papermill calls.
    """

    @staticmethod
    def execute_notebook(nb: Any, kernel_name: str, **settings: Any) -> Any:  # noqa: ARG004
        """Run the cells in a process that is forked for them; the executed notebook.

        Raises:
            UsageError: If a parameter was passed that the notebook does not have, or no process can be forked here.
        """
        known, given = parameters_of(nb), set(nb.metadata.papermill.get("parameters", {}))
        if unknown := sorted(given - known):  # papermill only warns, and the notebook would go on with its own value
            hint = nearest(unknown[0], sorted(known)) or sorted(known)
            raise UsageError(f"unknown parameter {', '.join(unknown)}; the notebook has {', '.join(hint) or 'none'}")
        chosen = {name: settings[name] for name in _MANAGED if name in settings}
        manager = import_module("papermill.engines").NotebookExecutionManager(nb, **chosen)
        manager.notebook_start()
        try:
            _send(manager, Limits(seconds=len(nb.cells) * float(settings.get("execution_timeout") or _A_DAY)))
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @staticmethod
    def nb_kernel_name(nb: Any, name: str | None = None) -> str:
        """Kernel that a notebook names."""
        return str(import_module("papermill.utils").nb_kernel_name(nb, name))

    @staticmethod
    def nb_language(nb: Any, language: str | None = None) -> str:
        """Language that a notebook names."""
        return str(import_module("papermill.utils").nb_language(nb, language))


def _send(manager: Any, limits: Limits) -> None:
    with tempfile.TemporaryDirectory(prefix="papermill-", dir=FORKS.scratch()) as name:
        folder = Path(name)
        lay(folder, {"template.ipynb": json.dumps(manager.nb), "order.json": json.dumps({"cells_in": str(Path.cwd())})})
        end = FORKS.run(folder, limits, "advisorkit.batch.making:run_alone")
        if not end.began:
            raise UsageError(f"{end.reason}; leave out --engine advisorkit")
        _take_back(manager, folder, end.reason)


def _take_back(manager: Any, folder: Path, said: str) -> None:
    """Put what the child left into papermill's notebook; where it crashed, the cell at work gets the error."""
    if (folder / "executed.ipynb").exists():
        executed = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))
        manager.nb.cells = nbformat.from_dict(executed["cells"])  # type: ignore[no-untyped-call]
        return
    notes = dict(noted(folder))
    for index, cell in enumerate(manager.nb.cells):
        if cell.id in notes:
            cell.outputs = nbformat.from_dict(notes[cell.id] or [])  # type: ignore[no-untyped-call]
            if notes[cell.id] is None:
                cell.outputs = [nbformat.v4.new_output("error", ename="Stopped", evalue=said, traceback=[said])]  # type: ignore[no-untyped-call]
                manager.cell_exception(cell, index)
    if None not in notes.values():
        raise UsageError(f"the notebook was not run to its end: {said}")
