"""The assumption table: what matters first, lists that hold what they say, and what is tried against what was kept."""

from __future__ import annotations

import re
import shutil
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

import advisorkit as ak
from advisorkit.screens.screen import Screen, screen_of
from advisorkit.store import samples
from advisorkit.values.quantities import Estimate, money

HARBOUR = Path(__file__).parent / "browser" / "harbour.yaml"


def view(show: Screen) -> Any:
    return show.view


@pytest.fixture
def costs(tmp_path: Path) -> Screen:
    """The pump maker's costs, where today is known, so that there is a gain."""
    file = samples.path("marked-pilot")
    shutil.copytree(file.parent, tmp_path, dirs_exist_ok=True)
    return screen_of(ak.open(tmp_path / file.name), "costs")


def listed(show: Screen) -> list[str]:
    return [row["name"] for row in view(show)["assumptions"]["rows"]]


def test_what_matters_is_what_moves_the_gain_widest_first_and_keeps_its_place_while_values_are_tried(costs: Screen) -> None:
    swings = costs.work.judged().costs.tornado
    assert [name for name in listed(costs) if name != "checking_plan"] == [name for name in swings.telling if name != "checking_plan"]
    bars = [row["moves"][1] for row in view(costs)["assumptions"]["rows"] if row["moves"]]
    assert bars == sorted(bars, reverse=True) and bars[0] == 1

    before = listed(costs)
    costs.edit("assume_part", {"name": "growth_per_year", "part": "likely", "text": "15"})
    costs.edit("assume_part", {"name": "observability_month", "part": "likely", "text": "77"})
    assert listed(costs) == [*before, "observability_month"]


def test_lists_of_assumptions_hold_what_they_say(costs: Screen) -> None:
    costs.edit("list", {"which": "all"})
    assert sorted(listed(costs)) == sorted(costs.work.judged().inputs.rows)
    assert [row["over"] for row in view(costs)["assumptions"]["rows"] if row["over"]] == [title for _, title, _ in view(costs)["assumptions"]["topics"]]
    costs.edit("list", {"which": "changed"})
    assert listed(costs) and all(row["changed"] for row in view(costs)["assumptions"]["rows"])
    for topic, _, count in view(costs)["assumptions"]["topics"]:
        costs.edit("list", {"which": topic})
        assert len(listed(costs)) == count
    for sought, name in (("€ an HOUR", "hourly_cost"), ("invoice", "retry_share"), ("judged case", "judge_price"), ("a bought product", "buy_setup")):
        costs.edit("list", {"sought": sought})
        assert name in listed(costs)
    costs.edit("list", {"sought": "zebra"})
    assert listed(costs) == []


def test_what_is_tried_stands_against_what_was_kept_and_is_kept_or_dropped_from_there(costs: Screen) -> None:
    assert view(costs)["bar"]["trying"] is None
    kept = costs.work.judged().gain("rag")
    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "8"})
    tried, now = view(costs)["bar"]["trying"], costs.work.judged().gain("rag")

    assert tried["title"] == "Base case, tried"
    assert tried["what"] == "Minutes saved per item: 6 / 10 / 15 minutes → 6 / 8 / 15 minutes. Nothing is kept yet."
    assert tried["figures"][0] == ["Gain, RAG", *(money(amount, "EUR", 9) for amount in (kept, now))], "as the table prints it"
    assert next(row for row in view(costs)["assumptions"]["rows"] if row["name"] == "minutes_saved")["was"].startswith("was 10, ")
    gains = view(costs)["chart gains"]
    assert gains["subtitle"].endswith("Dashes: as kept.") and gains["svg"].count("stroke-dasharray") == len(gains["rows"]) == 4
    costs.edit("drop", {})
    assert "stroke-dasharray" not in view(costs)["chart gains"]["svg"]
    assert view(costs)["bar"]["trying"] is None and costs.work.judged().gain("rag") == kept


