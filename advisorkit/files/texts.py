"""Sentences as data: one folder a language, one file in it for each part of the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter

from advisorkit.files.trees import Fields, Scalar, parse_yaml
from advisorkit.values.errors import CatalogError, nearest


class _Filling(Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        one, several, more = format_spec.partition("|")
        return f"{value} {one if str(value) == '1' else more}" if several else str(super().format_field(value, format_spec))


_FILLING = _Filling()


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
    language: str = "en"
    """ISO code of the language, such as ``en``."""

    @property
    def all(self) -> Mapping[str, str]:
        """Every sentence by key, as it is written."""
        return _read(self.part, self.language)

    def say(self, key: str, **values: object) -> str:
        """The sentence called `key` with its places filled in.

        Raises:
            CatalogError: If there is no such sentence, or a place of it has no value.
        """
        found = self.all
        if key not in found:
            raise CatalogError(f"no sentence '{key}' in {self.part}; nearest: {', '.join(nearest(key, list(found)))}")
        try:
            return _FILLING.format(found[key], **values)
        except KeyError as error:
            raise CatalogError(f"sentence '{key}' in {self.part} needs a value for {error}") from None

    def columns(self, key: str, **values: object) -> tuple[str, ...]:
        """The column heads called `key`.

        Example:
            >>> Texts("report").columns("method.sources_head")
            ('What', 'From')
        """
        return tuple(part.strip() for part in self.say(key, **values).split("|"))


def places(sentence: str) -> frozenset[str]:
    """Names of the places in a sentence.

    Example:
        >>> sorted(places("{first} leads {second}"))
        ['first', 'second']
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


@cache
def _read(part: str, language: str) -> Mapping[str, str]:
    path = files("advisorkit") / "data" / "text" / language / f"{part}.yaml"
    if not path.is_file():
        raise CatalogError(f"there are no sentences in '{language}' for {part}")
    root = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    if not isinstance(root, Fields):
        raise CatalogError(f"{path.name} is not a list of sentences")
    return {key.text: value.text.strip() if "\n" in value.text else value.text for key, value in root.fields if isinstance(value, Scalar)}
