"""A client is told things in the language of the engagement; one process tells two languages in a row, and none lacks a sentence."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

import advisorkit.report as pages_of_reports
from advisorkit.calibration.closed_cases import shipped_cases
from advisorkit.catalog.prices import history
from advisorkit.catalog.reading import assumptions, load as load_catalog
from advisorkit.charts.draw import KINDS
from advisorkit.files.texts import Texts, languages, speaking
from advisorkit.pilots.formats import logbook
from advisorkit.report import Report, make_report, summary
from advisorkit.store.reading import read
from advisorkit.values.messages import Locale
from advisorkit.values.quantities import day, money, money_short, number, percent

DATA = Path(str(files("advisorkit"))) / "data"
ROOT = Path(__file__).parents[1]
SAMPLES, TEXT = DATA / "samples", DATA / "text"
OTHERS = [language for language in languages() if language != "en"]


def told() -> tuple[str, ...]:
    return number(-1234.5, 1), money(12_000, "EUR"), money_short(1_200_000, "EUR"), money_short(-45_000, "CHF"), percent(0.671), percent(0.004), day(date(2026, 11, 30))


def test_numbers_money_shares_and_days_are_written_as_in_the_language_that_is_told_in_and_only_there() -> None:
    english = told()
    with speaking("de"):
        german = told()

    assert english == ("−1,234.5", "€12,000", "€1.2m", "−CHF 45k", "67%", "under 1%", "30 November 2026")
    assert [text.replace("\u00a0", " ") for text in german] == ["−1.234,5", "12.000 €", "1,2 Mio. €", "−45.000 CHF", "67 %", "unter 1 %", "30. November 2026"]
    assert told() == english


def test_one_process_makes_documents_of_two_languages_in_a_row_and_a_study_keeps_its_own() -> None:
    engagement = read(SAMPLES / "marked-pilot.yaml")
    english, german = (make_report(replace(engagement, language=language), draws=256) for language in ("en", "de"))

    assert german.cover[0].date == "20.\u00a0November 2026"
    assert german.cover[0].language == "de"
    assert english.cover[0].date == "20 November 2026"
    pages = summary(german.workflows[0])
    with speaking("de"):
        assert summary(english.workflows[0]) == summary(make_report(engagement, draws=256).workflows[0])
    assert pages == summary(german.workflows[0])


def test_every_page_that_a_template_shows_speaks_the_language_of_what_it_shows() -> None:
    others = {"done", "job_document", "make_report", "open_job", "rung_name", "show", "write_job"}
    pages = {name: getattr(pages_of_reports, name) for name in pages_of_reports.__all__ if name not in others}

    assert [name for name, page in pages.items() if not isinstance(page, type) and not hasattr(page, "__wrapped__")] == []
    assert [name for name, part in vars(Report).items() if isinstance(part, property) and name not in {"language", "begun", "cost_workbook"}] == []


def sentences(language: str, part: str) -> dict[str, str]:
    return written(TEXT / language / f"{part}.yaml")


def written(path: Path) -> dict[str, Any]:
    """What a file says; nothing where a new language has none of its own yet, so that what it lacks is listed."""
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), yaml.BaseLoader) if path.exists() else {}
    return found


def named(sentence: str) -> list[tuple[str, bool]]:
    """The places of a sentence, and whether each holds the words for one and for more."""
    return sorted({(name, "|" in (look or "")) for _, name, look, _ in Formatter().parse(sentence) if name})


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("part", [path.stem for path in sorted((TEXT / "en").glob("*.yaml"))])
def test_a_language_lacks_no_sentence_and_each_has_the_places_and_columns_of_the_english_one(language: str, part: str) -> None:
    asked = part in ("bakeoff", "briefing")  # what a model is asked stays English
    english = {key: text for key, text in sentences("en", part).items() if not (asked and key.startswith("ask."))}
    own = sentences(language, part)

    assert [key for key in english if key not in own] == []
    assert [key for key in own if key not in english] == []
    assert {key: own[key] for key in english if key in own and named(own[key]) != named(english[key])} == {}
    assert {key: own[key] for key in english if key in own and own[key].count("|") != english[key].count("|")} == {}


_THINGS = "cases|days|months|lines|requests|prices|points|answers|marks|questions|weeks|years|rows|files|Fällen?|Tagen?|Monaten?|Zeilen|Anfragen|Preise|Punkten?|Antworten|Fragen|Wochen|Jahren?"
SEVERAL = re.compile(rf"\{{(\w+)\}} (?:(?:more|real|answered|list) )?({_THINGS})\b")
"""A number before words that hold for several alone."""
NEVER_ONE = {"too_many", "method.clear_text", "method.record", "figures.fresh", "questions.title", "plan.none", "slides.risks.some"}
"""Sentences whose number is never one, or has another sentence for one."""


@pytest.mark.parametrize("language", languages())
def test_no_sentence_speaks_of_one_thing_as_of_several(language: str) -> None:
    told = {key: text for path in sorted((TEXT / "en").glob("*.yaml")) for key, text in sentences(language, path.stem).items()}

    assert {key: text for key, text in told.items() if SEVERAL.search(text) and key not in NEVER_ONE} == {}


@pytest.mark.parametrize(("language", "one", "more"), [
    ("en", "Mark 1 more real case with X.", "Mark 2 more real cases with X."), ("de", "Prüfen Sie 1 weiteren echten Fall mit X.", "Prüfen Sie 2 weitere echte Fälle mit X."),
])
def test_one_more_case_is_told_as_one(language: str, one: str, more: str) -> None:
    with speaking(language):
        assert [Texts("advice").say("start.mark_more", cases=count, pattern="X") for count in (1, 2)] == [one, more]


@pytest.mark.parametrize(("language", "sign"), [("en", "%"), ("de", "\u00a0%")])
def test_no_line_ends_between_a_share_and_its_sign(language: str, sign: str) -> None:
    paths = [*(TEXT / language).rglob("*.yaml"), *(DATA.glob("*.yaml") if language == "en" else ())]
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    told = [(found[1], line) for line in lines for found in re.finditer(r"[0-9}]([ \u00a0]?%)", line.partition(": ")[2] or line)]

    assert len(told) > 30
    assert [line for found, line in told if found != sign] == []
    assert [line for line in lines if "-%-" in line and "figure." in line.partition(": ")[0]] == []  # a narrow label breaks at the first hyphen


SCREENED = ("values", "files", "store", "costs", "pilots", "screens")
"""Rooms whose faults a session shows."""


@cache
def calls() -> tuple[tuple[str, str, ast.Call], ...]:
    """Every call with arguments in the program: the room that it stands in, the name of what is called, the call."""
    package = Path(str(files("advisorkit")))
    found = ((path.relative_to(package).parts[0], node) for path in package.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return tuple((room, getattr(node.func, "id", getattr(node.func, "attr", "")), node) for room, node in found if isinstance(node, ast.Call) and node.args)


def called(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function or method of one of these names in the program, with the room that it stands in."""
    yield from ((room, node) for room, name, node in calls() if name in names)


