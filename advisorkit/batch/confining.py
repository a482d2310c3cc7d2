"""What a report's process may see and use."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
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
    "MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}  # fmt: skip
"""The same for every report on every machine, so that its bytes do not depend on where it was made.

The last three have glibc keep the memory of large arrays for the next ones, where it would map and clear it anew each
time, and ask for that memory in large pages.
"""
_LARGE_PAGE, _MADV_COLLAPSE = 2 * 1024 * 1024, 25
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


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


def threads() -> int:
    """Threads of this process; Linux only."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def confine(megabytes: int) -> None:
    """Limit this process and its children to `megabytes` beyond what it holds now; no core files. Linux only."""
    if sys.platform != "linux":
        return
    resource = sys.modules.get("resource") or import_module("resource")
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = _held() + megabytes * 1024 * 1024
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _held() -> int:
    """Bytes of memory that this process has mapped; read plainly, since every page of code used right after a fork is copied."""
    handle = os.open("/proc/self/statm", os.O_RDONLY)
    held = int(os.read(handle, 64).split()[0]) * os.sysconf("SC_PAGE_SIZE")
    os.close(handle)
    return held


def die_with_parent() -> None:
    """Have the kernel kill this process as soon as its parent is gone. Linux only."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every process that this one's descendants leave behind. Linux only."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def settle_in(folder: Path, megabytes: int) -> None:
    """Make this process, just forked, a report's own: apart from its siblings, within its limits."""
    adopt_orphans()
    os.setsid()
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


def set_memory_apart() -> None:
    """Have what children allocate lie in fresh memory: unused heap goes back to the system, its gaps are never used again.

    A page of this process that a child writes to must be copied first, 4 kB at a time; fresh memory comes in large pages.
    Only glibc on Linux is arranged so.
    """
    with suppress(AttributeError, OSError):
        heap = _libc()
        heap.malloc_trim(0)
        end = heap.sbrk(0) - 2 * os.sysconf("SC_PAGE_SIZE")
        for size in (1 << power for power in range(24, 8, -1)):
            while (block := heap.malloc(size)) < end:
                pass  # a gap within the heap: taken for good, and since nobody writes to it, without cost
            heap.free(block)
        heap.malloc_trim(0)
        for start, end in _anonymous():
            heap.madvise(start, end - start, _MADV_COLLAPSE)


def leave_shared_memory() -> None:
    """Have this process, just forked, allocate from fresh memory on: what is free at the end of the heap is never used.

    It lies in a large page that the parent began, and each 4 kB of that would have to be copied. Only glibc 2.33 and later.
    """
    with suppress(AttributeError, OSError):
        _libc().malloc(max(0, _libc().mallinfo2().figures[-1] - 4096))


def _anonymous() -> Iterator[tuple[int, int]]:
    """Memory of this process that is no file's, as far as it fills large pages."""
    for line in Path("/proc/self/maps").read_text(encoding="ascii").splitlines():
        place, rights, _, _, inode, *_ = line.split()
        if rights == "rw-p" and inode == "0":
            start, end = (int(part, 16) for part in place.split("-"))
            first, last = -(-start // _LARGE_PAGE) * _LARGE_PAGE, end // _LARGE_PAGE * _LARGE_PAGE
            if first < last:
                yield first, last


class _Usage(ctypes.Structure):
    """What ``mallinfo2`` tells; the last of its figures is what is free at the end of the heap."""

    _fields_ = (("figures", ctypes.c_size_t * 10),)


@cache
def _libc() -> ctypes.CDLL:
    glibc = ctypes.CDLL(None)
    glibc.sbrk.restype = glibc.malloc.restype = ctypes.c_void_p
    with suppress(AttributeError):
        glibc.mallinfo2.restype = _Usage
    glibc.malloc.argtypes, glibc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    glibc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return glibc


def _prctl(option: int, value: int) -> None:
    _libc().prctl(option, value, 0, 0, 0)
