"""Blocks: typed bundles that survive a notebook file, and words that stay words."""

from __future__ import annotations

import json
import re
from html import unescape

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook, new_output
from sample_charts import CHARTS, RANGES

from advisorkit.export.blocks import (
    Block,
    Callout,
    Cell,
    ChartBlock,
    Cover,
    DecisionBlock,
    Done,
    Heading,
    KeyFigure,
    KeyFigures,
    LineItems,
    Money,
    Table,
    Text,
)
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import MIME, bundle, read
from advisorkit.export.markup import html
from advisorkit.export.terminal import plain
from advisorkit.values.errors import RenderError

text = st.text(max_size=30)
cells = st.builds(Cell, text, st.sampled_from(["", "rag", "muted"]))
blocks = st.one_of(
    st.builds(Heading, text, st.sampled_from([2, 3]), text),
    st.builds(Text, st.lists(text, max_size=3).map(tuple), st.sampled_from(["body", "lead", "bullets", "numbered", "note"])),
    st.builds(KeyFigures, st.lists(st.builds(KeyFigure, text, text), max_size=3).map(tuple)),
    st.builds(lambda a, b: Table(a.text, (a, b), ((b, a),), (False, True), total=True), cells, cells),
    st.builds(Callout, text, text, st.sampled_from(["note", "warning", "error"])),
    st.builds(DecisionBlock, text, text, st.booleans(), text, text),
    st.builds(Cover, text, text, text, text, text, st.builds(Brand, text), text),
    st.builds(LineItems, text, st.just("EUR"), st.tuples(cells), st.lists(st.builds(Money, text, st.tuples(st.floats(0, 1e9) | st.none())), max_size=4).map(tuple), text),
    st.sampled_from([ChartBlock(chart, ("beside",)) for chart in CHARTS]),
    st.just(Done()),
)


def through_a_file(block: Block) -> Block | None:
    """The block after its bundle was saved in a notebook file, which sorts keys, and read again."""
    notebook = new_notebook(cells=[new_code_cell("", outputs=[new_output("display_data", data=bundle(block))])])
    saved = nbformat.reads(nbformat.writes(notebook), as_version=4)
    return read(saved.cells[0].outputs[0].data)


@given(blocks)
def test_a_block_read_back_from_a_notebook_file_is_the_same(block: Block) -> None:
    assert through_a_file(block) == block


@given(blocks)
def test_a_payload_holds_no_mapping_whose_order_could_be_lost(block: Block) -> None:
    payload = json.dumps(bundle(block)[MIME[type(block)]])

    assert "{" not in re.sub(r'"(\\.|[^"\\])*"', '""', payload)


@given(blocks)
def test_every_bundle_has_a_fallback_for_those_who_do_not_know_it(block: Block) -> None:
    data = bundle(block)

    assert {"text/html", "text/plain"} <= set(data)
    assert ("image/svg+xml" in data) == isinstance(block, ChartBlock)


@given(st.text(st.sampled_from("<>&\"'/ab=")), st.sampled_from(["lead", "bullets", "numbered"]))
def test_client_words_never_become_markup(words: str, style: str) -> None:
    paragraph = html(Text((words,), style))  # type: ignore[arg-type]

    inner = re.sub(r"</?(p|ul|ol|li)( class=\"\w+\")?>", "", paragraph)
    assert "<" not in inner
    assert unescape(inner) == words


@pytest.mark.parametrize("make", [
    Heading, lambda w: KeyFigures((KeyFigure(w, w),)), lambda w: Callout(w, w), lambda w: DecisionBlock(w, w, clear=True, state=w, override=w),
    lambda w: Table(w, (Cell(w),), ((Cell(w),),), (False,), w, w), lambda w: LineItems(w, "EUR", (Cell(w),), (Money(w, (1.0,)),), w),
    lambda w: Cover(w, w, w, w, sample=w, brand=Brand(name=w, confidentiality=w)), lambda w: ChartBlock(RANGES, (w,)),
])
def test_a_script_in_any_field_is_shown_as_text(make: object) -> None:
    block = make("<script>alert(1)</script><img src=x onerror=alert(1)>")  # type: ignore[operator]

    shown = html(block)

    assert "<script" not in shown
    assert "<img src=x" not in shown
    assert "&lt;script&gt;" in shown


def test_a_table_tells_readers_which_cells_are_heads() -> None:
    table = Table("Tests", (Cell("Rung"), Cell("Chance")), ((Cell("Prompt", "prompt"), Cell("8%")),), (False, True))

    shown = html(table)

    assert "<caption><b>Tests</b></caption>" in shown
    assert '<table class="n2">' in shown
    assert '<th scope="col">Chance' in shown
    assert '<th scope="row" class="is-prompt">Prompt<td>8%' in shown


@given(st.lists(st.floats(0, 1e8), min_size=1, max_size=8))
def test_a_printed_total_is_the_sum_of_what_is_printed(amounts: list[float]) -> None:
    bill = LineItems("Bill", "EUR", (Cell("RAG"),), tuple(Money("line", (amount,)) for amount in amounts))

    printed = [int(row[1].replace(",", "")) for row in bill.printed()]

    assert printed[-1] == sum(printed[:-1])


def test_what_is_not_known_is_never_printed_as_zero() -> None:
    bill = LineItems("Bill", "EUR", (Cell("RAG"),), (Money("Build", (21_600.0,)), Money("Wrong answers", (None,))))

    assert bill.printed() == (("Build", "22"), ("Wrong answers", "not known"), ("Total", "at least 22"))
    assert bill.subtitle == "€ thousand"


def test_small_bills_are_printed_in_whole_units() -> None:
    bill = LineItems("Bill", "CHF", (Cell("Prompt"),), (Money("Build", (3_200.4,)), Money("Calls", (620.6,))))

    assert bill.printed() == (("Build", "3,200"), ("Calls", "621"), ("Total", "3,821"))
    assert bill.subtitle == "CHF"


@pytest.mark.parametrize("payload", [
    [["text", 7], ["level", 3], ["part", ""]], [["text", "Why"], ["level", 9], ["part", ""]], [["nonsense", "x"]], "Why", None, [["text", "a", "b"]],
])
def test_a_payload_that_is_not_a_heading_is_refused(payload: object) -> None:
    with pytest.raises(RenderError, match="cannot be read"):
        read({MIME[Heading]: payload})


def test_a_chart_of_an_unknown_kind_is_refused() -> None:
    data = bundle(ChartBlock(RANGES))
    data[MIME[ChartBlock]][0][1][0][1] = "PieChart"

    with pytest.raises(RenderError, match="PieChart"):
        read(data)


def test_a_stranger_s_output_is_no_block() -> None:
    assert read({"text/html": "<b>hello</b>"}) is None


def test_plain_text_of_a_chart_is_its_alt_text() -> None:
    assert plain(ChartBlock(RANGES)) == RANGES.alt
    assert "RAG: €130k, €190k, €270k" in RANGES.alt
