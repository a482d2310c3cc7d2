"""Tokens of a text without its tokeniser, and with it where the extra is installed."""

from __future__ import annotations

import pytest

from advisorkit.catalog.tables import text_classes
from advisorkit.costs import conversation as tokens
from advisorkit.values.errors import UsageError
from advisorkit.values.quantities import Estimate

CLASSES = text_classes()
PROSE = """A claim is paid when the event is covered, the premium was paid in time and the customer told us within a month.
Where one of these is missing, the clerk asks the customer once, waits two weeks and then decides on what is known. """ * 20
CODE = """def paid(claim: Claim, today: date) -> bool:
    return claim.covered and claim.premium_paid and (today - claim.reported).days <= 31
""" * 20


@pytest.mark.parametrize(("text", "id"), [(PROSE, "prose"), (CODE, "code")])
def test_the_estimate_holds_the_exact_count(text: str, id: str) -> None:
    estimate = tokens.of_text(text, id, CLASSES)

    exact = tokens.count(text)

    assert estimate.low * 0.9 <= exact <= estimate.high * 1.1


def test_pages_come_out_as_published() -> None:
    assert tokens.of_pages(Estimate.of(1), "prose", CLASSES) == Estimate(350, 600, 1000)
    assert 400 * 500 * 0.9 < tokens.of_pages(Estimate.of(400), "prose", CLASSES).likely < 260_000  # "200k is about 500 pages"


def test_languages_take_more_characters_or_more_tokens_than_english() -> None:
    english = tokens.of_characters(10_000, CLASSES["prose"]).likely

    assert all(tokens.of_characters(10_000, CLASSES[id]).likely > english for id in ("de", "fr", "pl", "ja", "zh"))


def test_every_class_of_text_says_where_it_was_measured() -> None:
    assert all(text_class.source and text_class.characters_per_token > 1 for text_class in CLASSES.values())


def test_an_unknown_class_names_the_nearest_and_classes_without_pages_ask_for_characters() -> None:
    with pytest.raises(UsageError, match="no class of text 'prosa'; there is prose"):
        tokens.of_text("x", "prosa", CLASSES)
    with pytest.raises(UsageError, match="give characters"):
        tokens.of_pages(Estimate.of(3), "json", CLASSES)
    with pytest.raises(ValueError, match="fewer than 0"):
        tokens.of_characters(-1, CLASSES["prose"])


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(UsageError, match="no encoding 'klingon'"):
        tokens.count("x", "klingon")
