"""A primed process that forks a fresh child per report: ``python -m advisorkit.batch.zygote LISTENER RENDERER…``.

It never reads an order or a job: a request on its socket names a folder and limits, and the child reads the rest after
the fork. It has one thread and refuses to fork when something started another, since a lock held by a thread that does
not exist in the child would hang it. When its driver goes, it kills its children, removes what lies in the temporary
folder that they shared with the driver, and follows.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from advisorkit.batch import lean  # noqa: F401  before anything that imports jsonschema
from advisorkit.batch.confining import (
    adopt_orphans,
    confine,
    die_with_parent,
    leave_shared_memory,
    set_memory_apart,
    threads,
)
from advisorkit.batch.engine import run_alone
from advisorkit.batch.making import make, parameterised
from advisorkit.batch.priming import prime, reseed


@dataclass(frozen=True, slots=True)
class _Report:
    """A child at work."""

    link: socket.socket
    """Where its end is told."""
    folder: Path
    """Its own folder."""
    handle: int
    """Its pidfd: readable when it has ended."""
    deadline: float
    """Monotonic time at which it is stopped."""


class Zygote:
    """The event loop: requests in, forks, ends out."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._events = selectors.DefaultSelector()
        self._reports: dict[int, _Report] = {}
        self._late: set[int] = set()
        self._open = True
        self._pid = os.getpid()

    def serve(self) -> None:
        """Run until standard input closes, which happens when the driver closes it or dies."""
        self._events.register(self._listener, selectors.EVENT_READ, self._accept)
        self._events.register(0, selectors.EVENT_READ, self._leave)
        while self._open:
            for key, _ in self._events.select(self._patience()):
                key.data()
            for pid, report in self._reports.items():
                if time.monotonic() >= report.deadline and pid not in self._late:
                    self._late.add(pid)
                    _kill(pid)
        for pid in self._reports:
            _kill(pid)
            os.waitpid(pid, 0)
        _end_strays({})

    def _patience(self) -> float | None:
        waiting = [report.deadline for pid, report in self._reports.items() if pid not in self._late]
        return min(3600.0, max(0.0, min(waiting) - time.monotonic())) if waiting else None

    def _leave(self) -> None:
        self._open = os.read(0, 1) != b""

    def _accept(self) -> None:
        link, _ = self._listener.accept()
        self._events.register(link, selectors.EVENT_READ, partial(self._request, link))

    def _request(self, link: socket.socket) -> None:
        """A request in one line, or the news that whoever asked has gone: then its child is stopped."""
        with suppress(ConnectionError):
            if line := link.recv(65536):
                self._fork(link, json.loads(line))
                return
        self._events.unregister(link)
        link.close()
        for pid, report in self._reports.items():
            if report.link is link:
                _kill(pid)

    def _fork(self, link: socket.socket, wanted: dict[str, Any]) -> None:
        if (count := threads()) > 1:
            _tell(link, {"refused": f"the primed process has {count} threads, so a fork could hang"})
            return
        if not wanted["alone"]:
            with suppress(Exception):  # a faulty template fails in the child, where it is told
                parameterised((Path(wanted["folder"]) / "template.ipynb").read_text(encoding="utf-8"))
        pid = os.fork()
        if pid == 0:
            self._child(wanted)
        handle = os.pidfd_open(pid)
        self._reports[pid] = _Report(link, Path(wanted["folder"]), handle, time.monotonic() + wanted["seconds"])
        self._events.register(handle, selectors.EVENT_READ, partial(self._end, pid))

    def _end(self, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        report = self._reports.pop(pid)
        self._events.unregister(report.handle)
        os.close(report.handle)
        _end_strays({pid: report.folder for pid, report in self._reports.items()})
        late = pid in self._late
        self._late.discard(pid)
        _tell(report.link, {"late": late, "status": os.waitstatus_to_exitcode(status)})

    def _child(self, wanted: dict[str, Any]) -> NoReturn:
        status = 1
        try:
            self._withdraw()
            folder = Path(wanted["folder"])
            _settle_in(folder, wanted["megabytes"])
            if wanted["alone"]:
                reseed()  # a report has a seed of its own
            (run_alone if wanted["alone"] else make)(folder)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _withdraw(self) -> None:
        """Close in the child everything that belongs to the parent or to a sibling."""
        die_with_parent()
        if os.getppid() != self._pid:
            os._exit(1)
        os.setsid()
        for key in list(self._events.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            elif key.fd:
                os.close(key.fd)
        self._events.close()


def _settle_in(folder: Path, megabytes: int) -> None:
    leave_shared_memory()
    for descriptor, name in ((0, os.devnull), (1, str(folder / "noise.1")), (2, str(folder / "noise.2"))):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder / "tmp")
    os.chdir(folder / "work")
    gc.enable()
    gc.set_threshold(50_000, 20, 20)
    confine(megabytes)


def _kill(pid: int) -> None:
    """End a child and its process group; it is not reaped yet, so the number is still its own."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)


def _end_strays(at_work: dict[int, Path]) -> None:
    """End what finished reports left running, which the kernel made our children; `at_work` are folders by process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    for pid in set(map(int, children)) - at_work.keys():
        if not _belongs(pid, at_work):
            _kill(pid)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _belongs(pid: int, at_work: dict[int, Path]) -> bool:
    """Whether a process was started by a report that is still at work."""
    with suppress(OSError):
        started_with = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8", errors="replace")
        return os.getsid(pid) in at_work or any(f"TMPDIR={folder / 'tmp'}\0" in started_with for folder in at_work.values())
    return False


def _tell(link: socket.socket, end: dict[str, Any]) -> None:
    with suppress(OSError):
        link.sendall(json.dumps(end).encode() + b"\n")


if __name__ == "__main__":
    shared = Path(os.environ["IPYTHONDIR"]).parent
    adopt_orphans()
    prime(sys.argv[2:])
    set_memory_apart()
    gc.freeze()
    Zygote(socket.socket(fileno=int(sys.argv[1]))).serve()
    shutil.rmtree(shared, ignore_errors=True)
    os._exit(0)
