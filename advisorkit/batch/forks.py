"""The standard library's fork server as a batch uses it: started primed, replaced when lost, closed at exit.

`multiprocessing` starts its own server with the user's environment, and each child with the user's main module; a report may
see neither. So `primed` runs the server's loop in a process that is started here, and its children get a `Task`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.forkserver import read_signed
from multiprocessing.reduction import sendfds
from pathlib import Path
from pickle import dumps
from typing import Any, ClassVar

from advisorkit.batch.confining import can_fork, die_with_parent, end_group, end_offspring, environment, settle_in
from advisorkit.batch.values import Limits

REFUSED = "refused"
"""In a report's folder: why its process did nothing."""
_PREFIX, _HELD = "advisorkit-batch-", "held"
_GRACE = 30.0
"""Seconds beyond a report's own limit after which its server counts as lost."""


class Lost(Exception):  # noqa: N818
    """The server vanished while a report was at work."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a report's process ended."""

    status: int
    """Exit status; a signal's number below zero."""
    late: bool = False
    """Whether it was stopped because its time was over."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the server's child is told; it reads everything else in its folder, which the server never does."""

    folder: Path
    """The report's own folder."""
    megabytes: int
    """Memory beyond what the server holds."""
    work: str
    """``module:function``, called with the folder."""
    server: ClassVar[int] = 0
    """The server's process id, known in the server and its children."""
    refusal: ClassVar[str] = ""
    """Why nothing may be run in a child; set by a server that cannot be forked safely."""

    def _bootstrap(self, sentinel: int) -> int:
        """Run in the child, where the server expects a `multiprocessing.Process`."""
        os.close(sentinel)
        die_with_parent()
        if os.getppid() != self.server:
            return 1
        settle_in(self.folder, self.megabytes)
        module, _, name = self.work.partition(":")
        if self.refusal:
            (self.folder / REFUSED).write_text(self.refusal, encoding="utf-8")
        else:
            getattr(import_module(module), name)(self.folder)
        sys.stderr.flush()
        end_offspring()
        return 0


class Forks:
    """At most one server, shared by all threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._held: Any = None
        self._opened = -1
        atexit.register(self.close)
        self.closings = 0
        """How often it was closed: whoever lost a server to a closing has no reason to try again."""

    @property
    def pid(self) -> int | None:
        """Process id of the living server; None when there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def scratch(self) -> Path:
        """Folder for everything temporary of this process; only its user may enter."""
        with self._lock:
            return self._room()

    def _room(self) -> Path:
        if self._scratch is None:
            _sweep()
            self._scratch = Path(tempfile.mkdtemp(prefix=_PREFIX))
            self._held = _lock(self._scratch / _HELD)
            self._held.acquire()
            self._opened = os.open(self._scratch, os.O_RDONLY) if can_fork() else -1
        return self._scratch

    def run(self, folder: Path, limits: Limits, work: str, renderers: Iterable[str] = ()) -> Ended:
        """Have ``module:function`` called with `folder` in a fresh child of the server; how the child ended."""
        fate = self._fork(Task(folder, limits.megabytes, work), renderers)
        try:
            pid = self._told(fate, limits.seconds + _GRACE)
            if late := not wait([fate], limits.seconds):
                end_group(pid)
            return Ended(self._told(fate, _GRACE), late)
        finally:
            os.close(fate)

    def _fork(self, task: Task, renderers: Iterable[str]) -> int:
        """Hand a task to the server; where it tells the child's number and, when the child has ended, its status."""
        address = self.warm(renderers, task.folder)
        (fate, telling), (told, data) = os.pipe(), os.pipe()
        with suppress(OSError), socket.socket(socket.AF_UNIX) as link, Path(os.devnull).open("rb") as nothing:
            link.connect(address)
            # in place of the two pipes of `multiprocessing` by which a child would hold on to its driver
            sendfds(link, [told, telling, nothing.fileno(), nothing.fileno()])
            os.write(data, dumps({}) + dumps(task))
        for end in (telling, told, data):
            os.close(end)
        return fate

    def _told(self, fate: int, seconds: float) -> int:
        with suppress(EOFError):
            if wait([fate], seconds):
                return int(read_signed(fate))
        raise Lost(self._last_words())

    def _last_words(self) -> str:
        with suppress(OSError, IndexError):
            words = (self.scratch() / "server.log").read_text(encoding="utf-8", errors="replace").strip()
            return f"the primed process was lost: {words.splitlines()[-1]}"
        return "the primed process was lost"

    def warm(self, renderers: Iterable[str], folder: Path | None = None) -> str:
        """Start the server unless it lives, primed with `renderers`; its address.

        The address goes through an open descriptor of the scratch folder, since a socket's path must be short.
        """
        with self._lock:
            if folder and folder.parent != self._scratch:
                raise Lost("the batch was stopped")
            room = self._room()
            address = f"/proc/self/fd/{self._opened}/server"
            if self.pid is None:
                if self._process:
                    _end(self._process)
                (room / "server").unlink(missing_ok=True)
                self._start(address, sorted(set(renderers)))
            return address

    def _start(self, address: str, renderers: list[str]) -> None:
        with socket.socket(socket.AF_UNIX) as listener, Path(f"{address}.log").open("ab") as log:
            listener.bind(address)
            listener.listen(256)
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "advisorkit.batch.entry", "primed", str(listener.fileno()), *renderers],
                env=environment(os.environ, self._room()),
                stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[listener.fileno()], start_new_session=True,
            )  # fmt: skip

    def close(self) -> None:
        """Stop the server and whatever it has at work, and remove everything temporary; a later order starts anew."""
        with self._lock:
            self.closings += 1
            process, self._process = self._process, None
            scratch, self._scratch = self._scratch, None
            held, opened = self._held, self._opened
        if process:
            _end(process)
        if scratch and held:
            held.release()
            if opened >= 0:
                os.close(opened)
            shutil.rmtree(scratch, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closing its input tells a server to end its children and itself."""
    if process.stdin:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()


def _sweep() -> None:
    """Remove what processes that were killed left behind: their locks are free."""
    for held in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_HELD}"):
        with suppress(OSError), _lock(held):
            shutil.rmtree(held.parent, ignore_errors=True)


def _lock(path: Path) -> Any:
    """A lock that is free or not, at once. Imported here: what it does after every fork would slow a primed process, which locks nothing."""
    return import_module("filelock").FileLock(path, timeout=0)


FORKS = Forks()
"""The one of this process."""
