"""Blocks as MIME bundles: what a notebook cell emits, and how an exporter reads it back; and as HTML, by the macros of ``blocks.html.j2``.

Payloads are lists of pairs, never mappings: notebook files sort their keys. Every word of a page is escaped by Jinja and nowhere else.
What a consultant made with other packages becomes blocks here too: plotly and matplotlib figures, and pandas frames.
"""

import io
import os
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, partial
from html import unescape
from numbers import Real
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from IPython.display import display
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup, escape

from advisorkit.charts.draw import KINDS
from advisorkit.charts.kinds import Chart
from advisorkit.charts.plotted import Picture, Plot, Series
from advisorkit.charts.svg import svg
from advisorkit.export import blocks as kinds
from advisorkit.export.blocks import Block, Cell, ChartBlock, table_of
from advisorkit.export.formats import UNSEEN, WANTED
from advisorkit.export.terminal import plain as said
from advisorkit.values.messages import RenderError, here
from advisorkit.values.places import Cited, at, standing
from advisorkit.values.quantities import plain

_ROOM = 650
"""Pixels that a page has across."""
_DRAWN = {"scatter": "points", "scattergl": "points", "bar": "bar", "box": "box", "heatmap": "field"}
_WORKS = "plotly figures of scatter, line, bar, box or heatmap traces, matplotlib figures and pandas frames"


def block_of(value: Any, alt: str = "") -> Block:
    """A figure or a frame as a block; `alt` says what a figure shows, and is the title of a frame's table.

    Raises:
        RenderError: If it cannot be drawn in every format; names what can.
    """
    if hasattr(value, "savefig"):
        return ChartBlock(_picture(value, alt), titled=False)
    if hasattr(value, "to_plotly_json") and hasattr(value, "layout"):
        return ChartBlock(_plot(value, alt))
    if hasattr(value, "iterrows"):
        return _table(value, alt)
    raise RenderError(f"{type(value).__name__} cannot be shown in a document; blocks can, and {_WORKS}")


def _picture(figure: Any, alt: str) -> Picture:
    if not alt:
        raise RenderError("say what the picture shows, for those who cannot see it: show(figure, alt=…)")
    made = io.BytesIO()
    with sys.modules["matplotlib"].rc_context({"svg.hashsalt": alt}):
        figure.savefig(made, format="svg", metadata={"Date": None})
    wide, tall = (96 * float(inches) for inches in figure.get_size_inches())
    content = f"data:image/svg+xml;base64,{b64encode(made.getvalue()).decode()}"
    return Picture(title="", said=alt, content=content, wide=min(wide, _ROOM), tall=tall * min(1, _ROOM / wide))


def _plot(figure: Any, alt: str) -> Plot:
    layout, traces = figure.layout, [trace for trace in figure.data if trace.visible in (None, True)]
    if faults := list(dict.fromkeys(_faults(layout, traces))):
        raise RenderError(f"this plotly figure cannot be drawn in a document: {'; '.join(faults)}. What can be shown: {_WORKS}")
    places = [_places(trace, n) for n, trace in enumerate(traces)]
    names = [_names(v for found in places for v in found[axis]) for axis in (0, 1)]
    series = [one for trace, (x, y) in zip(traces, places, strict=True) for one in _series(trace, *(_numbers(v, n) for v, n in zip((x, y), names, strict=True)))]
    title, *titles = (_words(holder.title.text) for holder in (layout, layout.xaxis, layout.yaxis))
    return Plot(
        title=title or alt or " and ".join(filter(None, (one.name for one in series))), said=alt, series=tuple(series), across=tuple(names[0]), up=tuple(names[1]),
        titles=(titles[0], titles[1]), stacked=layout.barmode in ("stack", "relative"),
    )  # fmt: skip


