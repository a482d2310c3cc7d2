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
from html import escape
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from advisorkit.batch.values import Deliverable, Order, Template
from advisorkit.charts.theme import LIGHT
from advisorkit.export.blocks import Cover
from advisorkit.export.brand import Brand
from advisorkit.export.markup import html as markup

_SHEET = resources.files("advisorkit.export") / "template" / "advisorkit" / "report.css"
_OWN = """
.leaflet main { max-width: 1000px; } .leaflet .cover { padding: 20px max(72px, calc(50vw - 428px)); }
h2 { font-size: 27px; margin: 0; } td { overflow-wrap: anywhere; } .n4 :nth-child(4) { overflow-wrap: normal; }
.reason { white-space: pre-wrap !important; color: var(--error); width: 45%; }
section + section { border: 0; padding-top: 12px; }
@media (max-width: 760px) { .leaflet .cover { padding: 20px; } }
"""
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Deliverables</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
"""
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


def manifest(rows: Sequence[Deliverable], template: Template) -> bytes:
    """JSON of every row, with the time and what they were made from."""
    document = {
        "advisorkit": 1,
        "version": metadata.version("advisorkit") if _installed() else "",
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "template": {"name": template.name, "sha256": template.digest},
        "deliverables": [asdict(row) for row in rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _installed() -> bool:
    return any(True for _ in metadata.distributions(name="advisorkit"))


def index_page(rows: Sequence[Deliverable], brand: Brand | None = None) -> bytes:
    """One page in the look of the reports, with a link to every deliverable; what failed comes first, with its reason.

    The same deliverables give the same page, whichever run made them.
    """
    failed = [row for row in rows if row.status == "failed"]
    whole = [row for row in rows if row.status != "failed"]
    counts = f"{len(whole)} ready, {len(failed)} failed" if failed else f"{len(whole)} ready"
    about = rows[0].template.replace("_", " ").capitalize()
    cover = Cover("Deliverables", about, counts, "The links open files in this folder", sample="", brand=brand or Brand(), leaflet=True)
    tables = _table("Failed", "", ("Client", "Engagement", "Document", "Reason"), map(_failure, failed))
    tables += _table("Ready", "n4", ("Client", "Engagement", "Document", "Size, kB"), map(_link, whole))
    look = {**LIGHT, "cover": cover.brand.cover, "serif": cover.brand.serif, "sans": cover.brand.sans}
    root = f":root {{ {' '.join(f'--{name}: {value};' for name, value in look.items())} }}\n"
    style = root + _SHEET.read_text(encoding="utf-8") + _OWN
    return f'{_HEAD}{style}</style></head><body class="leaflet">\n{markup(cover)}\n<main>{tables}</main></body></html>\n'.encode()


def _table(title: str, right: str, heads: Sequence[str], lines: Iterable[str]) -> str:
    """A section with its table; nothing without lines. `right` names the column of numbers as `report.css` does."""
    body = "".join(lines)
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    table = f'<table class="long {right}"><thead><tr>{top}</tr></thead><tbody>\n{body}</tbody></table>'
    return f"<section><h2>{title}</h2>\n{table}</section>\n" if body else ""


def _failure(row: Deliverable) -> str:
    return f'<tr>{_who(row)}<td>{escape(row.path)}</td><td class="reason">{escape(row.error)}</td></tr>\n'


def _link(row: Deliverable) -> str:
    link = f'<a href="{escape(row.path)}">{escape(row.path)}</a>'
    return f"<tr>{_who(row)}<td>{link}</td><td>{row.bytes / 1000:,.0f}</td></tr>\n"


def _who(row: Deliverable) -> str:
    about = f"{row.engagement}, {row.workflow}" if row.workflow else row.engagement
    return f'<th scope="row">{escape(row.client or "–")}</th><td>{escape(about)}</td>'
