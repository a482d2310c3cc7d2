"""Engagement files out: a first draft, the text of a value, changes into an accepted file, all whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import wrap

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.catalog.vocabulary import Vocabulary, vocabulary
from advisorkit.files.disk import SourceText, decode, fingerprint, read_bytes, write_bytes
from advisorkit.files.trees import Fields, parse
from advisorkit.store.document import CONTEXT, FORMAT, block, document, scalar, to_json
from advisorkit.store.patching import patched
from advisorkit.store.reading import Loaded, understand, understand_tree
from advisorkit.values.criteria import TOPICS, Catalog, Criterion
from advisorkit.values.engagement import Engagement
from advisorkit.values.errors import EngagementError, UsageError

_HEAD = """\
# Answer what you know and leave the rest: an answer that is left out counts as unknown.
# To answer, take the # away and write a word from the list or a number; [low, high] is a range.
# For more: {value: weekly, confidence: guess, said_by: ..., confirm_by: 2027-01-31, note: ...}
# Two words, as in [weekly, daily], say that people disagree. Check the file with: advisorkit check FILE
"""


def text(engagement: Engagement) -> str:
    """An engagement as the YAML of a fresh file.

    Example:
        >>> from datetime import date
        >>> from advisorkit.values.engagement import Workflow
        >>> print(text(Engagement("a", "A Ltd", "EUR", date(2026, 11, 20), (Workflow("w", "W"),))), end="")
        advisorkit: 1
        id: a
        client: A Ltd
        currency: EUR
        as_of: 2026-11-20
        workflows:
          - id: w
            name: W
    """
    return "\n".join(block(document(engagement))) + "\n"


def write(
    path: str | Path, engagement: Engagement, fingerprint: str | None = None, catalog: Catalog | None = None
) -> Loaded:
    """Write a new file, or the changes into the file that is there, keeping its comments and order.

    With `fingerprint` (of `Loaded`) the file must be as it was read. The file is replaced in one step.

    Raises:
        EngagementError: If the file that is there cannot be read as an engagement; it is left alone.
        UsageError: If it changed on disk since it was read, or cannot be written.
    """
    words = vocabulary(catalog)
    there = _there(Path(path), fingerprint)
    content, notices = _content(Path(path), there, engagement, words)
    raw = content.encode()
    try:
        write_bytes(path, raw, lambda: _look_again(Path(path), there))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    return Loaded(engagement, notices, _hash(raw))


_hash = fingerprint


def _there(path: Path, known: str | None) -> bytes | None:
    """What the file holds, None when there is none; refused when it is no longer what is `known`."""
    if not path.exists():
        if known is not None:
            raise UsageError(f"{path}: is gone since it was read; nothing was written")
        return None
    raw = read_bytes(path)
    if known is not None and _hash(raw) != known:
        raise UsageError(f"{path}: was changed by somebody else since it was read; open it again; nothing was written")
    return raw


def _look_again(path: Path, there: bytes | None) -> None:
    """Refuse where the file is no longer what was `there`."""
    if there is None and path.exists():
        raise UsageError(f"{path}: was put there by somebody else meanwhile; nothing was written")
    _there(path, None if there is None else _hash(there))


def _content(path: Path, there: bytes | None, engagement: Engagement, words: Vocabulary) -> tuple[str, tuple[str, ...]]:
    if there is None:
        return _fresh(str(path), engagement, words), ()
    return _changed(SourceText(str(path), decode(there, str(path))[0], ""), engagement, words)


def _changed(source: SourceText, engagement: Engagement, words: Vocabulary) -> tuple[str, tuple[str, ...]]:
    root = parse(source)
    before = understand_tree(root, source.file, words)
    if source.file.lower().endswith(".json"):
        return _fresh(source.file, engagement, words), ()
    if isinstance(root, Fields) and not root.flow:
        content = patched(source.text, root, document(before), document(engagement))
        if _same(SourceText(source.file, content, ""), engagement, words):
            return content, ()
    return _fresh(source.file, engagement, words), (f"{source.file}: was written anew; comments in it were not kept",)


def _same(source: SourceText, engagement: Engagement, words: Vocabulary) -> bool:
    try:
        return understand(source, words) == engagement
    except EngagementError:
        return False


def _fresh(file: str, engagement: Engagement, words: Vocabulary) -> str:
    content = to_json(engagement) if file.lower().endswith(".json") else text(engagement)
    if understand(SourceText(file, content, ""), words) != engagement:
        raise UsageError(f"{file}: the engagement holds values that a file cannot keep; nothing was written")
    return content


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
