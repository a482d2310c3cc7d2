"""From a client's file to an `Engagement`: every fault of the file at once."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from advisorkit.files.disk import SourceText, read_source
from advisorkit.files.numbers import Listener, is_number
from advisorkit.files.spots import Spot
from advisorkit.files.tables import KINDS
from advisorkit.files.texts import lacking
from advisorkit.files.trees import Fields, Items, Node, Scalar, parse, scalars
from advisorkit.store.document import FORMAT, shape
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import EngagementError, Fault
from advisorkit.values.locale import here

_QUARTER = 92


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engagement as it was read."""

    engagement: Engagement
    """The value."""
    notices: tuple[str, ...]
    """What the user should know about the file, such as an old encoding."""
    fingerprint: str
    """SHA-256 of the file's bytes; `write` refuses when the file has changed since."""


def read(path: str | Path) -> Engagement:
    """The engagement in a YAML or JSON file.

    Raises:
        EngagementError: With every fault of the file, each with its line or path and the nearest valid words.
    """
    return load(path).engagement


def load(path: str | Path) -> Loaded:
    """As `read`, with notices and the file's fingerprint.

    Raises:
        EngagementError: With every fault of the file.
    """
    if Path(path).suffix.lower() in KINDS and Path(path).is_file():
        raise EngagementError([Fault(str(path), "", "is a table and not an engagement file: a client's list goes to check, portfolio, report or batch")])
    source, told = read_source(path), list[str]()
    engagement = understand(source, told)
    missing = lacking(engagement.language)
    also = [here("{}: sentences that language {} lacks are told in English: {}", source.file, engagement.language, missing)] if missing else []
    return Loaded(engagement, (*source.notices, *told, *also, *past(engagement, source.file)), source.fingerprint)


def past(engagement: Engagement, file: str) -> tuple[str, ...]:
    """A notice where a programme begins more than a quarter before the day of the advice."""
    start = engagement.programme.start if engagement.programme else None
    if start is None or (engagement.as_of - start).days <= _QUARTER:
        return ()
    return (here("{}: programme.start: {} is more than a quarter before the day of the advice, {}; what is planned begins in the past", file, start, engagement.as_of),)


def from_json(text: str, file: str = "job.json") -> Engagement:
    """The engagement in a JSON text, such as the one that `to_json` writes.

    Raises:
        EngagementError: With every fault of the text; `file` names it.
    """
    return understand(SourceText(file, text, ""))


def understand(source: SourceText, told: list[str] | None = None) -> Engagement:
    """The engagement in a text; what amounts in words were taken for is added to `told`.

    Raises:
        EngagementError: With every fault of the text.
    """
    return understand_tree(parse(source), source.file, told)


def understand_tree(tree: Node, file: str, told: list[str] | None = None) -> Engagement:
    """The engagement in a strict tree of the file called `file`; `told` as in `understand`.

    Raises:
        EngagementError: With every fault of the tree.
    """
    faults: list[Fault] = []
    root = Spot(tree, "", file, faults)
    currency = root.at("currency")
    code = currency.node.text if currency and isinstance(currency.node, Scalar) else ""
    listener = Listener.of(code, (one.text for one in scalars(tree) if one.kind == "text" or not is_number(one.text)))
    root = replace(root, listener=listener if told is None else replace(listener, told=told))
    _version(root)
    value: Engagement | None = shape().read(root)
    rates = root.at("exchange_rates")
    if (own := rates and rates.at(code)) and value and value.exchange_rates.get(code, 1) != 1:
        own.fault(here("is the file's own currency, whose rate is 1; give the rate of another, as {} for one of it", code))
    _scenarios(root, _workflows(root, value))
    made = value and _with_id(value, root)
    if faults or made is None:
        raise EngagementError(sorted(faults, key=lambda fault: fault.line))
    return made


def _version(root: Spot) -> None:
    """The format's version; of another one nothing else in the file can be judged."""
    spot = root.at("advisorkit")
    if spot and isinstance(spot.node, Scalar) and (version := spot.node.text).isdecimal() and version != str(FORMAT):
        message = here("format version {} is not one that this advisorkit reads ({}); update advisorkit", version[:9], FORMAT)
        raise EngagementError([Fault(root.file, spot.where, message)])
    if isinstance(root.node, Fields) and (spot is None or spot.blank):
        root.fault(here("'{}' is missing", "advisorkit"))
    elif spot and not (isinstance(spot.node, Scalar) and spot.node.text == str(FORMAT)):
        spot.fault(here("expected the format version {}, got {}", FORMAT, spot.seen))


def _with_id(engagement: Engagement, root: Spot) -> Engagement:
    spot = root.at("id")
    if spot and not spot.absent:
        return engagement
    found = reduced(PurePath(root.file).stem)
    if not found:
        root.fault("'id' is missing, and the file's name holds no letter or digit to make one from")
    return replace(engagement, id=found)


def _workflows(root: Spot, engagement: Engagement | None) -> dict[str, Spot]:
    """Workflows by id; two of one id are a fault."""
    place, found = root.at("workflows"), dict[str, Spot]()
    spots = [spot for spot in place.items() if isinstance(spot.node, Fields)] if place and isinstance(place.node, Items) else []
    for spot, workflow in zip(spots, engagement.workflows if engagement else (), strict=False):
        first = found.setdefault(workflow.id, spot) if workflow.id else spot
        if first is not spot:
            spot.fault(here("the id '{}' is already taken by {}", workflow.id, first.where))
    return found


def _scenarios(root: Spot, ids: Collection[str]) -> None:
    place = root.at("scenarios")
    for scenario in place.fields().values() if place and isinstance(place.node, Fields) else ():
        inner = scenario.at("workflows")
        if inner and isinstance(inner.node, Fields):
            inner.fields(ids, "workflow")


def reduced(name: str) -> str:
    """A name reduced to an id: a-z, 0-9 and single hyphens, at most 64 characters; may come out empty.

    Example:
        >>> reduced("Müller & Söhne 2026.yaml")
        'muller-sohne-2026-yaml'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")
