"""Many reports by morning: templates executed by papermill, one fresh process each, resumable and whole."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisorkit.batch.inputs import gather, job_of
    from advisorkit.batch.runner import produce
    from advisorkit.batch.values import BatchResult, Deliverable, Job, Limits, Template

__all__ = ["BatchResult", "Deliverable", "Job", "Limits", "Template", "gather", "job_of", "produce"]


def __getattr__(name: str) -> object:
    """Public names, loaded when first asked for: a primed process sets up its imports before it loads them."""
    if name not in __all__:
        raise AttributeError(f"module 'advisorkit.batch' has no attribute '{name}'")
    room = {"gather": "inputs", "job_of": "inputs", "produce": "runner"}.get(name, "values")
    return getattr(import_module(f"advisorkit.batch.{room}"), name)
