"""Rows of the catalogue's data files: required and optional members, with every fault noted in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import TypeVar

from advisorkit.files.spots import Spot
from advisorkit.files.trees import parse_yaml
from advisorkit.values.errors import EngagementError, Fault

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """Members of one mapping; whatever is missing or wrong becomes a fault and a harmless stand-in."""

    spot: Spot
    """Where the mapping stands."""
    members: dict[str, Spot]
    """Its members."""

    @classmethod
    def of(cls, spot: Spot, known: Sequence[str]) -> Row:
        """The mapping at `spot`; other keys than `known` are faults."""
        return cls(spot, spot.fields(known))

    def needed(self, name: str) -> Spot | None:
        """The member called `name`; a fault when it is missing."""
        if name not in self.members:
            self.spot.fault(f"'{name}' is missing")
        return self.members.get(name)

    def text(self, name: str) -> str:
        """Text that must be there."""
        member = self.needed(name)
        text = "" if member is None else (member.text() or "")
        if member is not None and not text.strip():
            member.fault("is empty")
        return text

    def optional(self, name: str, default: str = "") -> str:
        """Text that may be left out."""
        return self.text(name) if name in self.members else default

    def word(self, name: str, valid: Sequence[str], what: str) -> str:
        """One of `valid`; must be there."""
        member = self.needed(name)
        return "" if member is None else (member.word(valid, what) or "")

    def flag(self, name: str) -> bool:
        """``true`` or ``false``; absent means false."""
        return bool(self.members[name].boolean()) if name in self.members else False

    def number(self, name: str, default: float) -> float:
        """A number, or `default` when left out."""
        value = self.members[name].number() if name in self.members else default
        return default if value is None else value

    def amount(self, name: str, minimum: float = -30, maximum: float = 30) -> float:
        """A number within bounds that must be there."""
        member = self.needed(name)
        return (None if member is None else member.number(minimum, maximum)) or 0.0

    def day(self, name: str) -> str:
        """A date that must be there, as ISO text."""
        member = self.needed(name)
        day = None if member is None else member.day()
        return "" if day is None else day.isoformat()

    def words(self, name: str, valid: Iterable[str] | None = None, what: str = "word") -> tuple[str, ...]:
        """A list of words, from `valid` when given; absent means none."""
        spots = self.members[name].items() if name in self.members else ()
        known = None if valid is None else list(valid)
        read = [spot.text() if known is None else spot.word(known, what) for spot in spots]
        return tuple(word for word in read if word)

    def each(self, name: str, read: Callable[[Spot], T]) -> tuple[T, ...]:
        """A list, each member read by `read`; absent means none."""
        return tuple(read(spot) for spot in self.members[name].items()) if name in self.members else ()

    def inside(self, name: str, known: Sequence[str]) -> Row:
        """A mapping with `known` keys that must be there."""
        member = self.needed(name)
        return Row(self.spot, {}) if member is None else Row.of(member, known)

    def inner(self, name: str) -> dict[str, Spot]:
        """Members of a mapping that must be there."""
        member = self.needed(name)
        return {} if member is None else member.fields()


def documents(folder: Traversable, names: Iterable[str], faults: list[Fault]) -> dict[str, Spot]:
    """Roots of the data files `names` below `folder`; files that cannot be read become faults."""
    roots: dict[str, Spot] = {}
    for name in names:
        try:
            node = parse_yaml(folder.joinpath(*name.split("/")).read_text("utf-8"), name)
        except EngagementError as error:
            faults.extend(error.faults)
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(name, "", f"cannot be read: {error}"))
        else:
            roots[name] = Spot(node, "", name, faults)
    return roots


def rows(spot: Spot, known: Sequence[str]) -> dict[str, Row]:
    """Rows of a mapping of mappings, by key."""
    return {name: Row.of(member, known) for name, member in spot.fields().items()}
