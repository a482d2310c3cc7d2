"""What a batch has made: a journal, so that a killed one can go on where it stopped, a list for programs, a page for people."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from advisorkit.batch.values import Deliverable, Order, Template
from advisorkit.catalog.edition import version
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import Cover
from advisorkit.export.brand import Brand
from advisorkit.export.markup import template

_TABLE = """
create table if not exists deliverable (
  path text primary key, key text not null, state text not null check (state in ('planned', 'done', 'failed')),
  sha256 text not null, bytes integer not null, seconds real not null, error text not null, headline text not null,
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

    def note(self, state: str, rows: Iterable[tuple[str, Deliverable]]) -> None:
        """Note deliverables (key, row) as ``planned``, ``done`` or ``failed``.

        A full disk may keep the journal from being written; then a later run makes these deliverables again.
        """
        command = "insert or replace into deliverable (path, key, state, sha256, bytes, seconds, error, headline) values (?, ?, ?, ?, ?, ?, ?, ?)"
        with suppress(sqlite3.OperationalError), self._base:
            self._base.executemany(command, ((r.path, key, state, r.sha256, r.bytes, r.seconds, r.error, r.headline) for key, r in rows))

    def done(self, path: str, key: str) -> dict[str, Any]:
        """SHA-256, size and headline of the content made under `key`; empty when there is none."""
        query = "select sha256, bytes, headline from deliverable where path = ? and key = ? and state = 'done'"
        found = self._base.execute(query, (path, key)).fetchone()
        return dict(zip(("sha256", "bytes", "headline"), found, strict=True)) if found else {}


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path)
    try:
        base.execute("pragma journal_mode = wal")
        base.execute("pragma synchronous = full")
        base.execute(_TABLE)
        base.execute("select path, key, state, sha256, bytes, seconds, error, headline, at from deliverable limit 1").fetchone()
        base.commit()
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


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
