"""The standard library's fork server as a batch uses it: started primed, replaced when lost, closed at exit.

`multiprocessing` starts its own server with the user's environment, and each child with the user's main module; a report may
see neither. So `primed` runs the server's loop in a process that is started here, and its children get a `Task`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.forkserver import read_signed
from multiprocessing.reduction import sendfds
from pathlib import Path
from pickle import dumps
from typing import Any, ClassVar

from advisorkit.batch.confining import can_fork, command, end_group, end_offspring, environment, settle_in
from advisorkit.batch.values import Limits

_REFUSED = "refused"
"""In a report's folder: why its process did nothing."""
_PREFIX, _HELD = "advisorkit-batch-", "held"
_GRACE = 30.0
"""Seconds beyond a report's own limit after which its server counts as lost."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a report's process ended."""

    reason: str = ""
    """Why it did not come to a quiet end, in words for people; empty when it did."""
    lost: bool = False
    """Whether it or its server was taken away, so that another try may do."""
    began: bool = True
    """Whether it is known to have begun its work."""


_STOPPED = Ended("the batch was stopped", began=False)
"""Nobody has a reason to try again."""


def ended(status: int, seconds: float, *, late: bool) -> Ended:
    """The end of a process by its exit status, a signal's number below zero; `late` when it was stopped after its `seconds`."""
    if late:
        return Ended(f"took longer than {seconds:g} s and was stopped")
    if status < 0:
        return Ended(f"its process was ended by {signal.Signals(-status).name}", lost=status == -signal.SIGKILL)
    return Ended(f"its process ended with status {status}" if status else "")


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
        settle_in(self.folder, self.megabytes, self.server)
        module, _, name = self.work.partition(":")
        if self.refusal:
            (self.folder / _REFUSED).write_text(self.refusal, encoding="utf-8")
        else:
            getattr(import_module(module), name)(self.folder)
        sys.stderr.flush()
        end_offspring()
        return 0


class Forks:
    """At most one server, shared by all threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._opened, self._undo = -1, ExitStack()
        atexit.register(self.close)

    @property
    def pid(self) -> int | None:
        """Process id of the living server; None when there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def scratch(self) -> Path:
        """Folder for everything temporary of this process; only its user may enter."""
        with self._lock:
            if self._scratch is None:
                _sweep()
                self._scratch = Path(tempfile.mkdtemp(prefix=_PREFIX))
                self._undo.callback(shutil.rmtree, self._scratch, ignore_errors=True)
                self._undo.enter_context(_lock(self._scratch / _HELD))
                if can_fork():
                    self._opened = os.open(self._scratch, os.O_RDONLY)
                    self._undo.callback(os.close, self._opened)
            return self._scratch

    def run(self, folder: Path, limits: Limits, work: str, renderers: Iterable[str] = ()) -> Ended:
        """Have ``module:function`` called with `folder` in a fresh child of a server primed with `renderers`; how the child ended."""
        fate = _fork(self._warm(folder, renderers), Task(folder, limits.megabytes, work))
        try:
            pid = _told(fate, limits.seconds + _GRACE)
            if late := not wait([fate], limits.seconds):
                end_group(pid)
            status = _told(fate, _GRACE)
        except EOFError:
            return Ended(self._last_words(), lost=True, began=False) if folder.parent == self._scratch else _STOPPED
        finally:
            os.close(fate)
        if folder.parent != self._scratch:
            return _STOPPED
        if (refused := folder / _REFUSED).exists():
            return Ended(f"was not started: {refused.read_text(encoding='utf-8')}", began=False)
        return ended(status, limits.seconds, late=late)

    def _last_words(self) -> str:
        with suppress(OSError, IndexError):
            words = (self.scratch() / "server.log").read_text(encoding="utf-8", errors="replace").strip()
            return f"the primed process was lost: {words.splitlines()[-1]}"
        return "the primed process was lost"

    def _warm(self, folder: Path, renderers: Iterable[str]) -> str:
        """Start the server unless it lives; its address, which is empty when `folder` is of a batch that was stopped.

        The address goes through an open descriptor of the scratch folder, since a socket's path must be short.
        """
        with self._lock:
            if folder.parent != self._scratch:
                return ""
            address = f"/proc/self/fd/{self._opened}/server"
            if self.pid is None:
                if self._process:
                    _end(self._process)
                (self._scratch / "server").unlink(missing_ok=True)
                self._start(address, sorted(set(renderers)))
            return address

    def _start(self, address: str, renderers: list[str]) -> None:
        with socket.socket(socket.AF_UNIX) as listener, Path(f"{address}.log").open("ab") as log:
            listener.bind(address)
            listener.listen(256)
            self._process = subprocess.Popen(  # noqa: S603
                command("primed", listener.fileno(), *renderers),
                env=environment(os.environ, self.scratch()),
                stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[listener.fileno()], start_new_session=True,
            )  # fmt: skip

    def close(self) -> None:
        """Stop the server and whatever it has at work, and remove everything temporary; a later order starts anew."""
        with self._lock:
            process, undo = self._process, self._undo.pop_all()
            self._process = self._scratch = None
        if process:
            _end(process)
        undo.close()


def _fork(address: str, task: Task) -> int:
    """Hand a task to the server; where it tells the child's number and, when the child has ended, its status."""
    (fate, telling), (told, data) = os.pipe(), os.pipe()
    with suppress(OSError), socket.socket(socket.AF_UNIX) as link, Path(os.devnull).open("rb") as nothing:
        link.connect(address)
        # in place of the two pipes of `multiprocessing` by which a child would hold on to its driver
        sendfds(link, [told, telling, nothing.fileno(), nothing.fileno()])
        os.write(data, dumps({}) + dumps(task))
    for end in (telling, told, data):
        os.close(end)
    return fate


def _told(fate: int, seconds: float) -> int:
    if wait([fate], seconds):
        return int(read_signed(fate))
    raise EOFError


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
