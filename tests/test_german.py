"""German documents and screens of the samples: no English sentence in them, and the figures of the English ones."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import run
from openpyxl import load_workbook
from pypdf import PdfReader
from sample_pages import COVER, PAGES, notebook, words_of
from test_languages import leaves

import advisorkit as ak
from advisorkit import report as pages
from advisorkit.charts.draw import share_bars
from advisorkit.charts.kinds import ShareBars, ShareRow
from advisorkit.export.blocks import Block, Done, KeyFigures, LineItems, Table, Text
from advisorkit.export.formats import RENDERERS
from advisorkit.files.texts import Texts, speaking
from advisorkit.intake.questionnaire import new_questionnaire, read_questionnaire
from advisorkit.report import Report, make_report
from advisorkit.screens.screen import screen_of
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document
from advisorkit.study.pilots import pilots_of
from advisorkit.study.study import studies
from advisorkit.values.quantities import money_tight

TEXT = Path(str(samples.path("marked-pilot"))).parents[1] / "text"
_PAGES = ("summary", "costs", "charter", "result", "failures", "moved")
_DOCUMENTS = ("brief", "decision_record", "session_note", "session_prep", "slides")


@cache
def made(sample: str, language: str) -> Report:
    file = samples.path(sample)
    engagement = replace(read(file), language=language)
    with speaking(language):
        pilots = pilots_of(engagement, file)
    return make_report(engagement, pilots=pilots, draws=256)


@cache
def blocks(sample: str, language: str) -> tuple[Block, ...]:
    """Everything that any template shows of the first workflows."""
    found = made(sample, language)
    whole = (found.cover, found.overview, found.programme, found.protection, found.annex, *(getattr(pages, name)(found) for name in _DOCUMENTS))
    each = (getattr(pages, name)(one) for one in found.workflows[:3] for name in _PAGES)
    return tuple(block for part in (*whole, *each) for block in part)


def fragments() -> Iterator[str]:
    """Pieces of English sentences, three words or more, that stand in no German one."""
    german = " ".join(text for path in sorted((TEXT / "de").glob("*.yaml")) for _, text in leaves(yaml.load(path.read_text("utf-8"), yaml.BaseLoader)))
    for part in ("report", "advice", "pilots", "costs", "programme", "screen"):
        for sentence in yaml.load((TEXT / "en" / f"{part}.yaml").read_text("utf-8"), yaml.BaseLoader).values():
            yield from (piece for one in re.split(r"\{[^}]*\}|\|", sentence) if len((piece := one.strip(" .:;,")).split()) > 2 and piece not in german)


ENGLISH = sorted(set(fragments()))


def english_in(text: str, client: str) -> list[str]:
    """What of `text` is English and not the client's own words."""
    return [piece for piece in ENGLISH if piece in text and piece not in client]


SAMPLES = ("marked-pilot", "published-deployments", "source-text")


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_page_of_a_german_document_holds_an_english_sentence(sample: str) -> None:
    client = " ".join(samples.path(sample).read_text("utf-8").split())
    text = "\n".join(words for block in blocks(sample, "de") for words in words_of(block))

    assert len(ENGLISH) > 500
    assert english_in("\n".join(words for block in blocks(sample, "en") for words in words_of(block)), client) != []
    assert english_in(text, client) == []


_SIZES = {"k": 1e3, "m": 1e6, "bn": 1e9, "Mio.": 1e6, "Mrd.": 1e9}


def numbers(text: str, language: str) -> Counter[float]:
    """The numbers in a text as its language writes them."""
    comma, point = (",", ".") if language == "en" else (".", ",")
    found = re.findall(rf"(\d[\d{re.escape(comma)}]*(?:{re.escape(point)}\d+)?)[ \u00a0]?(k|m|bn|Mio\.|Mrd\.)?(?![\w])", text)
    return Counter(round(float(number.rstrip(",.").replace(comma, "").replace(point, ".")) * _SIZES.get(size, 1), 6) for number, size in found)


def figures(found: tuple[Block, ...]) -> list[str]:
    """Cells that hold numbers, and key figures, in order."""
    told = list[str]()
    for block in found:
        if isinstance(block, KeyFigures):
            told += [one.value for one in block.figures]
        table = block.table if isinstance(block, LineItems) else block
        if isinstance(table, Table):
            told += [cell.text for row in table.rows for cell, number in zip(row, table.numeric, strict=True) if number]
    return told


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_german_document_has_the_figures_of_the_english_one(sample: str) -> None:
    english, german = (figures(blocks(sample, language)) for language in ("en", "de"))

    assert len(english) == len(german) > 20
    assert [pair for pair in zip(english, german, strict=True) if numbers(pair[0], "en") != numbers(pair[1], "de")] == []