def _faults(layout: Any, traces: Sequence[Any]) -> Iterator[str]:
    if not traces:
        yield "it holds no trace"
    for trace in traces:
        if trace.type not in _DRAWN:
            yield f"a {trace.type} trace"
        elif trace.xaxis not in (None, "x") or trace.yaxis not in (None, "y"):
            yield "more than one pair of axes"
        elif trace.type.startswith("scatter") and (trace.fill not in (None, "none") or "text" in (trace.mode or "")):
            yield "filled areas and words at points"
        elif trace.type == "box" and trace.y is None:
            yield "lying boxes, or boxes without their values"
    if "log" in (layout.xaxis.type, layout.yaxis.type):
        yield "a logarithmic axis"
    if any(trace.type == "bar" for trace in traces) and layout.barmode == "overlay":
        yield "bars over bars"


def _places(trace: Any, n: int) -> tuple[list[Any], list[Any]]:
    """Where the values of a trace stand across and up, as given or numbered."""
    if trace.type == "heatmap":
        z = np.asarray(trace.z)
        across, up = ([str(v) for v in given] if given is not None else [str(i + 1) for i in range(count)] for given, count in ((trace.x, z.shape[1]), (trace.y, z.shape[0])))
        return across * len(up), [name for name in up for _ in across]
    if trace.type == "box":
        return [str(v) for v in trace.x] if trace.x is not None else [trace.name or str(n + 1)] * len(trace.y), list(trace.y)
    x, y = (None if given is None else list(given) for given in (trace.x, trace.y))
    x = list(range(len(y or ()))) if x is None else x
    return x, list(range(len(x))) if y is None else y


def _names(values: Iterable[Any]) -> list[str]:
    """The names along an axis in the order in which they come; none where all are numbers."""
    found = [v for v in values if v is not None]
    return [] if all(isinstance(v, Real) for v in found) else list(dict.fromkeys(map(_named, found)))


def _named(value: Any) -> str:
    return str(value).removesuffix(" 00:00:00").removesuffix("T00:00:00.000000000")


def _numbers(values: Iterable[Any], names: list[str]) -> list[float]:
    at = {name: float(n) for n, name in enumerate(names)}
    return [float("nan") if v is None else at[_named(v)] if names else float(v) for v in values]


def _series(trace: Any, x: list[float], y: list[float]) -> Iterator[Series]:
    name, z = _words(trace.name), list(np.asarray(trace.z, dtype=float).ravel()) if trace.type == "heatmap" else [0.0] * len(x)
    known = [row for row in zip(x, y, z, strict=True) if np.isfinite(row).all()]
    if trace.type == "box":
        for place in dict.fromkeys(row[0] for row in known):
            summary = _summary(np.array([row[1] for row in known if row[0] == place]))
            yield Series(name, "box", (place,) * len(summary), summary)
    elif known:
        xs, ys, zs = (tuple(map(float, column)) for column in zip(*known, strict=True))
        lined = trace.type.startswith("scatter") and "lines" in (trace.mode or "lines")
        yield Series(name, "line" if lined else _DRAWN[trace.type], xs, ys, zs if trace.type == "heatmap" else ())  # type: ignore[arg-type]


def _summary(values: Any) -> tuple[float, ...]:
    """Ends of the whiskers, at most one and a half boxes long; edges and middle of the box; and what lies outside."""
    first, middle, third = np.percentile(values, (25, 50, 75))
    inside = (values >= first - 1.5 * (third - first)) & (values <= third + 1.5 * (third - first))
    low, high = values[inside].min(), values[inside].max()
    return tuple(map(float, (low, first, middle, third, high, *sorted(values[~inside]))))


def _words(text: str | None) -> str:
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", text or "").split()))


def _table(frame: Any, title: str) -> Block:
    shown = frame if type(frame.index).__name__ == "RangeIndex" else frame.reset_index()
    head = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in shown.columns]
    right = [n for n, kind in enumerate(shown.dtypes) if kind.kind in "iuf"]
    return table_of(title, head, [[_cell(value) for value in row] for row in shown.itertuples(index=False, name=None)], right)


def _cell(value: Any) -> str:
    if str(value) in {"None", "nan", "NaT", "<NA>"}:
        return "not known"
    return {True: "yes", False: "no"}[bool(value)] if isinstance(value, bool | np.bool_) else plain(float(value)) if isinstance(value, Real) else _named(value)