def messages() -> Iterator[ast.expr]:
    """What is said of faults that a session shows."""
    for room, node in called("Fault", "fault", "_refuse"):
        place = {"Fault": 2, "fault": 0, "_refuse": -1}[getattr(node.func, "id", getattr(node.func, "attr", ""))]
        if room in SCREENED and len(node.args) > place:
            yield node.args[place]


def spoken_words() -> Iterator[str]:
    """Words in the program that are told in the language of the client: those given to `here`, faults, heads of charts, units."""
    told = [*(node.args[0] for _, node in called("here")), *(node.args[1] for _, node in called("word") if len(node.args) > 1), *messages()]
    yield from (one.value for node in told if isinstance(node, ast.Constant | ast.IfExp) for one in ast.walk(node) if isinstance(one, ast.Constant) and re.search("[a-z]{2}", str(one.value)))
    yield from (said for form in logbook().formats.values() for said in (form.title, form.instead) if said)
    for kind in KINDS.values():
        yield from (kind.kind, *kind.head)
    yield from (row.measure for row in assumptions().values())
    yield from (row.unit for row in load_catalog().criteria.values() if row.unit)
    yield from headed()


def headed() -> Iterator[str]:
    """Every line above the parts of a workbook."""
    for path in sorted(ROOT.glob("workbooks/*.ipynb")):
        words = ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "markdown"]
        yield from (line.lstrip("# ") for part in words for line in part.splitlines() if line)


def test_a_fault_that_a_session_shows_holds_no_words_that_no_language_can_look_up() -> None:
    mixed = [ast.unparse(one) for one in messages() if isinstance(one, ast.JoinedStr)]

    assert [one for one in mixed if re.search("[a-z]{2}", re.sub(r"\{.*?\}", "", one))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_word_that_stands_in_the_program_and_says_how_it_writes_numbers(language: str) -> None:
    own = sentences(language, "words")

    assert [word for word in dict.fromkeys(spoken_words()) if word not in own] == []
    assert {one.name for one in fields(Locale)} - {"language", "words"} == sentences(language, "locale").keys()


WORDS = {
    "assumptions.yaml": {"label", "source"}, "patterns.yaml": {"name", "long_name", "what", "right_when", "fails_when"}, "belief.yaml": set(),
    "gates.yaml": {"short", "reason", "reopens"}, "sources.yaml": {"where"},
    **{f"criteria/{topic}.yaml": {"label", "question", "help", "reason"} for topic in load_catalog().topics},
}
"""Data files with what a client reads of them; what holds a rationale or a test of our own stays English."""


def leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, str):
        yield path, node
        return
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
        yield from leaves(inner, (*path, str(key)))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", WORDS)
def test_a_language_has_every_word_of_the_data_that_a_client_reads(language: str, name: str) -> None:
    english, own = (dict(leaves(written(folder / name))) for folder in (DATA, TEXT / language))

    assert [path for path in english if (path[-1] in WORDS[name] or path[0] == "topics") and path not in own] == []
    assert [path for path in own if path not in english] == []
    assert {path: own[path] for path in own if path[-1] in {"criterion", "id", "unit"} and own[path] != english[path]} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_how_published_deployments_ended_and_where_prices_were_seen(language: str) -> None:
    cases, prices = sentences(language, "cases"), sentences(language, "prices")

    assert cases.keys() == {case.id for case in shipped_cases()}
    assert {row.source for row in history()} - prices.keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_that_a_language_tells_is_one_that_the_program_says_with_the_same_places(language: str) -> None:
    paths = [*DATA.parent.rglob("*.py"), *DATA.glob("*.yaml"), *DATA.glob("criteria/*.yaml")]
    source = re.sub(r"\"\s*\n\s*\"", "", "\n".join([*(path.read_text("utf-8") for path in paths), *headed()]))
    said = sentences(language, "words")

    assert [english for english in said if english not in source] == []
    assert [english for english, own in said.items() if (english.count("{"), named(english)) != (own.count("{"), named(own))] == []
