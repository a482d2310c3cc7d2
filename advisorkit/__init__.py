"""Advice on prompting, retrieval (RAG), fine-tuning or both, worked out with the client.

Example:
    >>> import advisorkit as ak
    >>> work = ak.open("acme.yaml")  # doctest: +SKIP
    >>> work.assess().recommended  # doctest: +SKIP
    'rag'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorkit.screens.screen import screen
    from advisorkit.screens.sections import layouts
    from advisorkit.screens.workbook import (
        Workbook as Work,
        open,  # noqa: A004
    )

__all__ = ["Work", "__version__", "layouts", "open", "screen"]
__version__ = "0.1.0"
_LATE = {"Work": "workbook.Workbook", "open": "workbook.open", "screen": "screen.screen", "layouts": "sections.layouts"}


def __getattr__(name: str) -> object:
    """What a notebook uses, loaded when first asked for, so that importing the package stays cheap."""
    if name in _LATE:
        module, _, found = _LATE[name].partition(".")
        return getattr(import_module(f"advisorkit.screens.{module}"), found)
    raise AttributeError(f"module 'advisorkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
