"""Answers, settings and the smaller parts of an engagement, read from a strict tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Literal

from advisorkit.catalog.vocabulary import Vocabulary
from advisorkit.costs.assumption import Assumption
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, Items, Scalar, shown
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Advised, Answer, Override, PilotFile, Setting
from advisorkit.values.errors import nearest
from advisorkit.values.patterns import PATTERNS
from advisorkit.values.written import ABOVE_ZERO

MAX_NAME = 100
"""Longest name of a scenario, in characters."""
SLUG = r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?"
"""Form of an id."""
_LONG = ("value", "confidence", "said_by", "confirm_by", "note", "private_note")


def slug(spot: Spot) -> str | None:
    """An id: a-z, 0-9 and inner hyphens, at most 64 characters."""
    text = spot.text()
    if text is not None and not re.fullmatch(SLUG, text):
        spot.fault(f"{spot.seen} is not an id: use a-z, 0-9 and hyphens, such as support-assistant")
        return None
    return text


def text_or(members: Mapping[str, Spot], name: str, default: str = "") -> str:
    """Text of a member, or `default` when it is left out."""
    spot = members.get(name)
    return default if spot is None or spot.absent else (spot.text() or default)


def by_name(spot: Spot | None, read: Callable[[Spot], Any], known: Any = None, what: str = "key") -> dict[str, Any]:
    """Members of a mapping, each read by `read`; those at fault are left out."""
    members = {} if spot is None else spot.fields(known, what)
    for name in members:
        if spot and not (name.strip() and len(name) <= MAX_NAME and name.isprintable()):
            spot.fault(f"names are one line of 1 to {MAX_NAME} characters; got '{shown(name, 20)}'")
    values = {name: read(member) for name, member in members.items()}
    return {name: value for name, value in values.items() if value is not None}


def answers(spot: Spot | None, words: Vocabulary) -> dict[str, Answer]:
    """Answers by criterion id."""
    members = {} if spot is None else spot.fields(words.catalog.criteria, "criterion")
    found = {name: answer(member, words.catalog.criteria[name]) for name, member in members.items()}
    return {name: value for name, value in found.items() if value is not None}


def answer(spot: Spot, criterion: Criterion) -> Answer | None:
    """An answer in its short form (a level, a number, a list) or its long form (``{value: …, note: …}``)."""
    if spot.absent:
        return Answer()
    if not isinstance(spot.node, Fields):
        return _value(spot, criterion)
    members = spot.fields(_LONG)
    value = _value(members["value"], criterion) if "value" in members else Answer()
    confidence = members["confidence"].word(("known", "guess"), "confidence") if "confidence" in members else "known"
    confirm_by = members["confirm_by"].day() if "confirm_by" in members else None
    said_by, note, private = (text_or(members, name) for name in ("said_by", "note", "private_note"))
    if value is None or confidence is None:
        return None
    sure: Any = confidence
    return Answer(value.levels, value.amount, sure, said_by, confirm_by, note, private)


def _value(spot: Spot, criterion: Criterion) -> Answer | None:
    if isinstance(spot.node, Scalar) and spot.node.text in {"unknown", ""} and spot.node.kind != "number":
        return Answer()
    many = spot.items() if isinstance(spot.node, Items) else (spot,)
    if criterion.unit is not None and (not criterion.words or any(one.numeric for one in many)):
        amount = spot.estimate(criterion.minimum, criterion.maximum)
        return None if amount is None else Answer(amount=amount)
    levels = [level.id for level in criterion.levels]
    named = [one.word(levels, f"level of {criterion.id}") for one in many]
    if len(set(named)) < len(named) and None not in named:
        spot.fault("names the same level twice")
        return None
    known = tuple(word for word in named if word is not None)
    return Answer(levels=known) if known and len(known) == len(named) else None


def settings(spot: Spot | None, words: Vocabulary, group: Literal["workload", "assumption"]) -> dict[str, Setting]:
    """Workload names or assumptions with their values."""
    members = {} if spot is None else spot.fields()
    valid = [name for name, row in words.names.items() if row.group == group]
    found = {}
    for name, member in members.items():
        if name in valid:
            found[name] = setting(member, words.names[name], words)
        elif name in words.names:
            place = "assumptions" if group == "workload" else "workload"
            member.fault(f"'{name}' belongs under '{place}'")
        else:
            member.fault(f"unknown {group} name '{shown(name)}'", nearest(name, valid) or nearest(name, list(words.names)))
    return {name: value for name, value in found.items() if value is not None}


def setting(spot: Spot, row: Assumption, words: Vocabulary) -> Setting | None:
    """The value of one workload or assumption name."""
    if row.kind == "model":
        return spot.word(words.models, "model of the price book")
    if row.kind == "word" and row.choices:
        return spot.word(row.choices, f"word for {row.name}")
    value = spot.estimate() if row.numeric else spot.text()
    if value is not None and (problem := row.fits(value)):
        spot.fault(f"{spot.seen} {problem} ({row.unit})")
        return None
    return value


def override(spot: Spot | None) -> Override | None:
    """A person's decision beside the advice; all three parts are required."""
    if spot is None or spot.absent:
        return None
    members = _all_of(spot, ("pattern", "reason", "by"))
    pattern: Any = members["pattern"].word(PATTERNS, "pattern") if "pattern" in members else None
    reason, by = text_or(members, "reason"), text_or(members, "by")
    return Override(pattern, reason, by) if pattern and reason and by else None


def _all_of(spot: Spot, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Spot]:
    members = spot.fields((*needed, *optional))
    for name in needed:
        if isinstance(spot.node, Fields) and (name not in members or members[name].absent):
            spot.fault(f"'{name}' is missing")
    return members


def pilot(spot: Spot) -> PilotFile | None:
    """One pilot: its file lies in the engagement's folder or below."""
    members = _all_of(spot, ("file", "date"), ("pass_mark", "reason", "pattern"))
    file = _inside(members["file"]) if "file" in members else None
    day = members["date"].day() if "date" in members else None
    mark = members["pass_mark"].number(0, 1) if "pass_mark" in members else None
    reason = text_or(members, "reason")
    pattern: Any = members["pattern"].word(PATTERNS, "pattern") if "pattern" in members else "prompt"
    return PilotFile(file, day, mark, reason, pattern) if file and day and pattern else None


def _inside(spot: Spot) -> str | None:
    text = spot.text()
    if not text:
        return None
    path = PurePosixPath(text)
    if path.is_absolute() or PureWindowsPath(text).drive or "\\" in text or ".." in path.parts:
        spot.fault(f"{spot.seen} leaves this file's folder: give a path below it, with / between folders")
        return None
    return text


def advised(spot: Spot) -> Advised | None:
    """One line of the history."""
    needed = ("date", "workflow", "recommended", "now", "reason")
    members = _all_of(spot, needed)
    if len(members) < len(needed):
        return None
    day, workflow = members["date"].day(), slug(members["workflow"])
    recommended: Any = members["recommended"].word(PATTERNS, "pattern")
    now: Any = members["now"].word(PATTERNS, "pattern")
    reason = text_or(members, "reason")
    return Advised(day, workflow, recommended, now, reason) if day and workflow and recommended and now else None


def positive(spot: Spot) -> float | None:
    """A number above zero."""
    return spot.number(ABOVE_ZERO)
