"""What a report's process may see and use."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import platformdirs

import advisorkit
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
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


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
