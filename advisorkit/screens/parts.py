"""What a browser shows and how a screen stands: one ipywidget a part, all drawn from one document that they share."""

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import traitlets
from ipywidgets import Box, Widget

from advisorkit.charts.theme import DARK, LIGHT, MONO, SANS, SERIF, Theme
from advisorkit.export.blocks import Block
from advisorkit.export.bundles import html
from advisorkit.files.texts import Texts
from advisorkit.values.engagement import Engagement

Doc = dict[str, Any]
"""What a part shows, as the browser draws it."""
tell = Texts("screen").say
Edit = Callable[[str, Mapping[str, Any]], None]
"""Carries out one edit: its name and arguments, as the browser sent them."""
_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("dom", "link", "plotly", "charts", "bar", "question", "advice", "assumptions", "pages", "screen")
"""In order of use; each takes names from those before it."""
_MOUNT = """const all = (globalThis.advisorkit ??= {});
const render = async ({ model, el }) => {
  const known = (all[model.get("key")] ??= Promise.withResolvers());
  return (await known.promise).mount(model.get("kind"), model.get("name"), el);
};
export default { render };"""
"""The script of a part: the script of the document that it follows draws it."""


def script() -> str:
    """The module that draws every part, as one ECMAScript source."""
    return "\n".join((_STATIC / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)


def style() -> str:
    """The style sheet, with the chart theme's colours and faces as variables.

    Example:
        >>> "--ak-rag: #0B4F9E" in style()
        True
    """
    faces = f"--ak-sans: {SANS}; --ak-serif: {SERIF}; --ak-mono: {MONO};"
    light = f".ak, body[data-ak-theme] {{ {_variables(LIGHT)} {faces} color-scheme: light; }}"
    dark = f'body[data-ak-theme="dark"], body[data-ak-theme="dark"] .ak {{ {_variables(DARK)} color-scheme: dark; }}'
    return f"{light}\n{dark}\n{(_STATIC / 'screen.css').read_text(encoding='utf-8')}"


def _variables(theme: Theme) -> str:
    return " ".join(f"--ak-{token.replace('_', '-')}: {colour};" for token, colour in theme.items())


@cache
def plotly() -> bytes:
    """plotly.js of the installed package, packed with gzip."""
    return gzip.compress((files("plotly") / "package_data" / "plotly.min.js").read_bytes(), compresslevel=4, mtime=0)


def phrases() -> dict[str, str]:
    """The phrases that the browser script uses by itself.

    Example:
        >>> phrases()["undo"]
        'Undo'
    """
    return {key.removeprefix("ui."): text for key, text in Texts("screen").all.items() if key.startswith("ui.")}


Link = tuple[int, int, str, Mapping[str, str]]
"""Row and column of a cell that is a button, the name of its edit, and what the edit is given."""


def block(*shown: Block, wide: bool = False, links: Iterable[Link] = ()) -> Doc:
    """Blocks of a report on a screen; blocks stand in pairs, a `wide` one has its line to itself."""
    return {"html": "".join(map(html, shown)), "wide": wide, "links": [list(link) for link in links]}


def blocks(*found: Doc, warnings: Sequence[str] = (), busy: Sequence[int] | None = None) -> Doc:
    """A part of blocks, with what the reader should know below them, and how many of how many are worked out."""
    return {"blocks": list(found), "warnings": list(warnings), "busy": busy and list(busy)}


def lead(headline: str, summary: str = "", when: str = "") -> Doc:
    """The sentence above a page, and what it rests on."""
    return {"when": when, "clear": True, "headline": [{"text": headline}], "summary": summary, "beside": []}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know or decide."""

    kind: str
    """``info``, ``conflict`` or ``error``."""
    words: str
    """What happened."""
    actions: tuple[tuple[str, str], ...] = ()
    """Label and name of each edit that answers it."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a screen stands: what the user looks at; nothing here changes a result."""

    section: str = "assessment"
    """Which workbook: assessment, costs, pilot, portfolio or deliver."""
    layouts: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Own layouts by workbook; the house's where there is none."""
    presenting: bool = False
    """Large type, client words only."""
    asked: str = ""
    """Criterion taken up by hand; empty means the next best one."""
    echo: tuple[str, str] = ("", "")
    """Criterion whose amount is being typed, and what that is understood as, where it is more than a number."""
    asking_on: bool = False
    """Whether questions go on although no answer alone can turn the advice."""
    listed: str = "matters"
    """Which assumptions are listed: matters, changed, all, or a topic."""
    sought: str = ""
    """What is looked for among the assumptions."""
    ended: frozenset[str] = frozenset()
    """Assumptions of which a low or high was typed: a likely value typed next is one of three, even where they are equal."""
    explored: frozenset[str] = frozenset()
    """Charts that are drawn by plotly, to be zoomed and read off."""
    widths: Mapping[str, float] = field(default_factory=dict)
    """Pixels that the browser has for each chart, by the chart's name."""
    theme: str = "light"
    """``light`` or ``dark``."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong beside a control, by the control's name."""
    asks: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """What marked results leave open, by the option that settles it, with what may be chosen."""
    handed: bool = False
    """Whether a marking sheet was handed out and no results came in since."""
    read: tuple[Engagement, Engagement] | None = None
    """What was agreed when marked results were read, and what using them would make of it."""
    notices: tuple[Notice, ...] = ()
    """Above everything else."""

    def previewed(self, agreed: Engagement) -> Engagement | None:
        """What using the results that were read would make of `agreed`; None where none were, or something else was agreed since."""
        return self.read[1] if self.read and self.read[0] == agreed else None


class LiveDocument(anywidget.AnyWidget):
    """What all parts of a screen are drawn from; it has no look of its own.

    It goes out in one message, so no part can show another state than the others.
    What comes in is not trusted: `edit` checks names and values again.
    """

    _esm = script()
    _css = style()
    key = traitlets.Unicode().tag(sync=True)
    """By which its parts find it."""

    view = traitlets.Dict().tag(sync=True)
    """What is shown now: the parts by name, and the number of the revision."""

    words = traitlets.Dict().tag(sync=True)
    """Phrases that the script uses by itself."""

    def __init__(self, edit: Edit, beat: Callable[[], None], view: Mapping[str, Any] | None = None) -> None:
        super().__init__(key=uuid4().hex, view=dict(view or {}), words=phrases())
        self._edit, self._beat = edit, beat
        self.on_msg(self._hear)

    def _hear(self, _: object, message: Any, __: object) -> None:
        if not isinstance(message, dict):
            return
        try:
            if "edit" in message:
                self._edit(str(message.get("name")), message.get("args") or {})
            elif "plotly" in message:
                self.send({"plotly": True}, buffers=[plotly()])
            elif "beat" in message:
                self._beat()
                if message["beat"] != self.view["revision"]:  # what Jupyter sends while a page is put together again can be lost
                    self.send_state("view")
        finally:  # a browser waits for the answer before it sends the next edit
            self.send({"done": message.get("edit")})


class Part(anywidget.AnyWidget):
    """One card, chart, table or control, to be put in any cell or box."""

    _esm = _MOUNT
    key = traitlets.Unicode().tag(sync=True)
    """The document that it is drawn from."""

    kind = traitlets.Unicode().tag(sync=True)
    """How it is drawn."""

    name = traitlets.Unicode().tag(sync=True)
    """What it shows, by its name in the document."""


Tree = str | tuple["Tree", ...]
"""A part by its kind and, where it differs, what it shows; or a box: its class and what it holds."""


def names(tree: Tree) -> list[str]:
    """The parts in `tree`.

    Example:
        >>> names(("left", "question", ("split", "chart map")))
        ['question', 'chart map']
    """
    return [tree] if isinstance(tree, str) else [name for inner in tree[1:] for name in names(inner)]


def laid_out(tree: Tree, document: LiveDocument) -> Widget:
    """The widgets of `tree`, which follow `document`."""
    if isinstance(tree, str):
        part = Part(key=document.key, kind=tree.partition(" ")[0], name=tree)
        return classed(part, f"ak ak-part ak-is-{part.kind} ak-is-{tree.replace(' ', '-')}")
    return classed(Box([laid_out(inner, document) for inner in tree[1:]]), str(tree[0]))


def classed(widget: Any, words: str) -> Any:
    """`widget` with the classes of the style sheet named in `words`."""
    widget._dom_classes = tuple(words.split())  # noqa: SLF001  as ipywidgets' own add_class does, in one step
    return widget
