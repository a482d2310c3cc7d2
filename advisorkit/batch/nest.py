"""The zygote of this process as its driver sees it: started when first needed, replaced when lost, closed at exit."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from advisorkit.batch.confining import can_fork, environment
from advisorkit.batch.values import Limits

_PREFIX, _HELD = "advisorkit-batch-", "held"
_GRACE = 30.0
"""Seconds beyond a report's own limit after which its zygote counts as lost."""


class Lost(Exception):  # noqa: N818
    """The zygote vanished while a report was at work."""


class Nest:
    """At most one zygote, shared by all threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._held: Any = None
        self._opened = -1
        atexit.register(self.close)
        self.closings = 0
        """How often it was closed: whoever lost a zygote to a closing has no reason to try again."""

    @property
    def pid(self) -> int | None:
        """Process id of the living zygote; None when there is none."""
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

    def run(self, folder: Path, limits: Limits, renderers: Iterable[str] = (), *, alone: bool = False) -> dict[str, Any]:
        """Have the report in `folder` made by a child of the zygote, or its cells `alone` run; how the child ended."""
        request = {"folder": str(folder), "seconds": limits.seconds, "megabytes": limits.megabytes, "alone": alone}
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(limits.seconds + _GRACE)
                link.connect(self.warm(renderers, folder))
                link.sendall(json.dumps(request).encode() + b"\n")
                line = link.makefile("rb").readline()
        except OSError:
            line = b""
        if not line:
            raise Lost(self._last_words())
        end: dict[str, Any] = json.loads(line)
        return end

    def _last_words(self) -> str:
        with suppress(OSError, IndexError):
            words = (self.scratch() / "zygote.log").read_text(encoding="utf-8", errors="replace").strip()
            return f"the primed process was lost: {words.splitlines()[-1]}"
        return "the primed process was lost"

    def warm(self, renderers: Iterable[str], folder: Path | None = None) -> str:
        """Start the zygote unless it lives, primed with `renderers`; its address.

        The address goes through an open descriptor of the scratch folder, since a socket's path must be short.
        """
        with self._lock:
            if folder and folder.parent != self._scratch:
                raise Lost("the batch was stopped")
            room = self._room()
            address = f"/proc/self/fd/{self._opened}/zygote"
            if self.pid is None:
                if self._process:
                    _end(self._process)
                (room / "zygote").unlink(missing_ok=True)
                self._start(address, sorted(set(renderers)))
            return address

    def _start(self, address: str, renderers: list[str]) -> None:
        with socket.socket(socket.AF_UNIX) as listener, Path(f"{address}.log").open("ab") as log:
            listener.bind(address)
            listener.listen(256)
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "advisorkit.batch.zygote", str(listener.fileno()), *renderers],
                env=environment(os.environ, self._room()),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """Stop the zygote and whatever it has at work, and remove everything temporary; a later order starts anew."""
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
    """Closing its input tells a zygote to end its children and itself."""
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


NEST = Nest()
"""The one of this process."""
