"""Charts: one description, one layout, the same numbers as SVG and as plotly figures."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields, replace
from html import unescape
from itertools import combinations
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sample_charts import CHARTS, CURVES, FLIPS, MAP, PATH, PLOT, RANGES, RIGHT, SHARES, TORNADO, WATERFALL

from advisorkit.charts import figures, kinds
from advisorkit.charts.draw import KINDS, scene
from advisorkit.charts.draw_axes import outline
from advisorkit.charts.scene import Dot, Label, Panel, Scene, Strip, Stroke, box, ticks, width, wrap
from advisorkit.charts.svg import svg
from advisorkit.charts.theme import DARK, LIGHT, MARKS, SCREEN, THEMES
from advisorkit.export.brand import contrast
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.quantities import money_short

chances = st.floats(0.001, 0.999)


def texts(drawing: str) -> list[str]:
    return [unescape(word).replace("\u00a0", " ") for word in re.findall(r"<text[^>]*>([^<]*)</text>", drawing)]


def labels(chart: kinds.Chart) -> list[Label]:
    return [mark for panel in scene(chart).panels for mark in panel.marks if isinstance(mark, Label)]


def test_every_kind_of_chart_has_a_sample_here() -> None:
    assert {type(chart).__name__ for chart in CHARTS} == set(KINDS)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_svg_and_figure_carry_the_same_words(chart: kinds.Chart) -> None:
    figure = figures.spec(chart)

    shown = [re.sub(r"</?[bi]>", "", unescape(a["text"])).replace("\u00a0", " ") for a in figure["layout"]["annotations"]]

    assert sorted(shown) == sorted(texts(svg(chart)))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_plotly_accepts_every_figure(chart: kinds.Chart) -> None:
    figure = figures.figure(chart)

    assert len(figure.data) == len(figures.spec(chart)["data"])


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_an_svg_is_one_well_formed_picture_with_alt_text_and_no_address(chart: kinds.Chart) -> None:
    drawing = svg(chart)

    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    assert root.get("aria-label") == chart.alt
    assert not chart.alt.endswith("..")
    assert re.findall(r"https?://[^\"]+", drawing) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_nothing_is_drawn_outside_the_picture(chart: kinds.Chart) -> None:
    drawing = scene(chart)

    for panel in drawing.panels:
        for mark in panel.marks:
            if isinstance(mark, Label) and not mark.turned:
                left, right, y = extent(mark, panel)
                assert left >= -1, mark
                assert right <= drawing.width + 1, mark
                assert 0 <= y <= drawing.height, mark


def extent(mark: Label, panel: Panel) -> tuple[float, float, float]:
    left, top, right, bottom = box(mark, panel)
    return left, right, (top + bottom) / 2


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_the_data_table_has_a_cell_for_every_head(chart: kinds.Chart) -> None:
    assert chart.rows()
    assert {len(row) for row in chart.rows()} == {len(chart.head)}


def test_the_same_chart_gives_the_same_bytes_in_another_process() -> None:
    program = "import sys; sys.path.insert(0, 'tests'); from sample_charts import CHARTS; from advisorkit.charts.svg import svg; print(hash_(''.join(map(svg, CHARTS))))"
    program = "import hashlib\nhash_ = lambda text: hashlib.sha256(text.encode()).hexdigest()\n" + program

    places = [{"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": "."} for seed, zone in (("0", "UTC"), ("7", "Asia/Tokyo"))]
    runs = [subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout for env in places]

    assert runs[0] == runs[1]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_on_a_screen_every_mark_with_words_stands_alone_and_carries_them(chart: kinds.Chart) -> None:
    tipped = [mark.tip for panel in scene(chart).panels for mark in panel.marks if getattr(mark, "tip", "")]

    drawn = ET.fromstring(svg(chart, SCREEN, tips=True))

    assert [path.get("data-tip") for path in drawn.iter() if path.get("data-tip")] == tipped
    assert "data-tip" not in svg(chart)
    assert texts(svg(chart, SCREEN, tips=True)) == texts(svg(chart))


def test_a_screen_s_bars_are_as_long_as_their_shares_and_take_its_colours() -> None:
    drawn = ET.fromstring(svg(SHARES, SCREEN, tips=True))
    bars = {path.get("fill"): float(re.findall(r"h([\d.]+)v", path.get("d", ""))[0]) for path in drawn.iter() if path.get("data-tip")}

    longest = max(bars.values())
    wide = max(bar.share or 0 for bar in SHARES.bars)
    assert bars == {f"var(--ak-{b.pattern})": pytest.approx(longest * b.share / wide, abs=0.1) for b in SHARES.bars if b.share is not None}
    assert not re.search(r"#[0-9A-F]{6}", svg(SHARES, SCREEN, tips=True))


def test_a_chart_is_small() -> None:
    assert max(len(svg(chart)) for chart in CHARTS) < 10_000


def test_client_words_stay_words_in_both_backends() -> None:
    hostile = "<a href='https://evil.example'>Re-enter password</a> & \"quotes\""
    chart = replace(SHARES, bars=(kinds.ShareRow("rag", hostile, 0.5, "50%"),))

    assert "<a" not in svg(chart)
    assert hostile in texts(svg(chart))
    assert all("<a" not in a["text"] for a in figures.spec(chart)["layout"]["annotations"])
    assert "<a" not in str(figures.spec(chart)["data"])


def test_range_bars_print_the_rounded_values_that_their_table_holds() -> None:
    printed = texts(svg(RANGES))

    for row in RANGES.bars:
        for value in row.range or ():
            assert any(money_short(value, "EUR") in word for word in printed)


def test_a_plotly_bar_has_the_value_itself() -> None:
    trace = next(trace for trace in figures.spec(SHARES)["data"] if trace["type"] == "bar")

    assert trace["x"] == [bar.share for bar in SHARES.bars if bar.share is not None]


def test_a_ruled_out_corner_is_hatched_and_says_why() -> None:
    words = " ".join(texts(svg(MAP)))

    assert "ruled out: every answer must cite its source" in words
    assert '<path d="M' in svg(MAP)


def test_a_reason_too_long_for_a_low_corner_is_left_to_the_page() -> None:
    """150 pixels tall, a corner has room for three lines: 36 + 2 x 16 + 6 = 74 of 75; four would lie on the name below."""
    corners = tuple(replace(one, shown="ausgeschlossen: Nutzer haben verschiedene Rechte") if one.share is None else one for one in MAP.corners)
    low = texts(svg(replace(MAP, corners=corners), wide=344, tall=150))

    assert "ausgeschlossen" in low and not any("Rechte" in line for line in low)


def test_the_waterfall_ends_where_its_steps_add_up() -> None:
    panels = scene(WATERFALL).panels[1:]

    for axis, panel in enumerate(panels):
        dots = [mark for mark in panel.marks if isinstance(mark, Dot)]
        total = WATERFALL.prior[axis] + sum((step.retrieval, step.training)[axis] for step in WATERFALL.steps)
        assert dots[-1].x == pytest.approx(total)


def test_the_printed_numbers_of_the_evidence_add_up_to_the_printed_belief() -> None:
    """-3.76 + 19.96 + 4.16 + 6.68 = 27.04 was printed as -3.8 + 20.0 + 4.2 + 6.7 = 27.1, with 27.0 below: what is nearest to its half, 4.16, is told as 4.1."""
    steps = (kinds.Step("A pilot", 19.96, -6.5), kinds.Step("Citations", 4.16, -2.04), kinds.Step("Others", 6.68, 0.0))
    shown = replace(WATERFALL, prior=(-3.76, -3.8), steps=steps, belief=(27.04, -12.34), chances=(0.998, 0.055))

    assert [row[1] for row in shown.rows()] == ["−3.8", "+20.0", "+4.1", "+6.7", "+27.0 = over 99%"]
    assert [row[2] for row in shown.rows()] == ["−3.8", "−6.5", "−2.0", "0", "−12.3 = 6%"]
    drawn = [mark.text for mark in scene(shown).panels[1].marks if isinstance(mark, Label)]
    assert drawn == [row[1] for row in shown.rows()]


def test_the_heads_of_the_evidence_are_of_one_size_however_long_each_is() -> None:
    """“Needs retrieval over 99%” was small beside a large “Needs training 2%”."""
    for wide in range(300, 660, 6):
        heads = {mark.size for mark in scene(WATERFALL, wide=wide).panels[0].marks if isinstance(mark, Label) and mark.y == 12}
        assert len(heads) == 1


def test_a_guess_is_a_dashed_bar() -> None:
    bars = [mark for panel in scene(WATERFALL).panels for mark in panel.marks if isinstance(mark, Strip)]

    assert [bar.tip for bar in bars if bar.dashed] == ["Errors are costly: +1.0"]


def test_shares_of_a_flip_fill_the_bar() -> None:
    bars = [mark for panel in scene(FLIPS).panels for mark in panel.marks if isinstance(mark, Strip) and mark.tip]
    ends = {bar.y: max(b.x1 for b in bars if b.y == bar.y) for bar in bars}

    assert list(ends.values()) == pytest.approx([1.0] * len(FLIPS.flips))


def test_stairs_rise_to_the_right() -> None:
    names = [label for label in labels(PATH) if label.text in {stair.name for stair in PATH.stairs}]

    assert [label.x for label in names] == sorted(label.x for label in names)
    assert [label.y for label in names] == sorted((label.y for label in names), reverse=True)


def test_both_ends_of_a_tornado_bar_carry_the_input() -> None:
    printed = [label.text for label in labels(TORNADO)]

    assert all(swing.low_input in printed and swing.high_input in printed for swing in TORNADO.swings)


def across(drawing: Scene) -> float:
    """Pixels from the first to the last end of bars."""
    ends = [panel.at(x, 0)[0] for panel in drawing.panels for mark in panel.marks if isinstance(mark, Strip) for x in (mark.x0, mark.x1)]
    return max(ends) - min(ends)


def test_names_leave_bars_room_in_half_of_a_page_and_in_a_waterfall() -> None:
    names = ("Kosten einer falschen Antwort", "Vorgänge im Monat", "Gesparte Minuten je Vorgang", "Anteil heute falsch", "Wachstum")
    half = scene(replace(TORNADO, swings=tuple(replace(one, label=name) for one, name in zip(TORNADO.swings, names, strict=True))), "half")
    long = replace(WATERFALL, steps=tuple(replace(step, label=LONG) for step in WATERFALL.steps))

    assert across(half) > 0.38 * half.width  # 188 of 201 thousand from zero: a hundred and more of 330 pixels
    assert across(scene(long)) > across(scene(WATERFALL)) * 0.85
    assert across(scene(replace(SHARES, bars=tuple(replace(bar, note="(54% to 83%)") for bar in SHARES.bars[:2])))) > 150  # 67 of 100 parts


def test_every_pattern_has_a_colour_and_a_mark_of_its_own() -> None:
    for theme in THEMES.values():
        assert len({theme[pattern] for pattern in PATTERNS}) == 4
    assert len({MARKS[pattern] for pattern in PATTERNS}) == 4


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "tint"])
def test_text_and_marks_have_the_contrast_that_people_need(theme: object, ground: str) -> None:
    colours = {name: contrast(theme[name], theme[ground]) for name in theme}  # type: ignore[attr-defined]

    for name in ("ink", "text2", "text3", *PATTERNS, "guess", "error"):
        assert colours[name] >= 4.5, name
    for name in ("control", "evidence_for", "evidence_against", "focus"):
        assert colours[name] >= 2.95, name


def test_numbers_inside_bars_can_be_read() -> None:
    for theme in THEMES.values():
        assert min(contrast(theme["on_pattern"], theme[pattern]) for pattern in PATTERNS) >= 4.5


@given(st.text(max_size=60), st.floats(30, 400))
def test_wrapping_keeps_every_letter_and_the_width(text: str, room: float) -> None:
    lines = wrap(text, room, 13)

    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, 13) <= room or len(line) <= 1 for line in lines)


@given(st.floats(0, 1e9), st.floats(1e-3, 1e9))
def test_ticks_are_few_and_cover_the_range(low: float, span: float) -> None:
    found = ticks(low, low + span)

    assert 2 <= len(found) <= 8
    assert found[0] <= low * (1 + 1e-9)
    assert found[-1] >= (low + span) * (1 - 1e-9)


@given(chances, chances, chances, chances)
def test_any_belief_can_be_drawn(prompt: float, rag: float, finetune: float, hybrid: float) -> None:
    shares = dict(zip(PATTERNS, (prompt, rag, finetune, hybrid), strict=True))
    corners = tuple(kinds.ShareRow(p, p, share, f"{share:.0%}") for p, share in shares.items())
    chart = replace(MAP, corners=corners, belief=(prompt, rag), draws=(), region=())

    assert ET.fromstring(svg(chart, DARK)) is not None


def test_the_region_holds_four_fifths_of_the_draws() -> None:
    rng = np.random.default_rng(5)
    odds = rng.multivariate_normal([2, -1], [[1.0, 0.4], [0.4, 2.0]], 1000)
    draws = [(float(x), float(y)) for x, y in 1 / (1 + np.exp(-odds))]

    ring = np.array(outline(draws, corners=400))
    inside = sum(within(point, ring) for point in draws)

    assert inside == pytest.approx(800, abs=8)


def within(point: tuple[float, float], ring: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Ray casting: a point is inside when a ray from it crosses the outline an odd number of times."""
    (x, y), (xs, ys) = point, ring.T
    ends, tops = np.roll(xs, 1), np.roll(ys, 1)
    crossed = (ys > y) != (tops > y)
    safe = np.where(crossed, tops - ys, 1)
    return bool(np.sum(crossed & (x < (ends - xs) * (y - ys) / safe + xs)) % 2)


