"""Processes of a batch: what they may see and use, and the standard library's fork server, started primed, replaced when lost, closed at exit.

`multiprocessing` starts its own server with the user's environment, and each child with the user's main module; a report may
see neither. So `primed` runs the server's loop in a process that is started here, and its children get a `Task`.
"""

import atexit
import ctypes
import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import wait
from multiprocessing.forkserver import read_signed
from multiprocessing.reduction import sendfds
from pathlib import Path
from pickle import dumps
from typing import Any, ClassVar

import platformdirs

import advisorkit
from advisorkit.batch.values import Limits
from advisorkit.export.formats import UNSEEN

_KEPT = {
    "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
    "JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_PREFER_ENV_PATH",
}  # fmt: skip
"""Variables without which Python, Jupyter or the system would not start; nothing else of the user's is passed on."""
_FIXED = {
    "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline", "PLOTLY_RENDERER": "plotly_mimetype",
    "JUPYTER_PLATFORM_DIRS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824",
}  # fmt: skip
"""The same for every report on every machine, so that its bytes do not depend on where it was made.

The last two have glibc keep the memory of large arrays for the next ones, where it would map and clear it anew each time.
"""
_BEGIN = (
    "import gc, sys; from importlib import import_module; gc.disable(); sys.modules['rfc3987_syntax'] = None; "
    "import_module('advisorkit.batch.' + sys.argv[1]).main(*sys.argv[2:])"
)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def command(module: str, *words: object) -> list[str]:
    """How a process of a batch begins: by the `main` of one of its modules, called with `words`.

    Where JupyterLab is installed, jsonschema imports a grammar of international web addresses, at more than a second of
    processor time, to check a format that no notebook uses. jsonschema does without when it is not there. Collecting garbage
    while modules are loaded finds none and takes a fifth of the time; `main` enables it again.
    """
    return [sys.executable, "-P", "-c", _BEGIN, module, *map(str, words)]


def environment(inherited: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Environment of a report's process: no key, token or setting of the user's reaches it.

    Example:
        >>> sorted(environment({"PATH": "/bin", "OPENAI_API_KEY": "sk-1"}, Path("s")).keys() & {"PATH", "OPENAI_API_KEY"})
        ['PATH']
    """
    kept = {name: value for name, value in inherited.items() if name.upper() in _KEPT}
    package = str(Path(advisorkit.__file__).parents[1])
    paths = [package, *filter(None, kept.get("PYTHONPATH", "").split(os.pathsep))]
    own = {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        UNSEEN: "yes",
        "MPLCONFIGDIR": platformdirs.user_cache_dir("advisorkit-matplotlib", ensure_exists=True),
    }
    return {**kept, **_FIXED, **own}


def can_fork() -> bool:
    """Whether this system forks a primed process safely; macOS frameworks do not survive it, Windows has none."""
    return sys.platform == "linux"


def confine(megabytes: int) -> None:
    """Limit this process and its children to `megabytes` beyond what it holds now; no core files. Linux only."""
    if sys.platform != "linux":
        return
    resource = import_module("resource")
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limit, most = held + megabytes * 1024 * 1024, resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with(parent: int) -> None:
    """Have the kernel kill this process as soon as its parent is gone. Linux only."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every process that this one's descendants leave behind. Linux only."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def settle_in(folder: Path, megabytes: int, parent: int) -> None:
    """Make this process, just forked, a report's own: apart from its siblings, within its limits, gone with its parent."""
    die_with(parent)
    adopt_orphans()
    os.setsid()
    for descriptor, name in ((0, os.devnull), (1, str(folder / "noise.1")), (2, str(folder / "noise.2"))):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder / "tmp")
    os.chdir(folder / "work")
    gc.enable()
    gc.set_threshold(50_000, 20, 20)
    confine(megabytes)


def end_group(pid: int) -> None:
    """End a process and its process group."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)


def end_offspring() -> None:
    """End every child of this process and, where it adopts orphans, theirs. Linux only."""
    while children := " ".join(path.read_text(encoding="ascii") for path in Path("/proc/self/task").glob("*/children")).split():
        for pid in map(int, children):
            end_group(pid)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def end_all_in(folder: Path) -> None:
    """End every process that was started for the report in `folder`: a kernel is not of its starter's process group.

    Known by the temporary folder in its environment; Linux only, elsewhere a kernel ends itself when its starter is gone.
    """
    mark = f"TMPDIR={folder / 'tmp'}\0"
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_text(encoding="utf-8", errors="replace"):
                os.kill(int(entry.name), signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


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
            if self._scratch and not self._scratch.exists():  # a system empties its temporary folder now and then
                self.close()
            while self._scratch is None:
                _sweep()
                folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
                self._undo.callback(shutil.rmtree, folder, ignore_errors=True)
                with suppress(TimeoutError):  # swept away by another process before it was held
                    self._undo.enter_context(_lock(folder / _HELD))
                    self._scratch = folder
                    if can_fork():
                        self._opened = os.open(folder, os.O_RDONLY)
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
