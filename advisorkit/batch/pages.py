"""What a batch leaves beside the deliverables: a list for programs and a page for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from importlib import metadata

from advisorkit.batch.values import Deliverable, Template

__all__ = ["index_page", "manifest"]

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Deliverables</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .8rem .4rem 0; vertical-align: top }
th { border-bottom: 2px solid #1c2733 } td { border-bottom: 1px solid #d5dbe1 } .size { text-align: right }
pre { white-space: pre-wrap; margin: 0; font: 13px/1.4 ui-monospace, monospace }
</style></head><body><h1>Deliverables</h1>
"""


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


def index_page(rows: Sequence[Deliverable]) -> bytes:
    """One page with a link to every deliverable; what failed comes first, with its reason."""
    failed = [row for row in rows if row.status == "failed"]
    whole = [row for row in rows if row.status != "failed"]
    parts = [_HEAD, f"<p>{len(whole)} made, {len(failed)} failed.</p>\n"]
    if failed:
        parts += ["<h2>Failed</h2>\n", _table(("Client", "Document", "Reason"), [_failure(row) for row in failed])]
    if whole:
        parts += ["<h2>Made</h2>\n", _table(("Client", "Document", "Size"), [_link(row) for row in whole])]
    return "".join([*parts, "</body></html>\n"]).encode()


def _table(heads: Sequence[str], lines: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{''.join(lines)}</tbody></table>\n"


def _failure(row: Deliverable) -> str:
    return f"<tr><td>{_who(row)}</td><td>{escape(row.path)}</td><td><pre>{escape(row.error)}</pre></td></tr>\n"


def _link(row: Deliverable) -> str:
    link = f'<a href="{escape(row.path)}">{escape(row.path)}</a>'
    return f'<tr><td>{_who(row)}</td><td>{link}</td><td class="size">{row.bytes / 1000:,.0f} kB</td></tr>\n'


def _who(row: Deliverable) -> str:
    name = row.client or row.engagement
    return escape(f"{name}, {row.workflow}" if row.workflow else name)
