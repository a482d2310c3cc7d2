"""The HTML file: whole, offline, without code, the same bytes every time."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image
from sample_charts import CHARTS, MAP
from sample_pages import COVER, PAGES, notebook, whole

from advisorkit.export.blocks import Cell, ChartBlock, Done, Heading, table_of
from advisorkit.export.brand import Brand, read_brand
from advisorkit.export.exporters import AdvisorHTMLExporter
from advisorkit.export.html import css_words, render
from advisorkit.export.pages import document
from advisorkit.values.messages import EngagementError, RenderError


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Any, file: Path, **options: Any) -> tuple[Any, list[str], list[str]]:
    """The page of `file`, every request that it made, and every message of its console."""
    page = browser.new_context(**options).new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(file.as_uri())
    return page, requests, messages


def test_no_code_of_the_notebook_reaches_the_page() -> None:
    page = render(notebook(COVER, *PAGES, Done(), source="secret_of_the_consultant = 42"))

    assert "secret_of_the_consultant" not in page
    assert "In&nbsp;[" not in page


def test_the_page_has_every_chart_and_names_each_for_those_who_cannot_see() -> None:
    page = render(whole())

    assert page.count("<svg ") == len(CHARTS)
    assert page.count('role="img"') == len(CHARTS)
    assert page.count("<details>") == len(CHARTS)


def test_the_first_line_of_a_strong_cell_is_bold_however_it_wraps_and_what_follows_is_quiet() -> None:
    page = BeautifulSoup(render(notebook(COVER, table_of("", ["Workflow"], [[Cell("A very long name\nHead of Sales", "strong")]]), Done())), "html.parser")

    assert [one.text for one in page.select("th b, th > span")] == ["A very long name", "Head of Sales"]


def test_nothing_in_the_page_points_outside() -> None:
    page = render(whole())

    assert set(re.findall(r"https?://[^\"' )]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"<(?:script|link|iframe|object|form)\b", page)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page


def test_a_page_with_every_kind_of_chart_is_small() -> None:
    assert len(render(whole()).encode()) < 60_000


def test_the_same_notebook_gives_the_same_bytes() -> None:
    assert render(whole()) == render(whole()) == AdvisorHTMLExporter().from_notebook_node(whole())[0]


def test_the_outline_starts_at_the_cover_and_skips_no_level() -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])>", render(whole()))]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_is_shown_for_one_format_alone_stands_there_instead_of_the_rest() -> None:
    pages = notebook(COVER, Heading("For all", 2), Heading("A slide", 2), Done())
    pages["cells"][0]["outputs"][2]["metadata"] = {"advisorkit_only": "pptx"}

    told = {kind: [item.text for page in document(pages, kind).pages for item in page.items if isinstance(item, Heading)] for kind in ("html", "pdf", "pptx")}

    assert told == {"html": ["For all"], "pdf": ["For all"], "pptx": ["A slide"]}


def test_a_notebook_that_stopped_half_way_is_refused() -> None:
    with pytest.raises(RenderError, match="did not come to its end"):
        render(notebook(COVER, *PAGES))


def test_a_notebook_without_a_cover_is_refused() -> None:
    with pytest.raises(RenderError, match="needs one cover; this notebook has 0"):
        render(notebook(*PAGES, Done()))


@pytest.mark.parametrize(("output", "message"), [
    (new_output("error", ename="ValueError", evalue="no price", traceback=[]), "cell 2 failed: ValueError: no price"),
    (new_output("display_data", data={"application/vnd.plotly.v1+json": {}}), "cell 2 has an output that no renderer knows .*plotly"),
    (new_output("execute_result", data={"text/plain": "42"}), "cell 2 has an output that no renderer knows"),
    (new_output("stream", name="stdout", text="hello"), "cell 2 prints text"),
])
def test_an_output_that_would_be_lost_stops_the_export(output: Any, message: str) -> None:
    document = whole()
    document.cells.insert(1, new_code_cell("x", outputs=[output]))

    with pytest.raises(RenderError, match=message):
        render(document)


def test_a_warning_on_the_error_stream_is_not_the_client_s_business() -> None:
    document = whole()
    document.cells.insert(0, new_code_cell("x", outputs=[new_output("stream", name="stderr", text="FutureWarning")]))

    assert "FutureWarning" not in render(document)


def test_markdown_is_cleaned_and_notes_to_the_consultant_stay_out() -> None:
    document = whole()
    said = new_markdown_cell("Read **this** [now](javascript:alert(1))<script>alert(2)</script><img src=x onerror=alert(3)>")
    document.cells[:0] = [said, new_markdown_cell("for you only", metadata={"tags": ["remove-cell"]})]

    page = render(document)

    assert "<strong>this</strong>" in page
    assert not re.search(r"javascript:|alert\(2\)|onerror|for you only", page)


@given(st.text())
def test_words_in_a_style_sheet_cannot_end_their_string(words: str) -> None:
    shown = css_words(words)

    assert not set(shown[1:-1]) & set("\"'<>\n\r{};")
    assert re.sub(r"\\([0-9a-f]+) ", lambda hit: chr(int(hit[1], 16)), shown[1:-1]) == words


def test_a_brand_changes_sender_and_cover_but_not_the_patterns() -> None:
    page = render(whole(), brand=Brand(name="Elm Street Advisers", cover="#123456"))

    assert "Elm Street Advisers" in page
    assert "--cover: #123456" in page
    assert "--rag: #0B4F9E" in page


def test_the_brand_file_of_the_package_is_sound() -> None:
    assert read_brand(Path(__file__).parents[1] / "templates" / "brand.yaml") == Brand(name="Your firm")


def test_every_fault_of_a_brand_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "brand.yaml"
    file.write_text("nmae: Elm\ncover: '#FFDD00'\nlogo: ../secret.png\nserif: 'x; } body {'\n", encoding="utf-8")

    with pytest.raises(EngagementError) as raised:
        read_brand(file)

    told = str(raised.value)
    assert len(raised.value.faults) == 4
    for part in ("line 1, nmae: unknown key 'nmae'", "Did you mean name", "too faint", "must lie beside", "not a list of font names"):
        assert part in told


_SVG = "<svg xmlns='http://www.w3.org/2000/svg' {}>{}</svg>"


@pytest.mark.parametrize(("content", "why"), [
    (_SVG.format("width='0' height='0'", ""), "is 0 by 0 points large"), (_SVG.format("viewBox='0 0 900 1' height='9'", ""), "is 900 by 9 points large"),
    (_SVG.format("width='1e6' height='1'", ""), "one side may be 20 times the other"), (_SVG.format("", "<script>alert(1)</script>"), "holds script"),
    (_SVG.format("", "<path onload='alert(1)'/>"), "holds onload"), (_SVG.format("", "<style>@import url(https://x.y/a)</style>"), "links to https://x.y/a"),
    (_SVG.format("", "<path style='fill:url(#a)' fill='url(b.svg#a)'/>"), "links to b.svg#a"), (_SVG.format("width='100%' viewBox='0 0 8 8'", "<foreignObject/>"), "holds foreignObject"),
    ("", "no picture that can be read"),
])
def test_a_logo_that_not_every_format_can_draw_is_refused_by_name(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(content, encoding="utf-8")
    (tmp_path / "brand.yaml").write_text("logo: logo.svg\nname: [x]\n", encoding="utf-8")

    with pytest.raises(EngagementError, match=f"brand.yaml: line 1, logo: logo logo.svg .*{why}") as raised:
        read_brand(tmp_path / "brand.yaml")
    assert len(raised.value.faults) == 2, "all faults at once"


def test_a_logo_in_the_colours_of_print_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    Image.new("CMYK", (60, 30)).save(tmp_path / "logo.jpg")
    (tmp_path / "brand.yaml").write_text("logo: logo.jpg\n", encoding="utf-8")

    with pytest.raises(EngagementError, match=r"logo.jpg is in the colours of print \(CMYK\)"):
        read_brand(tmp_path / "brand.yaml")


def test_a_logo_of_another_kind_than_its_name_says_and_a_colour_without_quotes_are_refused(tmp_path: Path) -> None:
    """Without quotes # begins a remark, and the white words of the cover stood on no ground."""
    Image.new("RGB", (60, 30)).save(tmp_path / "logo.png", format="BMP")
    (tmp_path / "brand.yaml").write_text("name:\nlogo: logo.png\ncover: #0F2A47\nsans:\n", encoding="utf-8")

    with pytest.raises(EngagementError, match="is a BMP file in spite of its name") as raised:
        read_brand(tmp_path / "brand.yaml")
    assert [fault.where for fault in raised.value.faults] == ["line 2, logo", "line 3, cover", "line 4, sans"]