def _mime(kind: type[Any]) -> str:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__.removesuffix("Block")).lower()
    return f"application/vnd.advisorkit.{name}.v1+json"


MIME: Mapping[type[Any], str] = {kind: _mime(kind) for kind in get_args(Block)}
"""MIME type of each kind of block."""
ONLY = "advisorkit_only"
"""Key of an output's metadata: the one format that it is for."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufeff\ufffe\uffff\U000f0000-\U0010ffff]")
_PLAIN = {str, int, float, bool, type(None)}
"""Types of which JSON takes values as they are."""
_BY_MIME = {mime: kind for kind, mime in MIME.items()}


def bundle(block: Block, *, seen: bool = True) -> dict[str, Any]:
    """`block` as a MIME bundle: its own type and text, and HTML and SVG where somebody sees it before it is exported.

    Example:
        >>> bundle(kinds.Heading("Why"))["application/vnd.advisorkit.heading.v1+json"]
        [['text', 'Why'], ['level', 3], ['part', ''], ['column', '']]
    """
    data = {MIME[type(block)]: encode(block), "text/plain": said(block)}
    if seen:
        data["text/html"] = html(block)
    if seen and isinstance(block, kinds.ChartBlock):
        data["image/svg+xml"] = svg(block.chart)
    return data


def read(data: Mapping[str, Any]) -> Block | None:
    """The block in a MIME bundle; None when it holds none of ours.

    Raises:
        RenderError: If it claims to hold one and does not.
    """
    found = next((mime for mime in data if mime in _BY_MIME), None)
    return decode(_BY_MIME[found], data[found]) if found else None


def headline(notebook: Any) -> str:
    """What an executed notebook says was decided: a line a workflow, with its name where there are several; empty when it says nothing."""
    mime = MIME[kinds.DecisionBlock]
    told = (output["data"][mime] for cell in notebook["cells"] for output in cell.get("outputs", ()) if mime in output.get("data", ()))
    found = dict.fromkeys((block.part, block.said) for block in (decode(kinds.DecisionBlock, data) for data in told))
    return "\n".join(f"{part}: {advice}" if len(found) > 1 else advice for part, advice in found)


def encode(value: Any) -> Any:
    """Values as JSON: dataclasses become lists of pairs, tuples lists; so do words and numbers that know their place in the JSON documents.

    Example:
        >>> encode(kinds.Cell("RAG", "rag"))
        [['text', 'RAG'], ['tone', 'rag']]
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Cited):
        return [["told", str(value)], ["figures", encode(value.figures)]]
    if path := getattr(value, "path", ""):
        return [["value", value + 0], ["path", path]]
    if not is_dataclass(value):
        return value
    kind = [["kind", type(value).__name__]] if isinstance(value, Chart) else []
    return [*kind, *([field.name, encode(getattr(value, field.name))] for field in fields(value))]


