"""Workflows, scenarios and the engagement itself, read from a strict tree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from pathlib import PurePath
from typing import Any

from advisorkit.catalog.vocabulary import Vocabulary
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, Scalar
from advisorkit.store.fields import advised, answers, by_name, override, pilot, positive, settings, slug, text_or
from advisorkit.values.engagement import Engagement, Scenario, Workflow

FORMAT = 1
"""Version of the file format that is written."""
KEYS = (
    "advisorkit", "id", "client", "currency", "as_of", "sample", "answers", "workflows", "assumptions", "scenarios",
    "priors", "exchange_rates", "prices", "accept_stale", "history",
)
"""Keys of an engagement file, in the order in which they are written."""
WORKFLOW_KEYS = (
    "id", "name", "answers", "notes", "context", "corpus", "status", "override", "workload", "assumptions", "pilots",
)
"""Keys of a workflow, in the order in which they are written."""
CONTEXT = ("owner", "department", "problem", "success_metric", "baseline", "target")
"""What may be said about a workflow beside its answers."""
STATUSES = ("draft", "reviewed", "final")
"""How far an assessment has come."""
AXES = ("retrieval", "training")
"""Names under ``priors``."""
_CODES = """
AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KWD MAD MXN
MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR
"""
CURRENCIES = tuple(_CODES.split())
"""Currencies of engagements and exchange rates, ISO 4217."""


def reduced(name: str) -> str:
    """A name reduced to an id: a-z, 0-9 and single hyphens, at most 64 characters; may come out empty.

    Example:
        >>> reduced("Müller & Söhne 2026.yaml")
        'muller-sohne-2026-yaml'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")


def engagement(root: Spot, words: Vocabulary) -> Engagement:
    """The engagement at `root`; complete only if no fault was noted."""
    members = root.fields(KEYS)
    if isinstance(root.node, Fields):
        _required(root, members, ("advisorkit", "client", "currency", "as_of", "workflows"))
    _version(members.get("advisorkit"))
    get = members.get
    workflows = _workflows(get("workflows"), words)
    return Engagement(
        id=_id(root, get("id")),
        client=text_or(members, "client"),
        currency=_word(get("currency"), CURRENCIES, "currency code") or "",
        as_of=_day(get("as_of")),
        workflows=workflows,
        answers=answers(get("answers"), words),
        assumptions=settings(get("assumptions"), words, "assumption"),
        scenarios=by_name(get("scenarios"), lambda s: _scenario(s, words, [w.id for w in workflows])),
        priors=by_name(get("priors"), lambda s: s.number(0, 1), AXES, "axis"),
        exchange_rates=by_name(get("exchange_rates"), positive, CURRENCIES, "currency code"),
        prices=by_name(get("prices"), lambda s: s.number(0), words.prices, "price-book id"),
        accept_stale=_flag(get("accept_stale")),
        history=_all(get("history"), advised),
        sample=_flag(get("sample")),
    )


def _required(root: Spot, members: dict[str, Spot], names: Sequence[str]) -> None:
    for name in names:
        if name not in members or members[name].blank:
            root.fault(f"'{name}' is missing")


def _version(spot: Spot | None) -> None:
    if spot is not None and not (isinstance(spot.node, Scalar) and spot.node.text == str(FORMAT)) and not spot.absent:
        spot.fault(f"expected the format version {FORMAT}, got {spot.seen}")


def _id(root: Spot, spot: Spot | None) -> str:
    if spot is not None and not spot.absent:
        return slug(spot) or ""
    found = reduced(PurePath(root.file).stem)
    if not found:
        root.fault("'id' is missing, and the file's name holds no letter or digit to make one from")
    return found


def _word(spot: Spot | None, valid: Sequence[str], what: str) -> str | None:
    return None if spot is None or spot.absent else spot.word(valid, what)


def _day(spot: Spot | None) -> date:
    found = None if spot is None or spot.absent else spot.day()
    return found or date.min


def _flag(spot: Spot | None) -> bool:
    return False if spot is None or spot.absent else bool(spot.boolean())


def _all(spot: Spot | None, read: Any) -> tuple[Any, ...]:
    found = [read(member) for member in ([] if spot is None else spot.items())]
    return tuple(value for value in found if value is not None)


def _workflows(spot: Spot | None, words: Vocabulary) -> tuple[Workflow, ...]:
    if spot is None or spot.absent:
        return ()
    spots = spot.items()
    if isinstance(spot.node, Scalar | Fields):
        return ()
    if not spots:
        spot.fault("name at least one workflow")
    found = [_workflow(member, words) for member in spots]
    _unique(spots, [workflow.id for workflow in found])
    return tuple(found)


def _unique(spots: Sequence[Spot], ids: Sequence[str]) -> None:
    for i, word in enumerate(ids):
        first = ids.index(word)
        if word and first < i:
            spots[i].fault(f"the id '{word}' is already taken by workflows[{first}] (line {spots[first].node.line})")


def _workflow(spot: Spot, words: Vocabulary) -> Workflow:
    members = spot.fields(WORKFLOW_KEYS)
    if isinstance(spot.node, Fields):
        _required(spot, members, ("id", "name"))
    get = members.get
    status: Any = _word(get("status"), STATUSES, "status") or "draft"
    return Workflow(
        id=slug(members["id"]) or "" if "id" in members and not members["id"].absent else "",
        name=text_or(members, "name"),
        answers=answers(get("answers"), words),
        notes=by_name(get("notes"), Spot.text, words.catalog.criteria, "criterion"),
        context=by_name(get("context"), Spot.text, CONTEXT, "context"),
        corpus=text_or(members, "corpus"),
        status=status,
        override=override(get("override")),
        workload=settings(get("workload"), words, "workload"),
        assumptions=settings(get("assumptions"), words, "assumption"),
        pilots=_all(get("pilots"), pilot),
    )


def _scenario(spot: Spot, words: Vocabulary, ids: Sequence[str], inner: bool = False) -> Scenario:
    known = ("answers", "workload", "assumptions") if inner else ("answers", "workload", "assumptions", "workflows")
    get = spot.fields(known).get
    return Scenario(
        answers=answers(get("answers"), words),
        workload=settings(get("workload"), words, "workload"),
        assumptions=settings(get("assumptions"), words, "assumption"),
        workflows=by_name(get("workflows"), lambda s: _scenario(s, words, ids, inner=True), ids, "workflow"),
    )
