"""From a client's file to an `Engagement`: every fault of the file at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from advisorkit.catalog.vocabulary import Vocabulary, vocabulary
from advisorkit.costs.assumption import Assumption
from advisorkit.files.disk import SourceText, read_source
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Fields, Node, Scalar, parse
from advisorkit.store.wholes import FORMAT, engagement
from advisorkit.values.criteria import Catalog
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import EngagementError, Fault

UPGRADES: dict[int, Callable[[Node], Node]] = {}
"""From a version's tree to that of the next version; applied in turn until `FORMAT` is reached."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engagement as it was read."""

    engagement: Engagement
    """The value."""
    notices: tuple[str, ...]
    """What the user should know about the file, such as an old encoding."""
    fingerprint: str
    """SHA-256 of the file's bytes; `write` refuses when the file has changed since."""


def read(
    path: str | Path, catalog: Catalog | None = None, assumptions: Mapping[str, Assumption] | None = None
) -> Engagement:
    """The engagement in a YAML or JSON file.

    Raises:
        EngagementError: With every fault of the file, each with its line or path and the nearest valid words.
    """
    return load(path, catalog, assumptions).engagement


def load(
    path: str | Path, catalog: Catalog | None = None, assumptions: Mapping[str, Assumption] | None = None
) -> Loaded:
    """As `read`, with notices and the file's fingerprint.

    Raises:
        EngagementError: With every fault of the file.
    """
    source = read_source(path)
    return Loaded(understand(source, vocabulary(catalog, assumptions)), source.notices, source.fingerprint)


def from_json(text: str, file: str = "job.json") -> Engagement:
    """The engagement in a JSON text, such as the one that `to_json` writes.

    Raises:
        EngagementError: With every fault of the text; `file` names it.
    """
    return understand(SourceText(file, text, ""), vocabulary())


def understand(source: SourceText, words: Vocabulary) -> Engagement:
    """The engagement in a text.

    Raises:
        EngagementError: With every fault of the text.
    """
    return understand_tree(parse(source), source.file, words)


def understand_tree(tree: Node, file: str, words: Vocabulary) -> Engagement:
    """The engagement in a strict tree of the file called `file`.

    Raises:
        EngagementError: With every fault of the tree.
    """
    faults: list[Fault] = []
    value = engagement(Spot(upgraded(tree, file), "", file, faults), words)
    if faults:
        raise EngagementError(sorted(faults, key=_line))
    return value


def _line(fault: Fault) -> int:
    found = re.match(r"line (\d+)", fault.where)
    return int(found[1]) if found else 0


def upgraded(root: Node, file: str, upgrades: Mapping[int, Callable[[Node], Node]] = UPGRADES) -> Node:
    """The tree brought to the current format version.

    Raises:
        EngagementError: If the version is unknown, so that nothing else in the file can be judged.
    """
    members = {key.text: value for key, value in root.fields} if isinstance(root, Fields) else {}
    version = members.get("advisorkit")
    if not isinstance(version, Scalar) or not version.text.isdecimal() or version.text == str(FORMAT):
        return root
    if version.text not in map(str, upgrades):
        where = f"line {version.line}, advisorkit" if version.line else "advisorkit"
        message = f"format version {version.text[:9]} is not one that this advisorkit reads ({FORMAT}); update advisorkit"
        raise EngagementError([Fault(file, where, message)])
    return upgraded(upgrades[int(version.text)](root), file, upgrades)