def decode(hint: Any, value: Any) -> Any:
    """The value of type `hint` that `encode` made JSON of; anything else is refused.

    Raises:
        RenderError: If the JSON does not fit the type.

    Example:
        >>> decode(kinds.Cell, [["text", "RAG"], ["tone", "rag"]])
        Cell(text='RAG', tone='rag')
    """
    try:
        return _reader(hint)(value)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise RenderError(f"a block of the notebook cannot be read ({type(error).__name__}: {error}); run the notebook again with this advisorkit") from None


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """What reads values of one type."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Chart:
        return lambda value: _record(KINDS[dict(value)["kind"]], [pair for pair in value if pair[0] != "kind"])
    if is_dataclass(hint):
        return partial(_record, hint)
    if origin is Literal:
        return lambda value: inner[inner.index(value)]
    each = [_reader(one) for one in inner if one not in (Ellipsis, type(None))]
    if origin is tuple and inner[-1] is Ellipsis:
        return lambda value: tuple(map(each[0], value))
    if origin is tuple:
        return lambda value: tuple(read_one(item) for read_one, item in zip(each, value, strict=True))
    if origin in (Union, UnionType):
        return lambda value: None if value is None else each[0](value)
    return partial(_atom, hint)


def _atom(hint: Any, value: Any) -> Any:
    if type(value) is hint:
        return printable(value) if hint is str else value
    if hint is str and isinstance(value, list):
        return Cited(_atom(str, dict(value)["told"]), _reader(tuple[tuple[str, str], ...])(dict(value)["figures"]))
    if hint in (float, int) and isinstance(value, list):
        return at(_atom(hint, dict(value)["value"]), _atom(str, dict(value)["path"]))
    if hint is float and type(value) is int:
        return float(value)
    raise TypeError(f"{value!r} is not {hint.__name__}")


def printable(text: str) -> str:
    r"""`text` with a mark in place of what no document may hold: control characters, halves of letters, private signs.

    Example:
        >>> printable("red \x1b[31m")
        'red �[31m'
    """
    return text if text.isprintable() else _UNPRINTABLE.sub("\ufffd", text)


@cache
def _readers(kind: Any) -> Mapping[str, Callable[[Any], Any]]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _record(kind: Any, value: Any) -> Any:
    readers = _readers(kind)
    return kind(**{name: readers[name](item) for name, item in value})


def show(blocks: Block | Iterable[Block] | object, *, alt: str = "", only: str = "") -> None:
    """Display a block, or several in order, in the running notebook; in a batch, where nobody looks, an exporter draws them.

    Args:
        blocks: What to show: blocks, a plotly or matplotlib figure, or a pandas frame.
        alt: What a figure shows, for those who cannot see it; the title of a frame's table.
        only: The one format that these blocks are for, such as ``pptx``: there they stand instead of everything shown
            without it, and in no other format. Where it is known that this format is not made, they are never worked out.

    Raises:
        RenderError: If a figure cannot be drawn in every format; names what can.
    """
    if only and only not in os.environ.get(WANTED, only).split():
        return
    seen = UNSEEN not in os.environ
    for shown in blocks if isinstance(blocks, tuple | list | Iterator) else (blocks,):
        block = shown if type(shown) in MIME else block_of(shown, alt)
        display(bundle(block, seen=seen), raw=True, metadata={ONLY: only} if only else None)  # type: ignore[no-untyped-call]


def done() -> None:
    """Mark the document as finished: the last cell of every template."""
    show(kinds.Done())


def html(block: Block, **values: Markup | bool) -> str:
    """`block` as an HTML fragment; `values` are what its macro takes beside it, such as that a chart has half of a page.

    Example:
        >>> from advisorkit.export.blocks import Text
        >>> html(Text(("1 < 2",)))
        '<p class="body">1 &lt; 2</p>'
    """
    return str(getattr(template("blocks.html.j2").module, type(block).__name__)(block, **values))


@cache
def template(name: str) -> Template:
    """One of the templates of blocks and pages."""
    found = Environment(loader=FileSystemLoader(Path(__file__).parent / "template" / "advisorkit"), autoescape=True, finalize=_placed)
    found.globals |= {"svg": _drawn, "here": here, "lines": _lines}
    return found.get_template(name)


def _placed(value: object) -> object:
    """Words whose figures carry their paths in the JSON documents; anything else as it is."""
    if not isinstance(value, Cited):
        return value
    made, left = Markup(), str(value)
    for words, path in value.figures:
        before, left = standing(words).split(left, 1)
        made += before + Markup('<data data-path="{}">{}</data>').format(path, words)
    return made + left


def _lines(cell: Cell) -> Markup:
    """The words of a cell, the first line of a strong one bold and what follows it quiet, however a screen breaks them."""
    first, line, rest = escape(_placed(cell.text)).partition("\n")
    begun = Markup("<b>{}</b>").format(first) if cell.tone == "strong" else first
    return begun + Markup("{}<span>{}</span>").format(line, rest) if rest else begun


def _drawn(chart: Chart, half: bool) -> Markup:
    return Markup(svg(chart, wide="half" if half else None))  # noqa: S704 - every word of a chart is escaped where it is drawn
