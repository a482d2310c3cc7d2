"""The bake-off: every pattern on one sample of the client's own cases, paired, and what follows from it."""

from importlib import import_module
from typing import Any, Literal

from advisorkit.values.messages import UsageError, here

Scoring = Literal["label", "fields", "exact", "judge", "sheet"]
"""How an answer is judged: one of the labels, field by field, the same words, by a model, by hand."""


def part(name: str) -> Any:
    """A module of the bake-off; a package of the extra ``bakeoff`` that is missing is told with what to do."""
    try:
        return import_module(f"advisorkit.bakeoff.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("advisorkit"):
            raise
        raise UsageError(here('this needs {}: python -m pip install "advisorkit[bakeoff]"; nothing was sent', error.name)) from None
