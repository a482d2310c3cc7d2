"""Words of the screens."""

from __future__ import annotations

from advisorkit.files.texts import Texts

_TEXTS = Texts("screen")
tell = _TEXTS.say


def for_browser() -> dict[str, str]:
    """The phrases that the browser script uses by itself.

    Example:
        >>> for_browser()["undo"]
        'Undo'
    """
    return {key.removeprefix("ui."): text for key, text in _TEXTS.all.items() if key.startswith("ui.")}
