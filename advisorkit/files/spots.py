"""Typed reading of a tree: every fault is noted with its place, and reading goes on."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from advisorkit.files.numbers import ANY, Listener, Measure, MisreadError, in_parts, is_number
from advisorkit.files.trees import NOTHING, Fields, Items, Node, Scalar, shown
from advisorkit.values.messages import Fault, here, nearest, on_line
from advisorkit.values.quantities import Estimate
from advisorkit.values.written import ABOVE_ZERO

MAX_TEXT = 10_000
"""Longest text accepted, in characters."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\\s\x00-\x1f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]+"
)
_NAMED = 100
"""Faults of a file after which no nearest words are looked for."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def unfit(text: str) -> str | None:
    """Why `text` cannot be kept: too long, or with control characters; None when it can.

    Example:
        >>> unfit("plain"), unfit("bell" + chr(7))
        (None, 'holds a control character; remove it')
    """
    if len(text) > MAX_TEXT:
        return here("is longer than {:,} characters", MAX_TEXT)
    if _CONTROL.search(text):
        return "holds a control character; remove it"
    return None


def fit(text: str) -> str:
    """`text` with a blank for each control character, so that it can be kept.

    Example:
        >>> fit("bell" + chr(7) + "s")
        'bell s'
    """
    return _CONTROL.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Spot:
    """A node with its place and the list into which its faults go.

    Every reader returns None (or something empty) after noting a fault, so that one run finds them all.
    """

    node: Node
    """What stands there."""
    path: str
    """Path inside the file, such as ``workflows[0].answers``."""
    file: str
    """Name of the file as the user gave it."""
    faults: list[Fault]
    """Faults found so far, shared by all spots of a file."""
    key: str = ""
    """Key under which it stands; empty at the root and in a list."""
    listener: Listener = field(default_factory=Listener, compare=False)
    """How amounts in text are written here, shared by all spots of a file."""

    def fault(self, message: str, near: Sequence[str] = ()) -> None:
        """Note that something is wrong here."""
        self.faults.append(Fault(self.file, self.where, message, tuple(near), line=self.node.line, path=self.path))

    @property
    def where(self) -> str:
        """Line and path."""
        return on_line(self.node.line, self.path)

    @property
    def absent(self) -> bool:
        """Whether nothing is written here, as in ``answers:`` with nothing behind it, or with null."""
        return isinstance(self.node, Scalar) and self.node.text in NOTHING and self.node.kind == "plain"

    @property
    def blank(self) -> bool:
        """Whether nothing that can be seen is written here, quoted or not."""
        return self.absent or (isinstance(self.node, Scalar) and not _UNSEEN.sub("", self.node.text))

    def fields(self, known: Collection[str] | None = None, what: str = "key") -> dict[str, Spot]:
        """Members by key; with `known`, any other key is a fault that names the nearest."""
        if self.absent:
            return {}
        if not isinstance(self.node, Fields):
            self.fault(here("expected keys with values, got {}", self.seen))
            return {}
        members = {key.text: self._member(key, value) for key, value in self.node.fields}
        for name in [] if known is None else [name for name in members if name not in known]:
            near = self.near(name, list(known or ()))
            short = "" if near or len(known or ()) > 20 else here("; valid: {}", ", ".join(known or ()))
            hint = here("; a comma parts entries here, so write thousands without one") if name.isdigit() else short
            members.pop(name).fault(here("unknown {} '{}'", here(what), shown(name)) + hint, near)
        return members

    def near(self, word: str, valid: Sequence[str]) -> tuple[str, ...]:
        """Valid words that look like `word`, as long as the file has few faults."""
        return nearest(word, valid) if len(self.faults) < _NAMED else ()

    def _member(self, key: Scalar, value: Node) -> Spot:
        node = value if value.line == key.line else replace(value, line=key.line)
        return Spot(node, f"{self.path}.{shown(key.text)}".lstrip("."), self.file, self.faults, key.text, self.listener)

    def at(self, name: str) -> Spot | None:
        """The member called `name`; None where there is none, which is no fault."""
        found = (pair for pair in self.node.fields if pair[0].text == name) if isinstance(self.node, Fields) else iter(())
        return next((self._member(*pair) for pair in found), None)

    def items(self) -> tuple[Spot, ...]:
        """Members of a list."""
        if self.absent:
            return ()
        if not isinstance(self.node, Items):
            self.fault(here("expected a list, got {}", self.seen))
            return ()
        return tuple(Spot(node, f"{self.path}[{i}]", self.file, self.faults, "", self.listener) for i, node in enumerate(self.node.items))

    @property
    def seen(self) -> str:
        """What stands here, for messages."""
        match self.node:
            case Items():
                return here("a list")
            case Fields():
                return here("keys with values")
            case Scalar(text="", kind="plain"):
                return here("nothing")
            case Scalar(text=text):
                return here("'{}'", shown(text))

    def text(self) -> str | None:
        """Text of at most `MAX_TEXT` characters."""
        if not isinstance(self.node, Scalar) or self.node.kind in {"number", "bool"}:
            self.fault(here("expected text, got {}", self.seen))
            return None
        if problem := unfit(self.node.text):
            self.fault(problem)
            return None
        return self.node.text

    def word(self, valid: Collection[str], what: str) -> str | None:
        """One of `valid`; another word is a fault that names the nearest."""
        if not isinstance(self.node, Scalar) or self.node.kind == "number":
            self.fault(here("expected a {}, got {}", here(what), self.seen))
        elif self.node.text in valid and self.node.kind != "bool":
            return self.node.text
        else:
            near = self.near(self.node.text, list(valid))
            hint = "" if near else here("; valid: {}", ", ".join(list(valid)[:30]) + ", …" * (len(valid) > 30))
            self.fault(here("{} is not a {}", self.seen, here(what)) + hint, near)
        return None

    def number(self, minimum: float = -math.inf, maximum: float = math.inf) -> float | None:
        """A finite number within bounds."""
        if self.numeric and isinstance(self.node, Scalar):
            self.listener.plain_point(self.node.text, f"{self.file}: {self.where}: ".lstrip(": "))
            return self._bounded(float(self.node.text), minimum, maximum)
        self.fault(here("expected a share from 0 to 1, such as 0.82, got {}" if maximum == 1 else "expected a number such as 1200 or 0.8, got {}", self.seen))
        return None

    def _bounded(self, value: float, minimum: float, maximum: float) -> float | None:
        if not math.isfinite(value):
            self.fault(here("{} is too large for a number", self.seen))
        elif value < minimum:
            self.fault(here("{} is too small: more than 0 is needed" if minimum == ABOVE_ZERO else "{} is too small: the least is {:g}", self.seen, minimum))
        elif value > maximum:
            self.fault(here("{} is too large: the most is {:g}", self.seen, maximum))
        else:
            return value
        return None

    @property
    def numeric(self) -> bool:
        """Whether an unquoted number stands here."""
        return isinstance(self.node, Scalar) and self.node.kind in {"plain", "number"} and is_number(self.node.text)

    def estimate(self, minimum: float = -math.inf, maximum: float = math.inf, measure: Measure = ANY) -> Estimate | None:
        """A number, ``[low, high]`` or ``[low, likely, high]`` within bounds, of whole ones where `measure` has no parts.

        An amount in words, such as ``400 pages``, is one too.
        """
        found = self._estimate(minimum, maximum, measure)
        if found and in_parts(found, measure.unit):
            self.fault(here("{} is not a whole number", self.seen))
            return None
        if found and found.low > 1 and measure.unit.startswith("share") and (self.numeric or isinstance(self.node, Items)):
            self.listener.plain_share(found, f"{self.file}: {self.where}: ".lstrip(": "))
        return found

    def _estimate(self, minimum: float, maximum: float, measure: Measure) -> Estimate | None:
        if isinstance(self.node, Scalar):
            if self.numeric or self.node.kind in {"number", "bool"} or self.blank:
                value = self.number(minimum, maximum)
                return None if value is None else Estimate.of(value)
            ends = self.node.text.split("..") if self.node.kind == "plain" else []
            if not all(map(is_number, map(str.strip, ends))) or not ends:
                return self._amount(minimum, maximum, measure)
            return replace(self, node=Items(tuple(Scalar(end.strip(), self.node.line) for end in ends), self.node.line)).estimate(minimum, maximum, measure)
        numbers = [spot.number(minimum, maximum) for spot in self.items()]
        known = [value for value in numbers if value is not None]
        if isinstance(self.node, Fields) or len(known) < len(numbers):
            return None
        if len(known) not in {2, 3}:
            self.fault("is not a range: give a number, [low, high] or [low, likely, high]")
        elif sorted(known) != known:
            self.fault(here("is not a range: {} must rise from low to high", "; ".join(here("{:g}", value) for value in known)))
        else:
            return Estimate.of(known)
        return None

    def _amount(self, minimum: float, maximum: float, measure: Measure) -> Estimate | None:
        text, told = self.text(), self.listener.told
        before = len(told)
        try:
            found = self.listener.amount(text, measure, self.path) if text is not None else None
        except (ValueError, OverflowError) as error:
            whole = isinstance(error, MisreadError) and error.word == (text or "").strip()
            self.fault(f"{error}" if whole else f"{self.seen}: {error}")
            return None
        told[before:] = [f"{self.file}: {self.where}: {one}".lstrip(": ") for one in told[before:]]
        kept = found and [self._bounded(end, minimum, maximum) for end in dict.fromkeys((found.low, found.high))]
        return found if kept and None not in kept else None

    def boolean(self) -> bool | None:
        """``true`` or ``false``."""
        if isinstance(self.node, Scalar) and self.node.kind in {"plain", "bool"} and self.node.text in {"true", "false"}:
            return self.node.text == "true"
        self.fault(here("expected true or false, got {}", self.seen))
        return None

    def day(self) -> date | None:
        """A date such as ``2026-11-20``."""
        if isinstance(self.node, Scalar) and _DATE.fullmatch(self.node.text):
            try:
                return date.fromisoformat(self.node.text)
            except ValueError:
                self.fault(here("{} is not a day of the calendar", self.seen))
                return None
        self.fault(here("expected a date such as 2026-11-20, got {}", self.seen))
        return None