@pytest.mark.parametrize(
    ("language", "name", "text", "words"),
    [
        ("en", "share_taken", "120", "“120” must lie between 0% and 100%"), ("en", "horizon_months", "0", "“0” must be above 0. Still using 36."),
        ("en", "engineer_day_rate", "abc", "'abc' is not a number; write one such as 1200 or 0.8. Still using"), ("de", "share_taken", "120", "„120“ muss zwischen 0 % und 100 % liegen"),
        ("de", "engineer_day_rate", "800 Bananen", "„bananen“ ist hier nicht zu verstehen; gefragt ist eine Zahl in der Einheit EUR je Tag"),
        ("de", "minutes_per_item", "-3", "„-3“ darf nicht unter null liegen"),
    ],
)
def test_what_is_refused_is_said_beside_it_in_the_language_of_the_screen_and_the_screen_goes_on(tmp_path: Path, language: str, name: str, text: str, words: str) -> None:
    file = tmp_path / "harbour.yaml"
    file.write_text(f"language: {language}\n" + HARBOUR.read_text(encoding="utf-8"), encoding="utf-8")
    screen = screen_of(ak.open(file), "costs")
    before, sent = screen.work.state, list[object]()
    screen.document.send = sent.append  # type: ignore[assignment,method-assign]
    screen.edit("list", {"which": "all"})
    screen.document._hear(None, {"edit": 7, "name": "assume_part", "args": {"name": name, "part": "likely", "text": text}}, [])

    (row,) = [row for row in screen.view["assumptions"]["rows"] if row["name"] == name]
    assert words in row["fault"].replace("\u00a0", " ")
    assert (screen.work.state, sent[-1]) == (before, {"done": 7})


def test_what_is_refused_stays_said_while_the_page_takes_another_width(costs: Screen) -> None:
    def fault() -> str:
        return next(row["fault"] for row in view(costs)["assumptions"]["rows"] if row["name"] == "minutes_saved")

    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "soon"})
    said = fault()
    costs.edit("hello", {"widths": {"chart curves": 512}, "theme": "dark"})
    assert "'soon' is not a number" in said and fault() == said and view(costs)["chart curves"]["width"] == 512
    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "40"})
    assert "an item cannot save more minutes (likely 40) than it takes today (minutes_per_item, likely 15). Still using 10." in fault()
    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "9"})
    assert fault() == ""


def test_an_amount_is_echoed_as_it_is_understood_before_it_is_recorded(costs: Screen) -> None:
    screen = screen_of(costs.work)
    screen.edit("ask", {"criterion": "corpus_tokens"})
    before, echoes = costs.work.state, []
    for typed in ("4", "400 pages", "400 pagesx", "60,000 to 20,000", "20,000 to 60,000"):
        screen.edit("echo", {"criterion": "corpus_tokens", "text": typed})
        echoes.append(screen.view["question"]["asked"]["echo"])

    assert echoes == ["", "about 240,000 tokens (140,000 to 400,000, at 350 to 1,000 each)", "", "20,000 to 60,000 tokens", ""]
    assert costs.work.state == before
    screen.edit("answer", {"criterion": "corpus_tokens", "value": "60,000 to 20,000"})
    assert costs.work.state.current.answers["corpus_tokens"].amount == Estimate.of([20_000, 60_000])


def test_what_was_understood_before_does_not_stand_beside_a_refusal(costs: Screen) -> None:
    """ "soon" was refused beside "Understood as about 240,000 tokens"."""
    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "0.1 hour"})
    assert [notice["words"] for notice in view(costs)["bar"]["notices"]] == ["“0.1 hour” → 6 minutes"]
    costs.edit("assume_part", {"name": "minutes_saved", "part": "likely", "text": "soon"})
    assert view(costs)["bar"]["notices"] == [] and costs.look.faults["minutes_saved"]

    screen = screen_of(costs.work)
    screen.edit("ask", {"criterion": "corpus_tokens"})
    screen.edit("echo", {"criterion": "corpus_tokens", "text": "400 pages"})
    screen.edit("answer", {"criterion": "corpus_tokens", "value": "soon"})
    asked = view(screen)["question"]["asked"]
    assert (asked["echo"], bool(asked["fault"])) == ("", True)


