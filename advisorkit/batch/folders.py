"""Where deliverables go: a local folder, or any address that fsspec knows."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

import fsspec
import platformdirs
from filelock import FileLock, Timeout

from advisorkit.files.disk import fingerprint, write_bytes
from advisorkit.values.errors import UsageError

_SERVICES = re.compile(
    r"onedrive|dropbox|google ?drive|icloud ?drive|mobile documents|cloudstorage|nextcloud|owncloud|box( sync)?|pcloud"
    r"|sharepoint|sync\.com|tresorit|megasync",
    re.IGNORECASE,
)
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "davfs", "fuse.sshfs", "fuse.rclone"}
_STALE = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
_TRIES, _WAIT = 5, 0.2


class LocalFolder:
    """A folder of this machine; it is made when it does not exist.

    Like `RemoteFolder` it has a local folder `state` for the journal and the lock, and a `notice` for the user.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._made = [path for path in (self.root, *self.root.parents) if not path.exists()]
        self.root.mkdir(parents=True, exist_ok=True)
        shared = sync_service(self.root) or network_system(self.root)
        self.state = _elsewhere(str(self.root)) if shared else self.root / ".advisorkit"
        self.notice = f"{root} is shared by {shared}: the journal is kept in {self.state}" if shared else ""

    def write(self, path: str, content: bytes) -> None:
        """Write the whole of `content` or nothing; a file that a viewer or a sync service locks is tried again for a second.

        A link in the file's place is replaced, so that nothing outside the folder is written over.
        """
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
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

    def digest(self, path: str) -> str:
        """SHA-256 of a file's content in hexadecimal; empty when it is not there."""
        try:
            with (self.root / path).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return ""

    def size(self, path: str) -> int:
        """Bytes of a file that is there."""
        return (self.root / path).stat().st_size

    def remove(self, path: str) -> None:
        """Remove a file if it is there, and the folder within this one that it leaves empty."""
        target = self.root / path
        target.unlink(missing_ok=True)
        with suppress(OSError):
            if target.parent != self.root:
                target.parent.rmdir()

    def free(self) -> int | None:
        """Bytes free for this user."""
        return shutil.disk_usage(self.root).free

    def forsake(self) -> None:
        """Take back the folders that were made for a batch that is refused; one that holds anything stays."""
        with suppress(OSError):
            for path in (self.state, *self._made):
                path.rmdir()

    def tidy(self) -> None:
        """Remove temporary files that a killed batch left; call it under the lock."""
        for path in (*self.root.glob(".*"), *self.root.glob("failed/.*")):
            if _STALE.fullmatch(path.name):
                path.unlink(missing_ok=True)


@contextmanager
def _told() -> Iterator[None]:
    """A store's own exceptions, such as missing credentials, as the `OSError` that a folder may raise."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}; sign in to it, or name a local folder") from error


class RemoteFolder:
    """An fsspec address such as ``memory://night`` or ``s3://bucket/night``; the journal stays on this machine."""

    notice = ""

    def __init__(self, address: str) -> None:
        self._system, self._root = fsspec.core.url_to_fs(address)
        self.state = _elsewhere(address)

    @_told()
    def write(self, path: str, content: bytes) -> None:
        """Hand over the whole content in one call."""
        self._system.makedirs(self._at(path).rpartition("/")[0], exist_ok=True)
        self._system.pipe_file(self._at(path), content)

    def digest(self, path: str) -> str:
        """SHA-256 of a file's content in hexadecimal; empty when it is not there."""
        try:
            return self._fingerprint(path)
        except OSError:
            return ""

    @_told()
    def _fingerprint(self, path: str) -> str:
        return fingerprint(self._system.cat_file(self._at(path)))

    @_told()
    def size(self, path: str) -> int:
        """Bytes of a file that is there."""
        return int(self._system.size(self._at(path)))

    @_told()
    def remove(self, path: str) -> None:
        """Remove a file if it is there."""
        if self._system.exists(self._at(path)):
            self._system.rm_file(self._at(path))

    def free(self) -> int | None:
        """Nobody knows."""
        return None

    def forsake(self) -> None:
        """Take back the folder that was made for the journal of a batch that is refused; one that holds anything stays."""
        with suppress(OSError):
            self.state.rmdir()

    def _at(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"


Folder = LocalFolder | RemoteFolder
"""A place for deliverables, named by relative paths with forward slashes."""


def open_folder(out: str | Path) -> Folder:
    """The place that `out` names: a path, or an address with ``://``."""
    try:
        address = str(out)
        place = RemoteFolder(address) if "://" in address and not address.startswith("file://") else _local(address)
        place.state.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError, ImportError, RuntimeError) as error:  # a link to itself is a RuntimeError
        raise UsageError(f"output folder {out} cannot be used: {why(error)}") from None
    return place


def _local(address: str) -> LocalFolder:
    return LocalFolder(Path(address.removeprefix("file://")))


def why(error: Exception) -> str:
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


@contextmanager
def lock(folder: Folder) -> Iterator[None]:
    """Keep a second batch out of the folder as long as this one is at work.

    The operating system releases it when its holder dies.
    """
    held = FileLock(folder.state / "lock")
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise UsageError("another batch is at work in this output folder; wait for its end or name another") from None
    try:
        yield
    finally:
        held.release()


def sync_service(path: PurePath) -> str:
    """Part of `path` that a file synchronisation service looks after; empty for none.

    Example:
        >>> sync_service(PurePath("/home/a/OneDrive - Acme/reports"))
        'OneDrive - Acme'
        >>> sync_service(PurePath("/home/a/boxes"))
        ''
    """
    return next((part for part in path.parts if _named_after_service(part)), "")


def _named_after_service(part: str) -> bool:
    found = _SERVICES.match(part)
    return found is not None and not part[found.end() : found.end() + 1].isalnum()


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
