"""One screen of a live workbook: a view document out, edits in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from advisorkit.screens.assets import plotly, script, style
from advisorkit.screens.phrases import for_browser

Edit = Callable[[str, Mapping[str, Any]], None]
"""Carries out one edit: its name and arguments, as the browser sent them."""


class Screen(anywidget.AnyWidget):
    """Cards, charts and tables drawn together from one document.

    The document goes out in one message, so no chart can show another state than the words beside it.
    What comes in is not trusted: `edit` checks names and values again.
    """

    _esm = script()
    _css = style()
    view = traitlets.Dict().tag(sync=True)
    """The document shown now."""

    words = traitlets.Dict().tag(sync=True)
    """Phrases that the script uses by itself."""

    def __init__(self, edit: Edit, view: Mapping[str, Any], beat: Callable[[], None]) -> None:
        super().__init__(view=dict(view), words=for_browser())
        self._edit, self._beat = edit, beat
        self.on_msg(self._hear)

    def _hear(self, _: object, message: Any, __: object) -> None:
        if not isinstance(message, dict):
            return
        if "edit" in message:
            self._edit(str(message.get("name")), message.get("args") or {})
        elif "plotly" in message:
            self.send({"plotly": True}, buffers=[plotly()])
        elif "beat" in message:
            self._beat()
        self.send({"done": message.get("edit")})
