"""A quick start: common kinds of use case with the answers that they usually get, as guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from advisorkit.catalog.reading import load
from advisorkit.catalog.rows import Row, documents, rows
from advisorkit.files.spots import Spot
from advisorkit.files.trees import Scalar
from advisorkit.values.criteria import Catalog, Criterion
from advisorkit.values.engagement import Answer
from advisorkit.values.errors import CatalogError, Fault


@dataclass(frozen=True, slots=True)
class Archetype:
    """A common kind of use case."""

    id: str
    """Word used in commands, such as ``support-assistant``."""
    name: str
    """Name on screen."""
    what: str
    """What it does, in one sentence for a client."""
    answers: Mapping[str, Answer]
    """Usual answers by criterion id; every one is a guess to be confirmed."""


@cache
def archetypes() -> Mapping[str, Archetype]:
    """The twelve archetypes by id.

    Example:
        >>> archetypes()["mail-routing"].answers["task_kind"].levels
        ('classify',)
    """
    faults: list[Fault] = []
    roots = documents(files("advisorkit").joinpath("data"), ["archetypes.yaml"], faults)
    if faults:
        raise CatalogError("\n".join(map(str, faults)))
    found = rows(roots["archetypes.yaml"], ("name", "what", "answers"))
    made = {key: Archetype(key, row.text("name"), row.text("what"), _answers(row, load())) for key, row in found.items()}
    if faults:
        raise CatalogError("\n".join(map(str, faults)))
    return made


def _answers(row: Row, catalog: Catalog) -> dict[str, Answer]:
    member = row.members.get("answers")
    members = {} if member is None else member.fields(catalog.criteria, "criterion")
    return {key: _answer(spot, catalog.criteria[key]) for key, spot in members.items()}


def _answer(spot: Spot, criterion: Criterion) -> Answer:
    if criterion.words and isinstance(spot.node, Scalar) and not spot.numeric:
        word = spot.word([level.id for level in criterion.levels], f"level of {criterion.id}")
        return Answer(levels=(word,) if word else (), confidence="guess")
    return Answer(amount=spot.estimate(criterion.minimum, criterion.maximum), confidence="guess")
