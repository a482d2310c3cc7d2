"""Colours, marks and faces: the one place where the look of charts and pages is set."""

from collections.abc import Mapping

SANS = "Helvetica Neue, Arial, Liberation Sans, sans-serif"
"""Faces for data; all of one width, so text is laid out alike everywhere."""
SERIF = "Georgia, Charter, Liberation Serif, serif"
"""Faces for advice and page titles."""
MONO = "Liberation Mono, monospace"
"""Faces for code."""

MARKS: Mapping[str, str] = {"prompt": "circle", "rag": "square", "finetune": "triangle", "hybrid": "diamond", "": "ring"}
"""Mark of each pattern and of what is none, so that colour is never alone."""


Theme = Mapping[str, str]
"""Colour by token: page, tint, ink, text2, text3, control, hairline, the patterns, evidence_for and so on; hex, or a variable of the page."""

_TOKENS = (
    "page", "tint", "ink", "text2", "text3", "control", "hairline", "prompt", "rag", "finetune", "hybrid",
    "evidence_for", "evidence_against", "guess", "error", "focus", "on_pattern",
)
LIGHT: Theme = dict(zip(_TOKENS, [
    "#FFFFFF", "#F2F5F8", "#14202B", "#4A5763", "#5F6B77", "#7D8995", "#D5DADF", "#007E68", "#0B4F9E",
    "#B94F00", "#7A2360", "#2F4A63", "#7F8FA0", "#8A5A00", "#A3261B", "#1A5FD0", "#FFFFFF",
], strict=True))  # fmt: skip
"""The theme of reports and bright rooms; see the contrast figures in the tests."""
DARK: Theme = dict(zip(_TOKENS, [
    "#12171D", "#1B222A", "#E9EDF1", "#A9B4BF", "#8995A1", "#7D8995", "#2C363F", "#57D0B8", "#5A9CF0",
    "#F59F57", "#D873B5", "#B7C7D6", "#66798C", "#E3B341", "#FF8B80", "#8AB8FF", "#12171D",
], strict=True))  # fmt: skip
"""The theme of dark screens."""
THEMES: Mapping[str, Theme] = {"light": LIGHT, "dark": DARK}
"""Both themes by name."""
SCREEN: Theme = {token: f"var(--ak-{token.replace('_', '-')})" for token in _TOKENS}
"""Colours as variables of the page, so that one drawing serves the bright and the dark screen."""
