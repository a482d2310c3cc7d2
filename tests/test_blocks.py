"""Blocks: typed bundles that survive a notebook file, and words that stay words."""

from __future__ import annotations

import json
import re
from html import unescape

import nbformat
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, strategies as st
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output
from sample_charts import CHARTS, RANGES

from advisorkit.charts.draw import scene
from advisorkit.charts.kinds import ShareBars, ShareRow
from advisorkit.charts.scene import Area, Label, width
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
    table_of,
)
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import MIME, block_of, bundle, html, read
from advisorkit.export.terminal import plain
from advisorkit.values.messages import RenderError

text = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufeff"), max_size=30)
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


def test_of_a_table_with_many_long_numbers_no_number_runs_into_the_next() -> None:
    """Nine columns of a German portfolio: where ranges have no room on one line they break between their ends, and each amount keeps its own."""
    ends = [("560.000\u00a0€", "4,4\u00a0Mio.\u00a0€"), ("−830.000\u00a0€", "850.000\u00a0€")]
    front, amounts = ["Felder aus Belegen der Lieferanten", "Fine-Tuning", "Fine-Tuning", "Nein"], ["12.000\u00a0€", "180.000\u00a0€", "1,7\u00a0Mio.\u00a0€"]
    rows = [[*front, *amounts, " bis ".join(end), "über\u00a099\u00a0%"] for end in ends]
    head = ["Vorhaben", "Jetzt", "Ziel", "Klar", "Nächster Schritt", "Bis zum Einsatz", "Nutzen", "80-%-Spanne", "Chance"]
    table = table_of("", head, rows, range(4, 9))

    needed = [max(width(word, table.size) for row in rows for word in row[column].split(" ")) for column in range(9)]
    assert sum(max(width(row[column], table.size) for row in rows) for column in range(4, 9)) > 400, "the numbers alone would leave the words no room"
    assert all(wide >= word + 6 for wide, word in zip(table.widths(682), needed, strict=True))


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


def test_a_plotly_figure_is_drawn_like_our_own_charts_with_every_value_in_its_table() -> None:
    figure = go.Figure(
        [go.Scatter(x=[1, 2, 3], y=[10, None, 14], mode="markers", name="Seen"), go.Scatter(x=[1, 3], y=[10, 20], name="Plan")],
        {"title": "<b>Seen & planned</b>", "xaxis_title": "Week"},
    )  # fmt: skip
    drawn = block_of(figure)

    assert isinstance(drawn, ChartBlock)
    assert drawn.chart.title == "Seen & planned"
    assert drawn.chart.rows() == (("Seen", "1", "10", ""), ("Seen", "3", "14", ""), ("Plan", "1", "10", ""), ("Plan", "3", "20", ""))
    assert {"Week", "Plan"} <= {mark.text for panel in scene(drawn.chart).panels for mark in panel.marks if isinstance(mark, Label)}
    assert through_a_file(drawn) == drawn


def test_bars_stand_on_zero_beside_or_on_one_another_and_lie_where_names_stand_up() -> None:
    def edges(mode: str, **turned: object) -> list[tuple[float, float]]:
        bars = [go.Bar(**({"x": ["a"], "y": [height]} if not turned else {"y": ["a"], "x": [height], **turned}), name=str(height)) for height in (3, 4)]
        marks = [mark for panel in scene(block_of(go.Figure(bars, {"barmode": mode})).chart).panels for mark in panel.marks if isinstance(mark, Area)]
        axis = 0 if turned else 1
        return [(min(point[axis] for point in mark.points), max(point[axis] for point in mark.points)) for mark in marks]

    assert edges("group") == edges("group", orientation="h") == [(0, 3), (0, 4)]
    assert edges("stack") == [(0, 3), (3, 7)]


def test_a_box_has_its_quarters_and_what_lies_outside_and_a_field_all_its_values() -> None:
    """Of 1 to 9 and 100: quarters at 3.25, 5.5 and 7.75, so whiskers end within 7.75 + 1.5 × 4.5 = 14.5."""
    boxed = block_of(go.Figure([go.Box(y=[*range(1, 10), 100], name="Seconds")]))
    field = block_of(go.Figure([go.Heatmap(z=[[1, 2], [3, None]], x=["Mon", "Tue"], y=["am", "pm"])], {"title": "Load"}))

    assert boxed.chart.series[0].y == (1, 3.25, 5.5, 7.75, 9, 100)
    assert field.chart.rows() == (("", "Mon", "am", "1"), ("", "Tue", "am", "2"), ("", "Mon", "pm", "3"))


@pytest.mark.parametrize(("figure", "why"), [
    (go.Figure([go.Pie(values=[1, 2])]), "a pie trace"), (go.Figure([go.Scatter(y=[1, 2], fill="tozeroy")]), "filled areas"), (go.Figure(), "no trace"),
    (go.Figure([go.Scatter(y=[1, 2])], {"yaxis_type": "log"}), "a logarithmic axis"), ([{"type": "bar"}], "list cannot be shown"), (3.5, "float cannot be shown"),
])
def test_what_cannot_be_drawn_everywhere_is_refused_with_what_can(figure: object, why: str) -> None:
    with pytest.raises(RenderError, match=f"{why}.*scatter, line, bar, box or heatmap"):
        block_of(figure)


def test_a_matplotlib_figure_is_taken_as_it_is_twice_alike_and_nothing_in_it_is_markup() -> None:
    def made() -> Block:
        figure = Figure(figsize=(5, 3))
        figure.subplots().set_title("<script>alert(1)</script>")
        return block_of(figure, "An empty chart")

    block = made()
    assert block == made()
    assert isinstance(block, ChartBlock)
    assert (block.chart.alt, block.chart.wide, block.chart.tall) == ("An empty chart", 480, 288)
    assert "<script" not in html(block)
    with pytest.raises(RenderError, match="say what the picture shows"):
        block_of(Figure())


def test_a_frame_is_a_table_with_numbers_to_the_right_and_what_is_missing_said() -> None:
    frame = pd.DataFrame({"Cases": [12_000, 3], "Share": [0.25, float("nan")], "Done": [True, False]}, index=pd.Index(["a", "<b>"], name="Part"))
    table = block_of(frame, "Cases by part")

    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in (table.head, *table.rows)] == [["Part", "Cases", "Share", "Done"], ["a", "12,000", "0.25", "yes"], ["<b>", "3", "not known", "no"]]
    assert (table.title, table.numeric) == ("Cases by part", (False, True, True, False))


@pytest.mark.parametrize(("title", "text", "opening"), [
    ("Decision asked", "Approve the pilot.", "Decision asked:"), ("A person decides.", "A handler reads each answer.", "A person decides."),
    ("Before you say yes", "\nTwo guesses.", "Before you say yes"),
])
def test_the_title_of_a_callout_is_parted_from_the_text_that_goes_on_in_its_line(title: str, text: str, opening: str) -> None:
    assert Callout(title, text).opening == opening


def test_every_bar_has_its_range_where_there_is_room_for_the_longest() -> None:
    bars = [ShareRow("rag", "Information fehlte", 0.71, "71 %", "(54 % bis 83 %)"), ShareRow("finetune", "Schlecht beantwortet", 0.2, "20 %", "(10 % bis 37 %)")]
    drawn = [part.text.strip() for panel in scene(ShareBars(title="Why", bars=tuple(bars))).panels for part in panel.marks if isinstance(part, Label)]

    assert {bar.note for bar in bars} <= set(drawn)
