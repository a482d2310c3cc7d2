"""Screens of the live workbooks, drawn in the browser by our own script."""

from advisorkit.widgets.asking import plain
from advisorkit.widgets.document import document
from advisorkit.widgets.phrases import tell
from advisorkit.widgets.pricing import positions, scale_of, typed
from advisorkit.widgets.screen import Edit, Screen
from advisorkit.widgets.stage import SECTIONS, Notice, Stage

__all__ = ["SECTIONS", "Edit", "Notice", "Screen", "Stage", "document", "plain", "positions", "scale_of", "tell", "typed"]
