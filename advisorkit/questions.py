"""Which open question to ask next, and when to stop asking."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NextQuestion"]


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """An open question and what its answer is expected to tell."""

    criterion: str
    """Criterion id."""
    question: str
    """The question in a client's words."""
    information_bits: float
    """Expected information about the destination, in bits."""
