"""A renderer for tests: nbconvert's own page without code."""

from __future__ import annotations

from functools import cache
from typing import Any

from nbconvert import HTMLExporter

__all__ = ["render"]


@cache
def exporter() -> HTMLExporter:
    return HTMLExporter(exclude_input=True, template_name="classic")


def render(notebook: Any, **options: Any) -> str:
    page, _ = exporter().from_notebook_node(notebook, resources={"metadata": {"name": "page"}})
    return str(page)
