"""Screens of the live workbooks, drawn in the browser by our own script."""

from advisorkit.widgets.asking import plain
from advisorkit.widgets.document import document
from advisorkit.widgets.pricing import scale_of
from advisorkit.widgets.screen import Edit, Screen
from advisorkit.widgets.stage import SECTIONS, Notice, Stage

__all__ = ["SECTIONS", "Edit", "Notice", "Screen", "Stage", "document", "plain", "scale_of"]