def test_a_field_shows_three_figures_and_keeps_what_was_said_exactly(costs: Screen) -> None:
    """10,000 a year are 833.333 a month; a note beside it sends the field back as it stands, and six figures or 833 flat must not come of that."""
    screen = screen_of(costs.work)
    for said, shown, exact in (("10,000 a year", "833", Estimate.of(10_000 / 12)), ("1000 to 2000 a year", "83.3 to 167", Estimate.of([1000 / 12, 2000 / 12]))):
        screen.edit("answer", {"criterion": "calls_per_month", "value": said})
        screen.edit("ask", {"criterion": "calls_per_month"})
        field = view(screen)["question"]["asked"]["amount"]
        screen.edit("answer", {"criterion": "calls_per_month", "value": field, "note": "asked again"})
        found = costs.work.state.current.answers["calls_per_month"]

        assert (field, found.note) == (shown, "asked again")
        assert found.amount is not None and (found.amount.low, found.amount.high) == pytest.approx((exact.low, exact.high), rel=1e-9)
    screen.edit("answer", {"criterion": "calls_per_month", "value": "833"})
    assert costs.work.state.current.answers["calls_per_month"].amount == Estimate.of(833)


GERMAN = "language: de\n" + HARBOUR.read_text(encoding="utf-8")
UNTOLD = r"\b(line|is|not|unknown|valid|holds|expected|of|the|to)\b"


@pytest.mark.parametrize(("old", "new", "words"), [
    ("citations: required", "citation: required", r"harbour\.yaml: Zeile \d+, .*: unbekannt \(Frage\): „citation“\. Meinten Sie citations"),
    ("citations: required", "citations: requird", r"„requird“ passt hier nicht \(Stufe von citations\)\. Meinten Sie required"),
    ("currency: EUR", "currency: EURO", r"„EURO“ passt hier nicht \(Währungskürzel\)\. Meinten Sie EUR"),
    ("    answers:", "    workload: {input_token: 3}\n    answers:", r"unbekannt \(Angabe zur Menge\): „input_token“"),
    ("    answers:", "    workload: {input_tokens: -3}\n    answers:", r"„-3“ darf nicht unter null liegen \(Token je Aufruf\)"),
    ("    answers:", "    assumptions: {engineer_day_rate: 800 Bananen}\n    answers:", r"„bananen“ ist hier nicht zu verstehen; gefragt ist eine Zahl in der Einheit EUR je Tag"),
    ("cost_wrong: [3, 6, 10]", "cost_wrong: [3, 6.5, 1]", r"ist keine Spanne: 3; 6,5; 1 müssen von niedrig nach hoch steigen"),
    ("sample: true", "scenarios: {other: {workflows: {policy-wordin: {}}}}", r"unbekannt \(Vorhaben\): „policy-wordin“\. Meinten Sie policy-wording\?"),
    ("client: Harbour", "client: &a Harbour", r"Anker und Verweise"),
])
def test_a_file_with_faults_is_refused_in_the_language_of_the_screen(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = tmp_path / "harbour.yaml"
    file.write_text(GERMAN, encoding="utf-8")
    screen = screen_of(ak.open(file), "costs")
    file.write_text(GERMAN.replace(old, new, 1), encoding="utf-8")

    screen.edit("load", {})

    said = screen.view["bar"]["notices"][0]["words"]
    assert re.search(words, said) and not re.search(UNTOLD, said)


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.csv", "case,outcome\n1,right\n2,perhaps\n", r"^a\.csv: Zeile 3, outcome: „perhaps“ passt hier nicht \(Wort für ein Ergebnis\)"),
    ("a.csv", "case,right\n1,yes\n1,yes\n", r"der Fall 1 ist schon geprüft, in Zeile 2;"),
    ("a.csv", "case,failuress\n1,information\n", r"a\.csv: Kopfzeile: die Spalte „right“ fehlt; nötig: .*\n.*unbekannte Spalte „failuress“\. Meinten Sie failure\?"),
    ("a.json", '{"prompts": []}', r"enthält Daten mit den Schlüsseln prompts und keine Prüfungen; gelesen werden ein Inspect-Protokoll, eine Ausgabe von promptfoo"),
    ("a.jsonl", '{"head": {"prompts": [], "vars": []}, "body": [{"outputs": [{"pass": true}], "vars": []}]}', r"ist eine Tabelle von promptfoo, die nicht sagt, was geprüft wurde;"),
])
def test_marked_results_with_faults_are_refused_in_the_language_of_the_screen(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / "harbour.yaml").write_text(GERMAN, encoding="utf-8")
    screen = screen_of(ak.open(tmp_path / "harbour.yaml"), "pilot")

    screen.edit("pilot", {"file": name, "content": b64encode(content.encode()).decode(), "mark": ""})

    said = screen.view["results"]["fault"]
    assert re.search(words, said) and not re.search(UNTOLD, said)