@pytest.mark.parametrize(("language", "joined"), [("en", "to"), ("de", "bis")])
def test_ends_of_a_range_are_joined_by_a_word_as_one_may_lie_below_nought(language: str, joined: str) -> None:
    text = "\n".join(words for sample in SAMPLES for block in blocks(sample, language) for words in words_of(block))

    assert re.findall(r"\d[^\w\n]* – [^\w\n]*\d", text) == []
    assert re.search(rf"−100 {joined} 795\b", text), "the gain of the first workflow of the source text"


def test_what_programs_read_is_the_same_whatever_the_language() -> None:
    file = samples.path("marked-pilot")
    told = []
    for language in ("en", "de"):
        engagement = replace(read(file), language=language)
        told.append(json.dumps(advice_document(engagement, studies(engagement, pilots_of(engagement, file), draws=256))))

    assert told[0] == told[1]


@pytest.mark.parametrize("name", RENDERERS)
def test_every_format_tells_its_own_words_and_its_language_in_german(name: str) -> None:
    module, _, function = RENDERERS[name].partition(":")
    cover = replace(COVER, language="de", date="20. November 2026")
    content = getattr(import_module(module), function)(notebook(cover, *PAGES, Done()))
    match name:
        case "html":
            assert '<html lang="de">' in content
            assert "Preise und Antworten vom 20" in content and "<summary>Daten</summary>" in content and "· Muster" in content
        case "pdf":
            found = PdfReader(io.BytesIO(content))
            assert found.trailer["/Root"]["/Lang"] == "de"
            assert "Preise und Antworten vom 20. November 2026" in " ".join(" ".join(page.extract_text().split()) for page in found.pages)
        case "docx" | "pptx":
            text = " ".join(zipfile.ZipFile(io.BytesIO(content)).read(part).decode() for part in zipfile.ZipFile(io.BytesIO(content)).namelist() if part.endswith(".xml"))
            assert re.search(r'(w:lang w:val|<dc:language>|lang)="?de', text) or "<dc:language>de" in text
            assert ("Preise und Antworten vom" if name == "docx" else "MUSTER") in text
        case "xlsx":
            assert any(cell.value == "Summe" for sheet in load_workbook(io.BytesIO(content)) for row in sheet.iter_rows() for cell in row)


