"""Sentences of the report, as data: one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

from advisorkit.files.trees import Fields, Scalar, parse_yaml
from advisorkit.values.errors import CatalogError, nearest


@cache
def sentences(language: str = "en") -> Mapping[str, str]:
    """Every sentence by key."""
    path = files("advisorkit") / "data" / "text" / f"report.{language}.yaml"
    if not path.is_file():
        raise CatalogError(f"there are no report sentences in '{language}'")
    root = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    if not isinstance(root, Fields):
        raise CatalogError(f"{path.name} is not a list of sentences")
    return {key.text: value.text.strip() if "\n" in value.text else value.text for key, value in root.fields if isinstance(value, Scalar)}


def say(key: str, **values: object) -> str:
    """The sentence called `key` with its places filled in.

    Example:
        >>> say("cover.many", count=8)
        'Advice on 8 workflows'
    """
    found = sentences()
    if key not in found:
        raise CatalogError(f"no sentence '{key}'; nearest: {', '.join(nearest(key, list(found)))}")
    try:
        return found[key].format(**values)
    except KeyError as error:
        raise CatalogError(f"sentence '{key}' needs a value for {error}") from None


def columns(key: str, **values: object) -> tuple[str, ...]:
    """The column heads called `key`.

    Example:
        >>> columns("method.sources_head")
        ('What', 'From')
    """
    return tuple(part.strip() for part in say(key, **values).split("|"))


def places(sentence: str) -> frozenset[str]:
    """Names of the places in a sentence.

    Example:
        >>> sorted(places("{first} leads {second}"))
        ['first', 'second']
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def sure(chance: float) -> str:
    """How sure a chance sounds: ``very_likely``, ``probably``, ``may`` or ``unlikely``.

    Example:
        >>> [sure(chance) for chance in (0.9, 0.7, 0.3, 0.1)]
        ['very_likely', 'probably', 'may', 'unlikely']
    """
    return "very_likely" if chance > 0.85 else "probably" if chance >= 0.6 else "may" if chance >= 0.15 else "unlikely"