def test_a_column_that_may_be_no_verdict_is_asked_on_screen_without_a_word_of_the_command_line(tmp_path: Path) -> None:
    screen = screen_of(ak.open(shutil.copy(HARBOUR, tmp_path)), "pilot")
    sent = {"file": "list.csv", "content": b64encode(b"id,regulated\na,No\nb,Yes\n").decode()}
    screen.edit("pilot", sent)

    asked = screen.view["results"]
    assert asked["fault"] == "list.csv: has no column 'right', and the only one that might hold verdicts has another name: regulated (1 of 2 right, 50%)."
    assert asked["asks"] == [["scorer", "Whose verdict counts", [["regulated", "regulated (1 of 2 right, 50%)"]]]]
    screen.edit("pilot", {"file": "marks.csv", "content": b64encode(b"case,passed,failure\n1,yes,\n2,no,behaviour\n").decode()})
    assert screen.view["results"]["fault"] == "" and screen.view["results"]["read"]
    assert [one["words"] for one in screen.view["bar"]["notices"]] == ["marks.csv: there is no column 'right'; 'passed' was read as right or wrong"]
    assert screen.work.state.engagement.workflows[0].pilots == ()


def test_what_is_told_of_a_file_as_it_is_opened_is_told_in_its_language(tmp_path: Path) -> None:
    file = tmp_path / "harbour.yaml"
    file.write_text(GERMAN.replace("cost_wrong: [3, 6, 10]", "cost_wrong: between 3 and 6.50 EUR").replace("Mutual", "Müller"), encoding="cp1252")

    old, amount = (one["words"] for one in screen_of(ak.open(file), "costs").view["bar"]["notices"])

    assert old == "harbour.yaml: ist kein UTF-8; es wurde als Windows-1252 gelesen, bitte prüfen Sie Umlaute und Zeichen"
    assert re.fullmatch(r"harbour\.yaml: Zeile \d+, workflows\[0\]\.answers\.cost_wrong: „between 3 and 6\.50 EUR“ → 3 bis 6,5 EUR je Vorgang", amount.replace("\u00a0", " "))


def test_where_no_price_can_be_told_the_costs_say_what_is_missing_for_one(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("advisorkit: 1\nid: new\nclient: New\ncurrency: EUR\nas_of: 2026-12-03\nworkflows:\n  - {id: first, name: First}\n")
    show = screen_of(ak.open(tmp_path / "new.yaml"))
    show.edit("section", {"name": "costs"})

    told = show.view["advice costs"]
    assert (told["headline"][0]["text"], told["summary"]) == ("What it costs is not known yet.", "Still missing: items a month.")
