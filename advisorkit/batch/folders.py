"""Where deliverables go: a local folder, or any address that fsspec knows."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

import fsspec
import platformdirs

from advisorkit.files.disk import fingerprint, write_bytes
from advisorkit.values.errors import UsageError

_SERVICES = re.compile(
    r"(onedrive|dropbox|google ?drive|icloud ?drive|mobile documents|cloudstorage|nextcloud|owncloud|box( sync)?|pcloud"
    r"|sharepoint|sync\.com|tresorit|megasync)(?![^\W_])",
    re.IGNORECASE,
)
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "davfs", "fuse.sshfs", "fuse.rclone"}
_STALE = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
_TRIES, _WAIT = 5, 0.2


class Folder:
    """A folder of this machine, made when it does not exist, or an fsspec address such as ``memory://night`` or ``s3://bucket/night``.

    Deliverables are named by relative paths with forward slashes. What an address raises, such as missing credentials, is an `OSError`.
    """

    def __init__(self, address: str) -> None:
        self._made: list[Path] = []
        self._local = None if "://" in address and not address.startswith("file://") else Path(address.removeprefix("file://")).resolve()
        self.notice = ""
        """What the user should know."""
        self.state = _elsewhere(address)
        """Local folder for the journal and the lock."""
        if self._local is None:
            self._system, self._root = fsspec.core.url_to_fs(address)
            return
        self._system, self._root = fsspec.filesystem("file"), self._local.as_posix()
        self._made = [path for path in (self._local, *self._local.parents) if not path.exists()]
        self._local.mkdir(parents=True, exist_ok=True)
        if shared := sync_service(self._local) or network_system(self._local):
            self.state = _elsewhere(str(self._local))
            self.notice = f"{address} is shared by {shared}: the journal is kept in {self.state}"
        else:
            self.state = self._local / ".advisorkit"

    def write(self, path: str, content: bytes) -> None:
        """Write the whole of `content` or nothing.

        On this machine a file that a viewer or a sync service locks is tried again for a second, and a link in its place is
        replaced, so that nothing outside the folder is written over.
        """
        with _told():
            self._system.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)
            if self._local is None:
                self._system.pipe_file(self._at(path), content)
            else:
                _write(self._local / path, content)

    def put(self, files: Mapping[str, bytes | None]) -> str:
        """Write files by path, and remove those without content; why that could not be done, empty when it was."""
        try:
            for path, content in files.items():
                if content is None:
                    self.remove(path)
                else:
                    self.write(path, content)
        except OSError as error:
            return _why(error)
        return ""

    def digest(self, path: str) -> str:
        """SHA-256 of a file's content in hexadecimal; empty when it is not there."""
        try:
            with _told():
                return fingerprint(self._system.cat_file(self._at(path)))
        except OSError:
            return ""

    def remove(self, path: str) -> None:
        """Remove a file if it is there, and the local folder within this one that it leaves empty."""
        with _told():
            if self._system.exists(self._at(path)):
                self._system.rm_file(self._at(path))
        if self._local and "/" in path:
            with suppress(OSError):
                (self._local / path).parent.rmdir()

    def free(self) -> int | None:
        """Bytes free for this user; None where nobody knows."""
        return shutil.disk_usage(self._local).free if self._local else None

    def forsake(self) -> None:
        """Take back the folders that were made for a batch that is refused; one that holds anything stays."""
        with suppress(OSError):
            for path in (self.state, *self._made):
                path.rmdir()

    def tidy(self) -> None:
        """Remove temporary files that a killed batch left; call it under the lock."""
        for path in (*self._local.glob(".*"), *self._local.glob("failed/.*")) if self._local else ():
            if _STALE.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _at(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"


@contextmanager
def _told() -> Iterator[None]:
    """A store's own exceptions as the `OSError` that a folder may raise."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}; sign in to it, or name a local folder") from error


def _write(target: Path, content: bytes) -> None:
    if target.is_symlink():
        target.unlink()
    for left in reversed(range(_TRIES)):
        try:
            write_bytes(target, content)
        except PermissionError:
            if not left:
                raise
            time.sleep(_WAIT)
        else:
            return


def open_folder(out: str | Path) -> Folder:
    """The place that `out` names: a path, or an address with ``://``."""
    try:
        place = Folder(str(out))
        place.state.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError, ImportError, RuntimeError) as error:  # a link to itself is a RuntimeError
        raise UsageError(f"output folder {out} cannot be used: {_why(error)}") from None
    return place


def _why(error: Exception) -> str:
    """An error of the operating system in words for people."""
    match getattr(error, "errno", None):
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return "it may not be written to"
        case errno.EEXIST | errno.ENOTDIR:
            return "it is a file, not a folder"
        case errno.EISDIR:
            return "there is a folder of that name"
    return getattr(error, "strerror", None) or str(error)


def _elsewhere(name: str) -> Path:
    return Path(platformdirs.user_data_dir("advisorkit")) / "batches" / hashlib.sha256(name.encode()).hexdigest()[:24]


def sync_service(path: PurePath) -> str:
    """Part of `path` that a file synchronisation service looks after; empty for none.

    Example:
        >>> sync_service(PurePath("/home/a/OneDrive - Acme/reports"))
        'OneDrive - Acme'
        >>> sync_service(PurePath("/home/a/boxes"))
        ''
    """
    return next(filter(_SERVICES.match, path.parts), "")


def network_system(path: Path, mounts: str | None = None) -> str:
    r"""Kind of network file system that `path` lies on; empty for a local one.

    `mounts` is the text of ``/proc/mounts``; without it the system is asked.

    Example:
        >>> network_system(Path("/srv/reports/x"), "a / ext4 rw 0 0\nhost:/x /srv/reports nfs4 rw 0 0")
        'nfs4'
    """
    if str(path).startswith(("\\\\", "//")):
        return "a network share"
    if mounts is None:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8") if sys.platform == "linux" else ""
    rows = [line.split()[1:3] for line in mounts.splitlines()]
    over = [(len(point), kind) for point, kind in rows if path.is_relative_to(point.replace("\\040", " "))]
    kind = max(over, default=(0, ""))[1]
    return kind if kind in _NETWORK else ""
