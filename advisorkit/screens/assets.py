"""The screens' own script and style, put together from the files beside this module."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from pathlib import Path

from advisorkit.charts.theme import DARK, LIGHT, MONO, SANS, SERIF, Theme

_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("dom", "link", "scene", "plotly", "charts", "bar", "question", "advice", "assumptions", "bill", "pages", "screen")
"""In order of use; each takes names from those before it."""


@cache
def script() -> str:
    """The module that draws every screen, as one ECMAScript source."""
    return "\n".join((_STATIC / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)


@cache
def style() -> str:
    """The style sheet, with the chart theme's colours and faces as variables.

    Example:
        >>> "--ak-rag: #0B4F9E" in style()
        True
    """
    faces = f"--ak-sans: {SANS}; --ak-serif: {SERIF}; --ak-mono: {MONO};"
    light = f".ak, body[data-ak-theme] {{ {_variables(LIGHT)} {faces} color-scheme: light; }}"
    dark = f'.ak[data-theme="dark"], body[data-ak-theme="dark"] {{ {_variables(DARK)} color-scheme: dark; }}'
    return f"{light}\n{dark}\n{(_STATIC / 'screen.css').read_text(encoding='utf-8')}"


@cache
def plotly() -> bytes:
    """plotly.js of the installed package, packed with gzip."""
    return gzip.compress((files("plotly") / "package_data" / "plotly.min.js").read_bytes(), compresslevel=4, mtime=0)


def _variables(theme: Theme) -> str:
    return " ".join(f"--ak-{token.replace('_', '-')}: {colour};" for token, colour in theme.colours.items())
