"""How many tokens a text has, without its tokeniser: by class of text and language, with a range."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from advisorkit.values.errors import UsageError, nearest
from advisorkit.values.quantities import Estimate


@dataclass(frozen=True, slots=True)
class TextClass:
    """A kind of text, and how it falls into tokens."""

    id: str
    """Word used to name it, such as ``prose`` or ``de``."""
    characters_per_token: float
    """Likely value."""
    spread: float
    """Share by which the count may be off either way, at the 5th and 95th percentile."""
    tokens_per_page: Estimate | None
    """Tokens of a page; None where pages are not counted."""
    source: str
    """Where it was measured."""


def of_characters(characters: float, text_class: TextClass) -> Estimate:
    """Tokens of so many characters.

    Example:
        >>> prose = TextClass("prose", 4.7, 0.12, None, "measured")
        >>> of_characters(4700, prose)
        Estimate(low=880.0, likely=1000.0, high=1120.0)
    """
    if characters < 0:
        raise ValueError("a text cannot have fewer than 0 characters")
    likely = characters / text_class.characters_per_token
    return Estimate(likely * (1 - text_class.spread), likely, likely * (1 + text_class.spread))


def of_text(text: str, id: str, classes: Mapping[str, TextClass]) -> Estimate:
    """Tokens of `text`, taken as the class called `id`."""
    return of_characters(len(text), _class(id, classes))


def of_pages(pages: Estimate, id: str, classes: Mapping[str, TextClass]) -> Estimate:
    """Tokens of so many pages of the class called `id`.

    Example:
        >>> page = {"page": TextClass("page", 4.7, 0.12, Estimate(350, 600, 1000), "measured")}
        >>> of_pages(Estimate.of(100), "page", page)
        Estimate(low=35000.0, likely=60000.0, high=100000.0)
    """
    page = _class(id, classes).tokens_per_page
    if page is None:
        raise UsageError(f"'{id}' is not counted in pages; give characters")
    return Estimate(pages.low * page.low, pages.likely * page.likely, pages.high * page.high)


def count(text: str, encoding: str = "o200k_base") -> int:
    """Exact tokens of `text` in an OpenAI encoding, offline; needs the extra ``tokens``."""
    try:
        toktok = importlib.import_module("toktok")
    except ImportError:
        raise UsageError("exact counting needs the extra: pip install 'advisorkit[tokens]'") from None
    try:
        return int(toktok.batch_count([text], encoding)[0])
    except (ValueError, KeyError) as error:
        raise UsageError(f"no encoding '{encoding}' to count with: {error}") from None


def _class(id: str, classes: Mapping[str, TextClass]) -> TextClass:
    if id not in classes:
        raise UsageError(f"no class of text '{id}'; there is {', '.join(nearest(id, list(classes)) or classes)}")
    return classes[id]
