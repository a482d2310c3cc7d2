"""Sentences of the report."""

from __future__ import annotations

from advisorkit.files.texts import Texts

TEXTS = Texts("report")
say = TEXTS.say
columns = TEXTS.columns


def sure(chance: float) -> str:
    """How sure a chance sounds: ``very_likely``, ``probably``, ``may`` or ``unlikely``.

    Example:
        >>> [sure(chance) for chance in (0.9, 0.7, 0.3, 0.1)]
        ['very_likely', 'probably', 'may', 'unlikely']
    """
    return "very_likely" if chance > 0.85 else "probably" if chance >= 0.6 else "may" if chance >= 0.15 else "unlikely"