def test_few_draws_have_no_region() -> None:
    assert outline([(0.5, 0.5)] * 9) == ()
    assert outline([(0.5, 0.5)] * 50) == ()


def test_descriptions_hold_only_plain_values() -> None:
    for chart in CHARTS:
        for field in fields(chart):
            assert not isinstance(getattr(chart, field.name), list | dict | set)


LONG = "Questions of brokers about the wording of marine and cargo policies"


def of_size(size: float) -> list[tuple[kinds.Chart, tuple[float, ...]]]:
    """Charts with a long name each and amounts from euro cents to billions, with the widths that screens and pages give them."""
    def sized(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(value * size for value in values)

    bars = tuple(replace(bar, label=LONG if n == 0 else bar.label, range=bar.range and sized(bar.range)) for n, bar in enumerate(RANGES.bars))
    swings = tuple(replace(one, label=LONG if n == 0 else one.label, low=one.low * size, high=one.high * size) for n, one in enumerate(TORNADO.swings))
    curves = tuple(replace(one, low=sized(one.low), middle=sized(one.middle), high=sized(one.high)) for one in CURVES.curves)
    return [
        (replace(RANGES, bars=bars), (280, 460, 650)), (replace(TORNADO, base=TORNADO.base * size, swings=swings), (330, 410, 650)),
        (replace(CURVES, curves=curves, break_even=replace(CURVES.break_even, amount=CURVES.break_even.amount * size)), (330, 410, 650)),
        (replace(SHARES, bars=tuple(replace(bar, note=LONG) for bar in SHARES.bars)), (300, 388, 650)),
        (replace(WATERFALL, steps=tuple(replace(step, label=LONG) for step in WATERFALL.steps)), (480, 584)),
        (replace(FLIPS, flips=tuple(replace(flip, change=LONG) for flip in FLIPS.flips)), (300, 404, 650)),
        (replace(PATH, stairs=tuple(replace(stair, test=f"{LONG}. {LONG}.") for stair in PATH.stairs)), (400, 524)), (MAP, (280, 344)),
        *((replace(RIGHT, needed=needed), (300, 388, 650)) for needed in (0.02, 0.5, 0.55, 0.7, 0.76, 0.99, 1.0)),
        (replace(PLOT, across=(LONG, *PLOT.across[1:]), series=tuple(replace(one, y=sized(one.y)) for one in PLOT.series)), (400, 650)),
    ]  # fmt: skip


def struck(chart: kinds.Chart, drawing: Scene) -> None:
    """No axis, grid or reference line runs through letters."""
    lines = [sorted(panel.at(*point) for point in mark.points) for panel in drawing.panels for mark in panel.marks if isinstance(mark, Stroke) and len(mark.points) == 2]
    boxes = [(mark, *box(mark, panel)) for panel in drawing.panels for mark in panel.marks if isinstance(mark, Label) and mark.text.strip()]
    for (x0, y0), (x1, y1) in lines:
        through = [mark.text for mark, left, top, right, bottom in boxes if left < x1 and x0 < right and top < max(y0, y1) and min(y0, y1) < bottom and (x0 == x1 or y0 == y1)]
        assert not through, (type(chart).__name__, through)


@pytest.mark.parametrize("size", [1e-7, 1e-5, 1e-2, 1, 1e4])
def test_no_label_is_clipped_lies_over_another_or_shrinks_below_eleven_pixels(size: float) -> None:
    for chart, widths in of_size(size):
        for wide in widths:
            drawing = scene(chart, wide)
            found = [(mark, *extent(mark, panel)) for panel in drawing.panels for mark in panel.marks if isinstance(mark, Label) and not mark.turned and mark.text.strip()]
            for mark, left, right, y in found:
                assert mark.size >= 11 and left >= -1 and right <= drawing.width + 1 and 0 <= y <= drawing.height, (wide, mark)
            struck(chart, drawing)
            for (one, left, right, y), (other, start, end, line) in combinations(found, 2):
                apart = min(right, end) - max(left, start) <= 1 or abs(y - line) >= 0.36 * (one.size + other.size) - 1
                assert apart, (type(chart).__name__, wide, one.text, other.text)


@pytest.mark.parametrize(
    ("belief", "draws", "corner", "anchor"),
    [((0.03, 0.95), (), "Fine-tune", "end"), ((0.34, 0.23), ((0.02, 0.3),) * 9, "Prompt", "start"), ((0.9, 0.05), ((0.02, 0.3),) * 9, "Prompt", "end"), ((0.97, 0.04), (), "RAG", "start")],
)
def test_names_in_the_map_stand_on_the_side_on_which_the_belief_and_the_draws_are_not(belief: kinds.Point, draws: tuple[kinds.Point, ...], corner: str, anchor: str) -> None:
    labels = [mark for panel in scene(replace(MAP, belief=belief, draws=draws, region=())).panels for mark in panel.marks if isinstance(mark, Label)]

    assert [label.anchor for label in labels if label.text == corner] == [anchor]
