"""Numbers and words that know where they stand in the JSON documents, so that every printed figure can be followed back."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from itertools import islice
from typing import Concatenate, ParamSpec, Self, TypeVar

More = ParamSpec("More")
Value = TypeVar("Value")
FIGURE = re.compile(r"(?:[€$£]|\b[A-Z]{3} )?\d(?:[\d.,]*\d)?(?:bn|[km]\b|%)?(?: in \d+)?")
"""A figure as it is printed in a sentence."""


class Placed(float):
    """A number and its path in the JSON document."""

    path: str


class Counted(int):
    """A whole number and its path in the JSON document."""

    path: str


class Cited(str):  # noqa: SLOT000 - words that tell nothing have no figures
    """Words, and for each figure in them its path in the JSON document.

    Example:
        >>> Cited("saves €5k", (("€5k", "workflows[0].money.rag.gain.likely"),)).figures
        (('€5k', 'workflows[0].money.rag.gain.likely'),)
    """

    figures: tuple[tuple[str, str], ...]

    def __new__(cls, text: str, figures: tuple[tuple[str, str], ...] = ()) -> Self:
        """`text` with its figures as they follow each other."""
        made = super().__new__(cls, text)
        made.figures = figures
        return made


def at(value: float, path: str) -> float:
    """A number that knows its `path`.

    Example:
        >>> at(0.5, "workflows[0].lead") + 1, at(7, "draws")
        (1.5, 7)
    """
    made = (Counted if isinstance(value, int) else Placed)(value)
    made.path = path
    return made


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Everything in a JSON document that has no parts, with its path.

    Example:
        >>> [*leaves({"lead": 0.5, "workflows": [{"id": "a"}]})]
        [('lead', 0.5), ('workflows[0].id', 'a')]
    """
    match value:
        case Mapping():
            for name, part in value.items():
                yield from leaves(part, f"{path}.{name}".lstrip("."))
        case list() | tuple():
            for place, part in enumerate(value):
                yield from leaves(part, f"{path}[{place}]")
        case _:
            yield path, value


def rounded(value: float) -> float:
    """`value` in whole ones, with its path.

    Example:
        >>> rounded(at(99.6, "assumptions[4].likely")).path
        'assumptions[4].likely'
    """
    path: str = getattr(value, "path", "")
    return at(round(value), path) if path else round(value)


def or_nought(value: float | None) -> float:
    """`value` with its path, which ``value or 0.0`` would take from a nought; nought where there is none.

    Example:
        >>> or_nought(at(0.0, "lead")).path, or_nought(None)
        ('lead', 0.0)
    """
    return 0.0 if value is None else value


def standing(words: str) -> re.Pattern[str]:
    """Where a figure stands by itself and is no part of another.

    Example:
        >>> standing("0").search("20 days, 0 left").start()
        9
    """
    return re.compile(rf"(?<![\d.,]){re.escape(words)}(?![\d%]|[.,]\d)")


def told(text: str, *sources: object) -> str:
    """`text` with the figures of `sources` that stand in it: words, whole numbers as they are, or the one number that it prints.

    Example:
        >>> told("5% in all", told("5%", at(0.05, "lead"))).figures
        (('5%', 'lead'),)
        >>> told("gains €60k", Cited("€60k", (("€60k", "gain"),)), at(60, "months")).figures
        (('€60k', 'gain'),)
    """
    held, used = dict[int, tuple[str, str]](), set[int]()
    for words, path in (figure for source in sources for figure in _figures(source, text)):
        found = (one.span() for one in standing(words).finditer(text))
        for start, end in islice((span for span in found if not used.intersection(range(*span))), 1):  # the 60 of €60k is no figure of its own
            held[start], used = (words, path), used.union(range(start, end))
    return Cited(text, tuple(held[place] for place in sorted(held))) if held else text


def _figures(source: object, text: str) -> tuple[tuple[str, str], ...]:
    match source:
        case Placed():
            return ((text, source.path),)
        case Counted():
            return ((str(source), source.path),)
    found: tuple[tuple[str, str], ...] = getattr(source, "figures", ())
    return found


def linked(parting: str, parts: Iterable[str]) -> str:
    """`parts` in one, with their figures.

    Example:
        >>> linked(", ", ("a", "b"))
        'a, b'
    """
    found = tuple(parts)
    return told(parting.join(found), *found)


def printing(write: Callable[Concatenate[Value, More], str]) -> Callable[Concatenate[Value, More], str]:
    """A way to write a number, whose words keep the number's path."""

    @wraps(write)
    def written(value: Value, /, *args: More.args, **options: More.kwargs) -> str:
        text, path = write(value, *args, **options), getattr(value, "path", "")
        return Cited(text, ((text, path),)) if path else text

    return written
