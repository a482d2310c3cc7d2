"""Plain tables of a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from advisorkit.screens.stage import Doc


def grid(title: str, head: Sequence[str], rows: Iterable[Sequence[str | Doc]], *, sub: str = "", words: Sequence[int] = (0,), wide: bool = False) -> Doc:
    """A table: cells are text, or text with a pattern's colour or an action; columns in `words` stand left, numbers right.

    Tables stand in pairs; a `wide` one has its line to itself.
    """
    return {"title": title, "sub": sub, "head": list(head), "rows": [list(row) for row in rows], "words": list(words), "wide": wide}
