"""What a batch has made so far, kept so that a killed one can go on where it stopped."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from advisorkit.batch.values import Deliverable, Order

_TABLE = """
create table if not exists deliverable (
  path text primary key, key text not null, state text not null check (state in ('planned', 'done', 'failed')),
  sha256 text not null, bytes integer not null, seconds real not null, error text not null,
  at text not null default current_timestamp)
"""


def key(order: Order, kind: str) -> str:
    """What decides a deliverable's bytes: template, job, format, options, and every file of this package with its data.

    The catalogue and the price book are files of the package, so new prices or another version change every key.
    """
    parts: list[Any] = [order.template.digest, order.job.digest, kind, order.formats[kind], dict(order.options), _package()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _package() -> str:
    root = Path(str(resources.files("advisorkit")))
    total = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        total.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return total.hexdigest()


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

    def plan(self, entries: Iterable[tuple[str, str]]) -> None:
        """Note deliverables (path, key) that are to be made."""
        self._put((path, key, "planned", "", 0, 0.0, "") for path, key in entries)

    def note(self, rows: Iterable[tuple[str, Deliverable]]) -> None:
        """Note deliverables (key, row) that were made or failed."""
        state = {"failed": "failed"}
        self._put((r.path, key, state.get(r.status, "done"), r.sha256, r.bytes, r.seconds, r.error) for key, r in rows)

    def digest(self, path: str, key: str) -> str:
        """SHA-256 of the content made under `key`; empty when there is none."""
        query = "select sha256 from deliverable where path = ? and key = ? and state = 'done'"
        found = self._base.execute(query, (path, key)).fetchone()
        return str(found[0]) if found else ""

    def _put(self, entries: Iterable[tuple[Any, ...]]) -> None:
        """A full disk may keep the journal from being written; then a later run makes these deliverables again."""
        command = (
            "insert or replace into deliverable (path, key, state, sha256, bytes, seconds, error) "
            "values (?, ?, ?, ?, ?, ?, ?)"
        )
        with suppress(sqlite3.OperationalError), self._base:
            self._base.executemany(command, entries)


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path)
    try:
        base.execute("pragma journal_mode = wal")
        base.execute("pragma synchronous = full")
        base.execute(_TABLE)
        base.execute("select path, key, state, sha256, bytes, seconds, error, at from deliverable limit 1").fetchone()
        base.commit()
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base
