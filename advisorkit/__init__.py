"""Advice on prompting, retrieval (RAG), fine-tuning or both, worked out with the client.

Example:
    >>> import advisorkit as ak
    >>> work = ak.open("acme.yaml")  # doctest: +SKIP
    >>> work.assess().recommended  # doctest: +SKIP
    'rag'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorkit.screens.screen import screen
    from advisorkit.screens.work import Work, open  # noqa: A004

__all__ = ["Work", "__version__", "open", "screen"]
__version__ = "0.1.0"
_LATE = {"Work": "work", "open": "work", "screen": "screen"}


def __getattr__(name: str) -> object:
    """`open`, `screen` and `Work`, loaded when first asked for, so that importing the package stays cheap."""
    if name in _LATE:
        return getattr(import_module(f"advisorkit.screens.{_LATE[name]}"), name)
    raise AttributeError(f"module 'advisorkit' has no attribute '{name}'")
