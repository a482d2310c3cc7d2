"""The bake-off: every pattern on one sample of the client's own cases, paired, and what follows from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from advisorkit.values.errors import UsageError

Scoring = Literal["label", "fields", "exact", "judge", "sheet"]
"""How an answer is judged: one of the labels, field by field, the same words, by a model, by hand."""


@contextmanager
def installed() -> Iterator[None]:
    """Inside, a package of the extra ``bakeoff`` that is missing is told with what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("advisorkit"):
            raise
        raise UsageError(f'a bake-off needs {error.name}: python -m pip install "advisorkit[bakeoff]"') from None
