"""Sentences as data: one folder a language, one file in it for each part of the product."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache, cached_property, wraps
from importlib.resources import files
from itertools import starmap
from string import Formatter
from typing import Any, ParamSpec, TypeVar, cast

from advisorkit.files.trees import Fields, Items, Node, Scalar, parse_yaml
from advisorkit.values.messages import FILLING, CatalogError, Locale, locale, nearest, told_in
from advisorkit.values.places import told

P = ParamSpec("P")
T = TypeVar("T")
_FOLDER = files("advisorkit") / "data" / "text"
_APART = ("words", "cases", "prices")
"""Parts whose English stands elsewhere: in the program, with the closed cases, in the price book."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of one part of the product in one language.

    Example:
        >>> Texts("report").say("cover.many", count=8)
        'Advice on 8 workflows'

    A place may hold the words after its number, for one and for more:

        >>> [Texts("report").say("evidence.other", count=n) for n in (1, 2)]
        ['1 further answer', '2 further answers']
    """

    part: str
    """Name of the file in the language's folder, such as ``report``."""
    language: str = ""
    """ISO code of the language, such as ``en``; empty for the one that is told in."""

    @property
    def all(self) -> Mapping[str, str]:
        """Every sentence by key, as it is written."""
        return _read(self.part, self.language or locale().language)

    def say(self, key: str, **values: object) -> str:
        """The sentence called `key` with its places filled in.

        Raises:
            CatalogError: If there is no such sentence, or a place of it has no value.
        """
        found = self.all
        if key not in found:
            raise CatalogError(f"no sentence '{key}' in {self.part}; nearest: {', '.join(nearest(key, list(found)))}")
        try:
            return told(FILLING.format(found[key], **values), *(values[name] for name in _order(found[key])))
        except KeyError as error:
            raise CatalogError(f"sentence '{key}' in {self.part} needs a value for {error}") from None

    def columns(self, key: str, **values: object) -> tuple[str, ...]:
        """The column heads called `key`.

        Example:
            >>> Texts("report").columns("purpose.head")
            ('Workflow', 'What it is for', 'Measured by', 'Owner')
        """
        return tuple(part.strip() for part in self.say(key, **values).split("|"))


@cache
def _order(sentence: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(sentence) if name)


@cache
def _read(part: str, language: str) -> Mapping[str, str]:
    own = _written(part, language)
    english = _written(part, "en") if language != "en" else {}
    if not own and not english and part not in _APART:
        raise CatalogError(f"there are no sentences in '{language}' for {part}")
    return {**english, **own}


@cache
def _written(part: str, language: str) -> Mapping[str, str]:
    """What a language's own file of a part says; nothing where there is none."""
    path = _FOLDER / language / f"{part}.yaml"
    root = parse_yaml(path.read_text(encoding="utf-8"), path.name) if path.is_file() else Fields((), 0)
    if not isinstance(root, Fields):
        raise CatalogError(f"{path.name} is not a list of sentences")
    return {key.text: value.text.strip() if "\n" in value.text else value.text for key, value in root.fields if isinstance(value, Scalar)}


@cache
def lacking(language: str) -> str:
    """How many sentences a language lacks, which are told in English, by part; empty where it lacks none.

    Example:
        >>> lacking("de")
        ''
    """
    parts = sorted(one.name.removesuffix(".yaml") for one in (_FOLDER / "en").iterdir() if one.name.endswith(".yaml"))
    missing = {part: [key for key in _written(part, "en") if key not in _written(part, language)] for part in parts if language != "en"}
    counts = {part: sum(not (part in ("bakeoff", "briefing") and key.startswith("ask.")) for key in keys) for part, keys in missing.items()}
    return ", ".join(f"{count} of {part}" for part, count in counts.items() if count)


@cache
def languages() -> tuple[str, ...]:
    """Every language that there is: one folder each, English first.

    Example:
        >>> languages()[0]
        'en'
    """
    return ("en", *sorted(one.name for one in _FOLDER.iterdir() if one.joinpath("locale.yaml").is_file()))


@cache
def _locale(language: str) -> Locale:
    return Locale(language, **_read("locale", language), words=_read("words", language)) if language != "en" else Locale()


def by_language(load: Callable[[], T]) -> Callable[[], T]:
    """What `load` makes, once for each language that it is asked for in."""
    kept: dict[str, T] = {}

    @wraps(load)
    def found() -> T:
        language = locale().language
        if language not in kept:
            kept[language] = load()
        return kept[language]

    return found


def translated(node: Node, file: str) -> Node:
    """The tree of a data file with the words of the language that is told in, as far as its folder has a file of that name."""
    path = _FOLDER.joinpath(locale().language, *file.split("/"))
    return _overlaid(node, parse_yaml(path.read_text(encoding="utf-8"), file)) if path.is_file() else node


def _overlaid(node: Node, words: Node) -> Node:
    match node, words:
        case Fields(), Fields():
            new = {key.text: value for key, value in words.fields}
            return replace(node, fields=tuple((key, _overlaid(value, new[key.text]) if key.text in new else value) for key, value in node.fields))
        case Items(), Items():
            return replace(node, items=tuple(starmap(_overlaid, zip(node.items, words.items, strict=True))))
    return words


def speaking(language: str) -> AbstractContextManager[None]:
    """Inside, every sentence, number and day is told in `language`.

    Example:
        >>> from advisorkit.values.quantities import number
        >>> with speaking("de"):
        ...     number(1234.5, 1)
        '1.234,5'
    """
    return told_in(_locale(language))


class Spoken(cached_property[T]):
    """A value worked out once, in the `language` of its owner whatever is told in around it."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> T:  # type: ignore[override]
        """The value; the property itself on the class."""
        if instance is None:
            return cast("T", self)
        with speaking(instance.language):
            return cast("T", super().__get__(instance, owner))


def spoken(page: Callable[P, T]) -> Callable[P, T]:
    """A function that tells in the language of what it is given first: a value with a `language`, or several of them."""

    @wraps(page)
    def told(*given: P.args, **named: P.kwargs) -> Any:
        view: Any = given[0]
        language = view.language if hasattr(view, "language") else view[0].language
        with speaking(language):
            made = page(*given, **named)
        return _later(made, language) if isinstance(made, Iterator) else made

    return told


def _later(made: Iterator[Any], language: str) -> Iterator[Any]:
    with speaking(language):
        found = tuple(made)
    yield from found
