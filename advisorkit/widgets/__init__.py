"""Screens of the live workbooks, drawn in the browser by our own script."""

from advisorkit.widgets.screen import Edit, Screen

__all__ = ["Edit", "Screen"]