def test_a_logo_travels_inside_the_page(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (tmp_path / "brand.yaml").write_text("name: Elm\nlogo: logo.svg\n", encoding="utf-8")

    page = render(whole(), brand=tmp_path / "brand.yaml")

    assert '<img class="logo" src="data:image/svg+xml;base64,' in page


def test_nbconvert_itself_makes_the_same_file(tmp_path: Path) -> None:
    nbformat.write(whole(), tmp_path / "report.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "advisorkit.export.exporters.AdvisorHTMLExporter", str(tmp_path / "report.ipynb")]

    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])

    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render(whole())


@pytest.mark.browser
@pytest.mark.parametrize("interactive", [False, True])
def test_the_page_opens_with_all_charts_and_asks_nobody_for_anything(browser: Any, tmp_path: Path, interactive: bool) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(whole(), interactive=interactive), encoding="utf-8")

    page, requests, messages = opened(browser, file)

    selector = ".plot .main-svg:first-child" if interactive else ".chart > svg"
    page.wait_for_selector(selector)
    assert page.locator(selector).count() == len(CHARTS) - interactive  # a picture stays one
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert messages == []


@pytest.mark.browser
def test_the_page_passes_the_accessibility_rules(browser: Any, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    file = tmp_path / "report.html"
    file.write_text(render(whole()), encoding="utf-8")

    page, _, _ = opened(browser, file, bypass_csp=True)

    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.browser
@pytest.mark.parametrize(("wide", "seen"), [(1280, 8), (390, 4)])
def test_a_table_keeps_to_its_page_and_shows_figures_on_a_phone(browser: Any, tmp_path: Path, wide: int, seen: int) -> None:
    """On a screen the widest table ran over the edge of the text; on a phone the names took all of its width."""
    rows = [["Customer support agent with our own tone\nHead of Customer Service", "Fine-Tuning", "Fine-Tuning", "90 %\nsoll 96 %", "35\n11 Wochen", "1.344", "1.888\n−403 bis 1.014", "über 99 %"]]
    heads = ["Vorhaben, verantwortlich", "Jetzt", "Ziel", "Richtig", "Antrag", "Außer Haus", "Nutzen, 80 %", "Chance auf Nutzen"]
    tones = [[Cell(words, "finetune" if n in (1, 2) else "strong" if n in (0, 6) else "") for n, words in enumerate(row)] for row in rows]
    file = tmp_path / "report.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), table_of("Nutzen", heads, tones, range(3, 8)), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)
    page.set_viewport_size({"width": wide, "height": 800})

    edge = page.evaluate("document.querySelector('h2').parentElement.getBoundingClientRect().right")
    assert sum(right <= edge + 1 for right in page.evaluate("[...document.querySelectorAll('tbody td, tbody th')].map(cell => cell.getBoundingClientRect().right)")) >= seen


@pytest.mark.browser
def test_on_a_phone_reasons_have_room_and_lines_to_sign_on_are_whole(browser: Any, tmp_path: Path) -> None:
    """Reasons stood a word a line in a column beside four of figures; a line to sign on broke into “__________ __”."""
    heads = ["Weg", "Voraussichtlich richtig", "Gesamtkosten", "Nutzen", "Warum, oder warum nicht"]
    weighed = table_of("", heads, [["Prompting", "85 %", "1,6 Mio. €", "520.000 €", "Weniger wahrscheinlich. " * 9]], (1, 2, 3))
    signed = table_of("", ["Was", "Entschieden von", "Am"], [["Genehmigen Sie den Prompt-Piloten, etwa 3.000 € für eine erste Fassung.", "_" * 12, "_" * 12]])
    file = tmp_path / "record.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), weighed, signed, Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)
    page.set_viewport_size({"width": 390, "height": 800})

    reason, line = (page.evaluate(f"document.querySelector('{cell}').getBoundingClientRect().toJSON()") for cell in ("table.n2 tbody td:nth-child(5)", "td.blank"))
    assert reason["width"] >= 230 and reason["left"] <= 340, "names of patterns took a third of the width"
    assert page.evaluate("(() => { const r = document.createRange(); r.selectNodeContents(document.querySelector('td.blank')); return r.getClientRects().length })()") == 1
    assert line["right"] < 390
    file.write_text(render(notebook(COVER, Heading("All", 2), Heading("Why", column="left"), Heading("Map", column="right"), ChartBlock(MAP), Done())), encoding="utf-8")
    page.goto(file.as_uri())
    page.set_viewport_size({"width": 768, "height": 800})
    assert page.evaluate("document.querySelector('svg').getBoundingClientRect().right - document.querySelector('h2').getBoundingClientRect().right") <= 1, "on a tablet a half ran over the edge"


@pytest.mark.browser
@pytest.mark.parametrize("leaflet", [False, True])
@pytest.mark.parametrize("wide", [390, 780, 1280])
def test_the_words_of_the_cover_begin_where_those_of_the_pages_do(browser: Any, tmp_path: Path, wide: int, leaflet: bool) -> None:
    """On a phone a short document's cover left a quarter of the width empty."""
    file = tmp_path / "report.html"
    long = replace(COVER, leaflet=leaflet, client="Donaudampfschifffahrtselektrizitätenhauptbetriebswerk")
    file.write_text(render(notebook(long, Heading("All", 2), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)
    page.set_viewport_size({"width": wide, "height": 800})

    cover, title = (page.evaluate(f"document.querySelector('{place}').getBoundingClientRect().left") for place in (".cover h1", "main h2"))
    assert abs(cover - title) <= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= wide


@pytest.mark.browser
def test_on_a_phone_a_chart_that_goes_on_shows_so(browser: Any, tmp_path: Path) -> None:
    """The path of steps ended within a word at the edge, as though the rest were lost."""
    file = tmp_path / "report.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), *map(ChartBlock, CHARTS), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)
    page.set_viewport_size({"width": 390, "height": 800})

    shaded = page.evaluate("[...document.querySelectorAll('.chart')].filter(chart => chart.scrollWidth > chart.clientWidth).map(chart => getComputedStyle(chart).backgroundImage.includes('gradient'))")
    assert shaded and all(shaded)


@pytest.mark.browser
def test_a_portfolio_s_list_of_long_amounts_keeps_to_its_page(browser: Any, tmp_path: Path) -> None:
    """Nine columns with German ranges, which did not break, ran 87 pixels over the edge of the text, then 12 with their whole heads."""
    row = ["6 Fields from supplier documents", "Fine-Tuning", "Fine-Tuning", "Ja", "12.000\u00a0€", "180.000\u00a0€", "590.000\u00a0€", "−830.000\u00a0€ bis 850.000\u00a0€", "über 99\u00a0%"]
    heads = ["Vorhaben", "Jetzt", "Ziel", "Klar", "Nächster Schritt", "Bis zum Einsatz", "Angesetzter Nutzen", "80-%-Spanne", "Chance auf Nutzen"]
    tones = [[Cell(words, {0: "strong", 1: "finetune", 2: "finetune"}.get(n, "")) for n, words in enumerate(row)]]
    file = tmp_path / "report.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), table_of("Liste", heads, tones, range(4, 9)), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)
    page.set_viewport_size({"width": 1280, "height": 800})

    assert page.evaluate("document.querySelector('table').getBoundingClientRect().right - document.querySelector('h2').parentElement.getBoundingClientRect().right") <= 1


@pytest.mark.browser
def test_the_figures_of_the_widest_table_stand_apart_and_numbers_below_a_chart_keep_to_their_half(browser: Any, tmp_path: Path) -> None:
    """Between two sums of the money table lay 6 pixels; the numbers of a German chart, once opened, ran into the column beside it."""
    heads = ["Weg", "Aufbau", "Betrieb", "Außer Haus", "Kontrolle", "Bleibt", "Zeit", "Falsch", "Gesamt", "Nutzen, 80 %", "Chance auf Nutzen", "Zurück in Monat"]
    row = [["Heute", "–", "–", "–", "–", "11.350", "11.350", "1.862", "13.212", "Basis", "–", "–"]]
    file = tmp_path / "report.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), table_of("Kosten", heads, row, range(1, 12)), *map(ChartBlock, CHARTS), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)

    drawn = page.evaluate("""[...document.querySelectorAll('tbody')[0].rows[0].cells].map(cell => {
      const words = document.createRange(); words.selectNodeContents(cell); const box = words.getBoundingClientRect(); return [box.left, box.right] })""")
    assert min(right[0] - left[1] for left, right in pairwise(drawn)) >= 7.9
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.style.width = '200px'; one.open = true })")
    assert page.evaluate("[...document.querySelectorAll('details')].every(one => one.scrollWidth <= one.clientWidth || getComputedStyle(one).overflowX === 'auto')")


@pytest.mark.browser
@pytest.mark.parametrize("times", [1, 10])
def test_money_of_hundreds_of_millions_keeps_to_its_page(browser: Any, tmp_path: Path, times: int) -> None:
    """At 656 million euros the table of money was 34 pixels wider than its page, at ten times as much 102."""
    today = ["Today, by people", *["–"] * 4, *(f"{amount * times:,}" for amount in (498_451, 498_451, 157_530, 655_981)), "base", "–", "–"]
    rag = ["RAG", *(f"{amount * times:,}" for amount in (45, 376, 421, 5_075, 269_199, 274_274, 114_405, 389_100)), f"{266_881 * times:,}\n{162_673 * times:,} to {400_682 * times:,}", "over 99%", "1"]
    heads = ["Way", "Build", "Run", "Leaves the house", "People checking", "Work that stays", "Staff time", "Wrong answers", "All in", "Gain, 80% range", "Chance of a gain", "Paid back in month"]
    bold = [[Cell(words, "strong" if n in (3, 6, 7, 8, 9) else "rag" if words == "RAG" else "") for n, words in enumerate(row)] for row in (today, rag)]
    file = tmp_path / "report.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), table_of("Costs", heads, bold, range(1, 12)), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)
    page.set_viewport_size({"width": 1280, "height": 800})

    assert page.evaluate("document.querySelector('table').getBoundingClientRect().right - document.querySelector('h2').parentElement.getBoundingClientRect().right") <= 1


@pytest.mark.browser
def test_the_numbers_of_workflows_stay_on_one_line(browser: Any, tmp_path: Path) -> None:
    """Beside a long text, “1–7” was broken after its dash."""
    told = "Failures of both kinds remain, and each layer was measured by itself, on real cases that nobody had seen before. "
    file = tmp_path / "report.html"
    file.write_text(render(notebook(COVER, Heading("All", 2), table_of("Tests", ["Step", "Start when", "For"], [("Both", told * 3, Cell("1–7", "muted"))]), Done())), encoding="utf-8")
    page, _, _ = opened(browser, file)

    assert page.evaluate("(() => { const told = document.createRange(); told.selectNodeContents(document.querySelector('td.is-muted')); return told.getClientRects().length })()") == 1


@pytest.mark.browser
def test_every_page_of_the_print_is_numbered_and_the_cover_is_not(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(whole()), encoding="utf-8")
    page, _, _ = opened(browser, file)

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (tmp_path / "report.pdf").write_bytes(page.pdf(prefer_css_page_size=True))

    printed = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout
    sheets = printed.rstrip("\f\n").split("\f")
    assert "Confidential. Prices" not in sheets[0]
    assert all(f"{n}/{len(sheets)}" in sheet for n, sheet in enumerate(sheets[1:], 2))
    assert all("Harbour Mutual · Sample" in sheet for sheet in sheets[1:])