def shown(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from shown(inner)


def test_a_german_screen_speaks_german_and_an_english_one_beside_it_english(tmp_path: Path) -> None:
    text = samples.path("source-text").read_text("utf-8")
    (tmp_path / "de.yaml").write_text(text.replace("\nclient:", "\nlanguage: de\nclient:", 1), "utf-8")
    (tmp_path / "en.yaml").write_text(text, "utf-8")
    german, english = (screen_of(ak.open(tmp_path / f"{language}.yaml")) for language in ("de", "en"))

    assert (german.document.words["undo"], english.document.words["undo"]) == ("Rückgängig", "Undo")
    assert english_in("\n".join(shown(german.view)), " ".join(text.split())) == []
    english.work.answer("citations", "no")
    german.work.answer("citations", "no")
    assert english_in("\n".join(shown(german.view)), " ".join(text.split())) == []
    assert english_in("\n".join(shown(english.view)), " ".join(text.split())) != []


def test_a_german_questionnaire_comes_back_in_german_or_english_words(tmp_path: Path) -> None:
    with speaking("de"):
        new_questionnaire(tmp_path / "q.xlsx")
    book = load_workbook(tmp_path / "q.xlsx")
    sheet = book["Antworten"]
    lines = {row[0].value: row for row in sheet.iter_rows()}
    said = {"citations": "Erforderlich", "knowledge_change": "Weekly", "calls_per_month": "12.000", "regulated": "Ja", "hosting": "Ich weiß es nicht"}
    for name, word in said.items():
        lines[name][5].value = word
    lines["regulated"][7].value = "Eine Vermutung"
    book.save(tmp_path / "q.xlsx")

    found = read_questionnaire(tmp_path / "q.xlsx")

    assert found.faults == ()
    assert {name: answer.levels or answer.amount.likely for name, answer in found.answers.items() if answer.levels or answer.amount} == {
        "citations": ("required",), "knowledge_change": ("weekly",), "calls_per_month": 12_000, "regulated": ("yes",),
    }
    assert found.answers["regulated"].confidence == "guess"


def test_a_question_s_row_is_as_high_as_its_words_and_the_guide_fits_across_a_page(tmp_path: Path) -> None:
    """120 letters in 46 characters of width break into 3 lines; a line of 10 points needs 12."""
    with speaking("de"):
        new_questionnaire(tmp_path / "q.xlsx")
    guide, sheet = load_workbook(tmp_path / "q.xlsx").worksheets[:2]

    wide = {n: one.width for one in sheet.column_dimensions.values() for n in range(one.min, one.max + 1)}
    long = [(cell, len(cell.value) / wide[cell.column]) for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]
    assert max(times for _, times in long) > 2
    assert [cell.value for cell, times in long if sheet.row_dimensions[cell.row].height < 12 * (times * 10 / 11)] == []
    assert (guide.page_setup.orientation, guide.page_setup.paperSize) == ("landscape", 9)


def test_a_marking_sheet_is_in_the_engagement_s_language_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(samples.path("marked-pilot").read_text("utf-8").replace("\nclient:", "\nlanguage: de\nclient:", 1), "utf-8")
    (tmp_path / "marked-pilot.csv").write_bytes((samples.path("marked-pilot").parent / "marked-pilot.csv").read_bytes())

    assert run("pilot", "plan", file, "--sheet", tmp_path / "s.xlsx").exit_code == 0
    book = load_workbook(tmp_path / "s.xlsx")
    assert book.worksheets[0]["A1"].value == "Prüfung des Piloten: Answers for service engineers"
    marks = book.worksheets[1]
    heads = [cell.value for cell in marks[1]]
    for line in range(2, 42):
        marks.cell(line, heads.index("right") + 1, "yes")
    book.save(tmp_path / "s.xlsx")
    assert "40" in run("pilot", "read", tmp_path / "s.xlsx", "--to", file).output


def test_authors_and_months_of_sources_are_told_in_german() -> None:
    note = next(block for block in made("marked-pilot", "de").annex if isinstance(block, Text) and "arXiv" in block.paragraphs[0]).paragraphs[0]

    assert "Gekhman u. a., 2024" in note and "Europäische Kommission, Juli 2025" in note
    assert not re.search(r" and others|(March|May|July|October|December) 20", note)


def test_charts_with_little_room_tell_thousands_in_short() -> None:
    with speaking("de"):
        assert [money_tight(value, "EUR").replace("\u00a0", " ") for value in (550_000, -23_400, 1_870_000, 620)] == ["550 T€", "−23 T€", "1,9 Mio. €", "620 €"]
    assert money_tight(550_000, "EUR") == "€550k"


def test_the_german_name_of_both_ways_stands_where_it_needs_no_case() -> None:
    told = Texts("report")
    values = {"pattern": "Beides", "better": "Beides", "year": "2027", "amount": "61.000 €", "needed": "35.000 €", "stand": "innerhalb", "cash": "", "base": "1,9 Mio. €"}
    with speaking("de"):
        lines = [told.say(key, **values) for key in ("money.yearly", "money.budget", "money.first", "money.deadline", "swing.gain")]
    assert all("(Beides)" in line for line in lines)


def test_the_source_of_a_default_does_not_say_default_again() -> None:
    """“Vorgabe: Vorgabe von text-embedding-3-small” stood in the cost workbook."""
    for file in (TEXT.parent / "assumptions.yaml", TEXT / "de" / "assumptions.yaml"):
        assert not re.findall(r'source: "?(?:default|Vorgabe) .*', file.read_text(encoding="utf-8"))


def test_half_of_the_failures_is_not_told_as_half_of_all_cases() -> None:
    """“Mind. die Hälfte scheitert ohne Text” stood on the steps beside “at least half the failures” in English."""
    for name in ("retrieval", "training"):
        lines = {tongue: re.findall(rf"^{name}\.enter: (.*)$", (TEXT / tongue / "advice.yaml").read_text(encoding="utf-8"), re.MULTILINE)[0] for tongue in ("en", "de")}
        assert "half the failures" in lines["en"] and "Hälfte der Fehler" in lines["de"]


def test_every_bar_of_a_german_review_keeps_its_range() -> None:
    bars = tuple(ShareRow("prompt", name, hits / 34, f"{hits} von 34", note) for name, hits, note in (("Information fehlte", 24, "(54 % bis 83 %)"), ("Schlecht beantwortet", 7, "(10 % bis 37 %)")))

    drawn = str(share_bars(ShareBars(title="Fehler", bars=bars)).panels[0].marks)
    assert all(bar.note in drawn for bar in bars)
