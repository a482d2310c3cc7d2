"""Where deliverables go: a local folder, or any address that fsspec knows; and what has been made there.

A journal lets a killed batch go on where it stopped; a list is for programs, a page for people.
"""

import errno
import json
import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path, PurePath
from typing import Any

import fsspec
import platformdirs

from advisorkit.batch.values import MANIFEST, Deliverable, Order, Template
from advisorkit.catalog.reading import version
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import Cover
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import template
from advisorkit.files.disk import fingerprint, read_bytes, write_bytes
from advisorkit.values.messages import AdvisorError, UsageError

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
    return Path(platformdirs.user_data_dir("advisorkit")) / "batches" / fingerprint(name.encode())[:24]


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


_TABLE = "create table if not exists made (path text primary key, key text not null, found text not null)"
_FOUND = ("sha256", "bytes", "headline")
"""What is kept of a deliverable that was made."""


def key(order: Order, kind: str) -> str:
    """What decides a deliverable's bytes: template, job, format, options, and every file of this package with its data.

    The catalogue and the price book are files of the package, so new prices or another version change every key.
    """
    parts: list[Any] = [order.template.digest, order.job.digest, kind, order.formats[kind], dict(order.options), _package()]
    return fingerprint(json.dumps(parts, sort_keys=True).encode())


@cache
def _package() -> str:
    root = Path(str(resources.files("advisorkit")))
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return fingerprint(b"".join(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() for path in files))


class Journal:
    """An SQLite file, flushed to the disk at every step.

    A damaged journal is put aside and begun anew: everything is then made again, nothing is taken for done.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._base = _opened(path)
        except sqlite3.DatabaseError:
            path.replace(path.with_suffix(".damaged"))
            for rest in ("-wal", "-shm"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            self._base = _opened(path)

    def close(self) -> None:
        """Release the file."""
        self._base.close()

    def note(self, rows: Iterable[tuple[str, Deliverable]]) -> None:
        """Note deliverables (key, row) that were made.

        A full disk may keep the journal from being written; then a later run makes these deliverables again.
        """
        kept = ((row.path, key, json.dumps({name: getattr(row, name) for name in _FOUND})) for key, row in rows)
        with suppress(sqlite3.OperationalError), self._base:
            self._base.executemany("insert or replace into made values (?, ?, ?)", kept)

    def done(self, path: str, key: str) -> dict[str, Any]:
        """SHA-256, size and headline of the content made under `key`; empty when there is none."""
        found = self._base.execute("select found from made where path = ? and key = ?", (path, key)).fetchone()
        return dict(json.loads(found[0])) if found else {}


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path)
    try:
        base.execute("pragma journal_mode = wal")
        base.execute("pragma synchronous = full")
        base.execute(_TABLE)
        base.execute("select path, key, found from made limit 1").fetchone()
        base.commit()
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def made_before(out: Path) -> tuple[Deliverable, ...]:
    """What the manifest in `out` lists and still lies there; nothing where it cannot be read."""
    try:
        rows = [Deliverable(**row) for row in json.loads(read_bytes(out / MANIFEST))["deliverables"]]
        return tuple(row for row in rows if (there := (out / row.path).resolve()).is_file() and there.is_relative_to(out.resolve()))
    except (AdvisorError, ValueError, KeyError, TypeError):
        return ()


def manifest(rows: Sequence[Deliverable], used: Template) -> bytes:
    """JSON of every row, with the time and what they were made from."""
    document = {
        "advisorkit": 1,
        "version": version(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "template": {"name": used.name, "sha256": used.digest},
        "deliverables": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def index_page(rows: Sequence[Deliverable], brand: Brand | None = None) -> bytes:
    """One page in the look of the reports, with a link to every deliverable; what failed comes first, with its reason.

    The same deliverables give the same page, whichever run made them.
    """
    failed = [row for row in rows if row.status == "failed"]
    ready = [row for row in rows if row.status != "failed"]
    counts, worn = f"{len(ready)} ready" + (f", {len(failed)} failed" if failed else ""), brand or Brand()
    about = rows[0].template.replace("_", " ").capitalize()
    cover = Cover("Deliverables", about, counts, "The links open files in this folder", sample="", brand=worn, leaflet=True)
    look = {**LIGHT, "cover": worn.cover, "serif": worn.serif, "sans": worn.sans}
    return template("deliverables.html.j2").render(cover=cover, look=look, failed=failed, ready=ready).encode()


def listed(rows: Sequence[Deliverable], used: Template, brand: Brand | None) -> dict[str, bytes]:
    """The list for programs and the page for people, by file name."""
    return {MANIFEST: manifest(rows, used), "index.html": index_page(rows, brand)}
