"""Screens of the live workbooks, drawn in the browser by our own script."""

from advisorkit.widgets.asking import plain
from advisorkit.widgets.delivering import Made, deliver
from advisorkit.widgets.document import document
from advisorkit.widgets.phrases import tell
from advisorkit.widgets.piloted import pilot
from advisorkit.widgets.portfolio import side_by_side, together
from advisorkit.widgets.pricing import positions, scale_of, typed
from advisorkit.widgets.screen import Edit, Screen
from advisorkit.widgets.stage import SECTIONS, Doc, Notice, Stage

__all__ = [
    "SECTIONS", "Doc", "Edit", "Made", "Notice", "Screen", "Stage", "deliver", "document", "pilot", "plain", "positions", "scale_of",
    "side_by_side", "tell", "together", "typed",
]
