"""The text of a fresh engagement file: valid as it stands, with the core questions as hints to uncomment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from textwrap import wrap

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.store.emit import scalar
from advisorkit.store.wholes import CONTEXT, FORMAT
from advisorkit.values.criteria import TOPICS, Catalog, Criterion

_HEAD = """\
# Answer what you know and leave the rest: an answer that is left out counts as unknown.
# To answer, take the # away and write a word from the list or a number; [low, high] is a range.
# For more: {value: weekly, confidence: guess, said_by: ..., confirm_by: 2027-01-31, note: ...}
# Two words, as in [weekly, daily], say that people disagree. Check the file with: advisorkit check FILE
"""


def new(id: str, client: str, currency: str, as_of: date, catalog: Catalog | None = None) -> str:
    """Text of a fresh engagement file with one workflow and the core questions as comments.

    Example:
        >>> text = new("acme", "Acme", "EUR", date(2026, 11, 20))
        >>> "      # knowledge_change:" in text
        True
    """
    words = catalog or load_catalog()
    lines = [
        f"advisorkit: {FORMAT}",
        f"id: {scalar(id)}",
        f"client: {scalar(client)}",
        f"currency: {scalar(currency)}",
        f"as_of: {as_of.isoformat()}    # day of the advice; prices are judged on it",
        "workflows:",
        "  - id: first-workflow    # a-z, 0-9 and hyphens",
        "    name: First workflow",
        "    context:",
        *(f"      # {name}: ..." for name in CONTEXT),
        "    answers:",
        *_questions(words),
        "    workload:",
        "      # input_tokens: [200, 600, 2000]    # a page is about 600 tokens; all names: advisorkit schema",
        "assumptions:    # for all workflows",
        "  # engineer_day_rate: [700, 900, 1200]",
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _questions(catalog: Catalog) -> Iterator[str]:
    for topic in TOPICS:
        asked = [row for row in catalog.criteria.values() if row.topic == topic and row.core and not row.derived]
        if asked:
            yield f"      # {catalog.topics.get(topic, topic)}"
        for row in asked:
            yield from (f"      #   {line}" for line in wrap(row.question, 100))
            yield f"      # {row.id}:    # {_hint(row)}"


def _hint(row: Criterion) -> str:
    words = " | ".join(level.id for level in row.levels) if row.words else ""
    number = f"a number ({row.unit})" if row.unit else ""
    return " or ".join(part for part in (words, number) if part)
