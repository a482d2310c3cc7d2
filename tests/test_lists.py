"""Lists as clients keep them: their own headings and words come in by a mapping that is proposed, corrected and kept."""

from __future__ import annotations

import csv
import json
import random
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import run
from pptx import Presentation

from advisorkit.intake.mapping import propose, read_mapping
from advisorkit.intake.portfolio import PortfolioTable, portfolio
from advisorkit.store.reading import read
from advisorkit.values.engagement import Answer, Workflow
from advisorkit.values.messages import EngagementError
from advisorkit.values.quantities import Estimate

DAY = date(2026, 11, 20)


def listed(folder: Path, text: str, name: str = "ideas.csv") -> PortfolioTable:
    (folder / name).write_text(text, encoding="utf-8")
    return portfolio(folder / name, "EUR", DAY)


def workflows(found: PortfolioTable) -> list[Workflow]:
    return [row.engagement.workflows[0] for row in found.rows if row.engagement]


def test_usual_headings_are_recognised_and_others_kept_and_told(tmp_path: Path) -> None:
    found = listed(tmp_path, "Use Case ID,Use Case Name,Bureau,Vendor\nuc-1,Invoice sorting,Finance,Acme\nuc-2,Policy answers,Legal,\n")
    first, second = workflows(found)

    assert (first.id, first.name, first.context, first.listed) == ("uc-1", "Invoice sorting", {"department": "Finance"}, {"Vendor": "Acme"})
    assert second.listed == {}
    assert any("kept as context, not as answers: Vendor" in notice for notice in found.notices)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Vendor name,Name of the AI system,Cost", "b"), ("System/Tool Name,AI System Name,Contact name", "b"), ("Initiative\nname (short),Owner name,x", "a"),
        ("Model name,Projekttitel / Titel,x", "b"), ("Inventory ID,Purpose,Use case / project title", "c"),
    ],
)
def test_a_heading_with_a_word_for_names_is_the_name_where_none_is_better(head: str, name: str, tmp_path: Path) -> None:
    columns = head.split(",")
    text = ",".join(f'"{one}"' for one in columns) + "\na,b,c\n"

    assert workflows(listed(tmp_path, text))[0].name == name


def test_ids_are_reduced_with_the_lists_own_kept_or_made_from_names(tmp_path: Path) -> None:
    own = workflows(listed(tmp_path, "id,name\nUC-001,Invoice sorting\nFIN - 0002,Policy answers\nplain,Plain\n"))
    made = listed(tmp_path, "Title,Notes\nInvoice sorting,x\nInvoice  Sorting,y\n発注,z\n")

    assert [(one.id, one.listed) for one in own] == [("uc-001", {"id": "UC-001"}), ("fin-0002", {"id": "FIN - 0002"}), ("plain", {})]
    assert [row.id for row in made.rows] == ["invoice-sorting", "invoice-sorting-2", "row-4"]
    assert any("ids were made from names" in notice for notice in made.notices)


@pytest.mark.parametrize(
    ("name", "word", "level"),
    [
        ("regulated", "No", "no"), ("regulated", "TRUE", "yes"), ("regulated", "a) Yes", "yes"), ("regulated", "Nein", "no"), ("regulated", "oui", "yes"),
        ("citations", "Nice to have", "nice_to_have"), ("citations", "2. Required", "required"), ("sponsor", "yes", "named"),
        ("citations", "TBD", None), ("regulated", "-", None), ("budget", "n/a", None), ("budget", "?", None), ("citations", "c) N/A", None),
    ],
)
def test_words_as_people_write_them(tmp_path: Path, name: str, word: str, level: str | None) -> None:
    found = listed(tmp_path, f'id,name,{name}\na,A,"{word}"\nb,B,unknown\n')

    assert [row.faults for row in found.rows] == [(), ()]
    assert workflows(found)[0].answers == ({name: Answer((level,))} if level else {})


def test_a_yes_that_may_mean_several_levels_is_a_fault_that_lists_them(tmp_path: Path) -> None:
    row = listed(tmp_path, "id,name,prompt_pilot\na,A,yes\nb,B,no\nc,C,tried\n").rows[0]

    assert "is not a level of prompt_pilot" in row.faults[0].message


def test_a_word_of_one_of_our_names_whose_cells_say_other_things_is_context(tmp_path: Path) -> None:
    found = listed(tmp_path, "id,name,Sponsor,Hosting\na,A,Ann Lee,Azure\nb,B,Bo Day,any_cloud\n")

    assert [one.listed for one in workflows(found)] == [{"Sponsor": "Bo Day"}]
    assert [len(row.faults) for row in found.rows] == [1, 0], "half of the cells name a level of hosting, so it is that question"


@pytest.mark.parametrize(("heading", "near"), [("citation", "citations"), ("Citatoins", "citations"), ("clent", "client"), ("minutes_per_itm", "minutes_per_item")])
def test_a_misspelt_name_is_an_error_with_or_without_a_mapping(tmp_path: Path, heading: str, near: str) -> None:
    (tmp_path / "m.yaml").write_text("advisorkit: 1\ncolumns: {id: id}\n")
    for mapping in (None, read_mapping(tmp_path / "m.yaml")):
        (tmp_path / "ideas.csv").write_text(f"id,name,{heading}\na,A,no\n")
        with pytest.raises(EngagementError) as caught:
            portfolio(tmp_path / "ideas.csv", "EUR", DAY, mapping)
        assert caught.value.faults[0].nearest == (near,)


def test_what_a_row_lacks_is_told_with_its_line(tmp_path: Path) -> None:
    found = listed(tmp_path, "id,name,currency,as_of,client\na,A,usd,2026-11-01,Acme\nb,B,,,\n")

    assert [(row.engagement.currency, row.engagement.as_of, row.engagement.client) for row in found.rows if row.engagement] == [
        ("USD", date(2026, 11, 1), "Acme"), ("EUR", DAY, "ideas"),
    ]
    assert [notice.partition(": ")[2] for notice in found.notices] == [
        "no client in line 3, so ideas was taken", "no currency in line 3, so EUR was taken", "no as_of in line 3, so 2026-11-20 was taken",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("columns: {A: citation}", "Did you mean citations"),
        ("columns: {A: {to: citations, levels: {x: requird}}}", "Did you mean required"),
        ("columns: {A: {levels: {x: required}}}", "'to' is missing"),
        ("columns: {A: citations, B: citations}", "2 headings stand for citations"),
        ("columns: {A: id, a.: name}", "'a' is there twice"),
        ("language: xx", "is not a language"),
        ("curency: EUR", "Did you mean currency"),
        ("currency: Euro", "is not a currency code"),
        ("as_of: soon", "expected a date"),
        ("programme: {budgt: 5}", "Did you mean budget"),
    ],
)
def test_a_faulty_mapping_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "m.yaml").write_text(f"advisorkit: 1\n{text}\n")

    with pytest.raises(EngagementError) as caught:
        read_mapping(tmp_path / "m.yaml")

    assert words in str(caught.value)
    assert "m.yaml" in str(caught.value)


MONEY = {True: [12, 45, 0.06, 3], False: ["n/a"] * 4}
"""Minutes, cost of an hour, share wrong and cost of a wrong one: of every eighth row somebody knows them."""


def inventory(rows: int, seed: int) -> tuple[list[str], list[list[Any]]]:
    """A list in the manner of public inventories: letters before answers, words for nothing, questions as headings."""
    pick = random.Random(seed)
    head = ["Use Case ID", "Use Case Name", "Bureau / Department", "What problem is the AI intended to solve?", "Stage of Development",
            "Is the use case high impact?", "Does the use case involve personal data?", "Human in the loop?", "Outputs", "Vendor", "Contract number", "Requests per month",
            "Minutes per request", "Cost per hour", "Error rate", "Cost of an error"]
    body = [
        [f"FRB-{i:04}", f"Idea {i}", f"Office {i // 8}", "People search files", pick.choice(["a) Pre-deployment", "b) Pilot", "c) Deployed", "d) Retired"]),
         pick.choice(["a) High-impact", "b) Not high-impact"]), pick.choice(["Yes", "No", "N/A"]), pick.choice(["Yes", "No", "TBD"]),
         "A draft", pick.choice(["Acme", "-"]), f"C{i}", 9000 if i % 8 == 0 else pick.choice([200, 5000, "n/a"]), *MONEY[i % 8 == 0]]
        for i in range(rows)
    ]
    return head, body


TODAY = ("minutes_per_item", "hourly_cost", "error_rate_today", "cost_wrong")


def titled(folder: Path, rows: int = 40, seed: int = 1) -> Path:
    """Title lines over the header, in a CSV file with semicolons."""
    head, body = inventory(rows, seed)
    with (folder / f"titled{seed}.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=";").writerows([["Inventory of AI, 2026"], ["Status: draft", "Owner: IT"], [], head, *body])
    return folder / f"titled{seed}.csv"


def covered(folder: Path, rows: int = 40, seed: int = 2) -> Path:
    """A cover sheet before the list and a legend behind it; departments in cells merged over eight rows."""
    head, body = inventory(rows, seed)
    book = openpyxl.Workbook()
    book.active.append(["Our AI ideas", "Version 3"])
    sheet = book.create_sheet("Inventory")
    for row in [["AI use cases"], head, *([*row[:2], row[2] if i % 8 == 0 else None, *row[3:]] for i, row in enumerate(body))]:
        sheet.append(row)
    for first in range(3, 3 + rows, 8):
        sheet.merge_cells(start_row=first, end_row=min(first + 7, rows + 2), start_column=3, end_column=3)
    book.create_sheet("Legend").append(["a)", "Yes"])
    book.save(folder / f"covered{seed}.xlsx")
    return folder / f"covered{seed}.xlsx"


def german(folder: Path, rows: int = 40, seed: int = 3) -> Path:
    """A German list without ids."""
    pick = random.Random(seed)
    head = ["Anwendungsfall", "Abteilung", "Beschreibung", "Personenbezogene Daten", "Quellen nötig", "Vorgänge pro Monat", "Reifegrad", "Bemerkung",
        "Bearbeitungszeit", "Stundensatz", "Fehlerquote", "Fehlerkosten"]
    body = [
        [
            f"Vorhaben {i}", "Einkauf", "Belege prüfen", pick.choice(["Ja", "Nein", "offen"]), pick.choice(["Ja", "Nein"]),
            9000 if i % 8 == 0 else pick.choice([300, 1500, "k.A."]), pick.choice(["Idee", "Pilotbetrieb", "Produktiv"]), "–", *MONEY[i % 8 == 0]
        ]
        for i in range(rows)
    ]
    book = openpyxl.Workbook()
    for row in [head, *body]:
        book.active.append(row)
    book.save(folder / f"german{seed}.xlsx")
    return folder / f"german{seed}.xlsx"


@pytest.mark.parametrize(
    ("make", "placed"),
    [
        (titled, {"id", "name", "department", "problem", "prompt_pilot", "regulated", "data_class", "human_review", "calls_per_month", *TODAY}),
        (covered, {"id", "name", "department", "problem", "prompt_pilot", "regulated", "data_class", "human_review", "calls_per_month", *TODAY}),
        (german, {"name", "department", "problem", "data_class", "citations", "calls_per_month", "prompt_pilot", *TODAY}),
    ],
)
def test_a_list_of_forty_comes_in_with_its_proposed_mapping(make: Any, placed: set[str], tmp_path: Path) -> None:
    proposal = propose(make(tmp_path))
    (tmp_path / "m.yaml").write_text(proposal.text, encoding="utf-8")
    found = portfolio(make(tmp_path), "EUR", DAY, read_mapping(tmp_path / "m.yaml"))

    assert set(proposal.placed.values()) == placed
    assert len(proposal.placed) + len(proposal.kept) == proposal.text.count('\n  "'), "every heading is placed or listed"
    assert [row.faults for row in found.rows] == [()] * 40
    assert sum(len(one.answers) for one in workflows(found)) > 80
    assert {one.context["department"] for one in workflows(found)} == ({f"Office {i}" for i in range(5)} if make is not german else {"Einkauf"})


def test_words_of_the_list_become_levels_and_what_has_none_is_named(tmp_path: Path) -> None:
    file = titled(tmp_path)
    proposal = propose(file)
    (tmp_path / "m.yaml").write_text(proposal.text.replace('"d) Retired": unknown', '"d) Retired": in_production'), encoding="utf-8")
    head, body = inventory(40, 1)
    stages = {"a) Pre-deployment": "no", "b) Pilot": "tried", "c) Deployed": "in_production", "d) Retired": "in_production"}

    assert "Stage of Development: d) Retired" in proposal.words
    found = workflows(portfolio(file, "EUR", DAY, read_mapping(tmp_path / "m.yaml")))
    assert [one.answers["prompt_pilot"].levels[0] for one in found] == [stages[row[4]] for row in body]
    assert [one.answers.get("calls_per_month") for one in found] == [Answer(amount=Estimate.of(row[11])) if row[11] != "n/a" else None for row in body]
    assert [one.listed["Contract number"] for one in found] == [row[10] for row in body]
    assert head[9] in found[0].listed or body[0][9] == "-"


def test_next_months_list_needs_no_question_and_one_document_ranks_all(tmp_path: Path) -> None:
    made = run("intake", "table", titled(tmp_path), "--to", tmp_path / "m.yaml")
    again = titled(tmp_path, rows=6, seed=7)
    checked = run("check", again, "--mapping", tmp_path / "m.yaml")
    done = run("report", again, "--mapping", tmp_path / "m.yaml", "--out", tmp_path / "out")

    assert (made.exit_code, checked.exit_code, done.exit_code) == (0, 0, 0), checked.output + done.output
    assert "13 of 16 headings placed" in made.output
    assert "the mapping does not place" not in checked.output
    page = next((tmp_path / "out").glob("*client_report.html")).read_text(encoding="utf-8")
    assert "What to begin, and what waits" in page
    assert all(f"Idea {i}" in page for i in range(6))
    assert "Contract number" in page


@pytest.mark.parametrize("make", [covered, german])
def test_forty_ideas_are_one_document_after_one_command_for_the_mapping_and_one_for_the_report(make: Any, tmp_path: Path) -> None:
    file, mapping, title = make(tmp_path), tmp_path / "m.yaml", "from {n} of 40 workflows"
    mapped = run("intake", "table", file, "--to", mapping)
    done = run("report", file, "--mapping", mapping, "--template", "portfolio", "--to", "html,pptx,xlsx", "--out", tmp_path / "out")

    assert (mapped.exit_code, done.exit_code) == (0, 0), mapped.output + done.output
    pages = {path.suffix: path for path in (tmp_path / "out").glob("*_portfolio.*")}
    assert pages.keys() == {".html", ".pptx", ".xlsx"}
    page = re.sub("</?data[^>]*>", "", pages[".html"].read_text(encoding="utf-8"))
    assert {int(found) for found in re.findall(r"(?:Idea|Vorhaben)\s(\d+)", page)} == set(range(40)), "every row is ranked, dropped or waits"
    begun = [n for n in range(1, 6) if title.format(n=n) in page]
    assert len(begun) == 1, "some of the five rows with money are begun"
    words = [shape.text_frame.text for slide in Presentation(str(pages[".pptx"])).slides for shape in slide.shapes if shape.has_text_frame]
    assert any(title.format(n=begun[0]) in text for text in words)
    ranked = openpyxl.load_workbook(pages[".xlsx"])["What to begin, and what waits"]
    assert sum(bool(re.match(r"\d ", str(row[0]))) for row in ranked.values) == begun[0]


def test_keys_of_the_mapping_hold_for_the_whole_list(tmp_path: Path) -> None:
    file = german(tmp_path, rows=3)
    (tmp_path / "m.yaml").write_text('advisorkit: 1\nclient: Nordwind\ncurrency: CHF\nas_of: 2026-11-25\nlanguage: en\ncolumns: {"Anwendungsfall": name, "Bemerkung": ignored}\n', encoding="utf-8")
    result = run("batch", file, "--mapping", tmp_path / "m.yaml", "--out", tmp_path / "out", "--json")
    rows = portfolio(file, "EUR", DAY, read_mapping(tmp_path / "m.yaml")).rows

    assert (result.exit_code, "no column client, so Nordwind was taken, as the mapping says" in " ".join(result.stderr.split())) == (0, True), result.output
    assert {row["client"] for row in json.loads(result.stdout)["deliverables"]} == {"Nordwind"}
    assert {(row.engagement.client, row.engagement.currency, row.engagement.as_of) for row in rows if row.engagement} == {("Nordwind", "CHF", date(2026, 11, 25))}


def test_rows_of_several_clients_never_share_a_document(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("id,name,client\na,A,Acme\nb,B,Bolt\n")
    result = run("report", tmp_path / "l.csv", "--out", tmp_path / "out")

    assert result.exit_code == 2
    assert "one document needs one client, not Acme, Bolt" in result.output


def test_a_list_in_part_faulty_makes_the_rest_and_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("id,name,citations\na,A,no\nb,B,perhaps\nc,C,required\n")
    result = run("report", tmp_path / "l.csv", "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert "line 3, citations: 'perhaps' is not a level of citations" in result.output
    assert run("check", tmp_path / "l.csv").exit_code == 2


def test_a_mapping_is_not_written_over_and_names_what_is_gone(tmp_path: Path) -> None:
    file = titled(tmp_path, rows=4)
    (tmp_path / "m.yaml").write_text("advisorkit: 1\ncolumns: {Use Case Name: name, Region: department}\n")

    assert run("intake", "table", file, "--to", tmp_path / "m.yaml").exit_code == 2
    told = run("check", file, "--mapping", tmp_path / "m.yaml").output
    assert "the mapping places headings that are not there: Region" in told
    assert "the mapping does not place: Use Case ID; " in told


def test_the_words_of_a_list_stay_in_an_engagement_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nworkflows: [{id: a, name: A, listed: {Vendor: Acme}}]\n")

    assert read(tmp_path / "a.yaml").workflows[0].listed == {"Vendor": "Acme"}


def test_a_unit_in_a_heading_is_that_of_the_numbers_below_it(tmp_path: Path) -> None:
    head = "Use case,calls_per_month (in k),Handling time (h),Stundensatz in k€,Fehlerquote in %,Volume per year,Budget (TEUR),Requests per day"
    rows = "A,12,0.5,0.04,5,100,40,7\nB,10..20,20 min,40 €,2 %,200,n/a,8"
    (tmp_path / "ideas.csv").write_text(f"{head}\n{rows}\n", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(proposal := propose(tmp_path / "ideas.csv").text, encoding="utf-8")
    first, second = workflows(portfolio(tmp_path / "ideas.csv", "EUR", DAY, read_mapping(tmp_path / "m.yaml")))

    assert "currency: EUR  # as the list says" in proposal
    assert {name: value.likely for name, value in first.assumptions.items() if isinstance(value, Estimate)} == {"minutes_per_item": 30, "hourly_cost": 40, "error_rate_today": 0.05}
    assert {name: value.likely for name, value in second.assumptions.items() if isinstance(value, Estimate)} == {"minutes_per_item": 20, "hourly_cost": 40, "error_rate_today": 0.02}
    assert (first.answers["calls_per_month"].amount, second.answers["calls_per_month"].amount) == (Estimate.of(12_000), Estimate.of([10_000, 20_000]))
    assert first.answers["budget"].amount == Estimate.of(40_000)
    assert first.listed == {"Volume per year": "100", "Requests per day": "7"}


@pytest.mark.parametrize(("heading", "to", "cell", "found"), [
    ("Requests per day", "calls_per_month", "7", None), ("Share wrong (%)", "error_rate_today", "0.5", None), ("Hours (min)", "horizon_months", "5", None),
    ("Volume p.a.", "calls_per_month", "12", 1), ("Volume (p.a.)", "calls_per_month", "12", 1), ("Volume, per week", "calls_per_month", "12", 52), ("Time (avg.)", "minutes_per_item", "5", 5),
    ("Time [EUR]", "minutes_per_item", "5", None), ("Handling (min per case)", "minutes_per_item", "5", 5), ("Wrong (%)", "error_rate_today", "0.5%", 0.005),
    ("Wait (ms)", "latency_s", "1.125", 0.001125),
])  # fmt: skip
def test_a_placed_heading_whose_unit_does_not_fit_is_refused(tmp_path: Path, heading: str, to: str, cell: str, found: float | None) -> None:
    (tmp_path / "m.yaml").write_text(f"advisorkit: 1\ncolumns: {{name: name, {json.dumps(heading)}: {to}}}\n")
    (tmp_path / "ideas.csv").write_text(f'name,"{heading}"\nA,{cell}\n')
    if found is None:
        with pytest.raises(EngagementError, match="not counted in the unit of the heading"):
            portfolio(tmp_path / "ideas.csv", "EUR", DAY, read_mapping(tmp_path / "m.yaml"))
        return
    (flow,) = workflows(portfolio(tmp_path / "ideas.csv", "EUR", DAY, read_mapping(tmp_path / "m.yaml")))
    said = flow.answers[to].amount if to in flow.answers else flow.assumptions[to]

    assert isinstance(said, Estimate) and said.likely == pytest.approx(found)


def test_totals_and_notes_are_no_workflows(tmp_path: Path) -> None:
    found = listed(tmp_path, "Use case,Owner,calls_per_month\nSort mail,Bo,12\nSumme,,12\nTotal quality,Al,3\n* estimated,,\nSource: the desk,,\nGrand Total,,15\n")

    assert [one.name for one in workflows(found)] == ["Sort mail", "Total quality"]
    told = [f"line {line} is a {kind} and was left out" for line, kind in ((3, "total"), (5, "note"), (6, "note"), (7, "total"))]
    assert [notice.partition(": ")[2] for notice in found.notices if "left out" in notice] == told


def test_a_level_may_be_named_in_any_language(tmp_path: Path) -> None:
    found = listed(tmp_path, "id,name,knowledge_change\na,A,TÄGLICH\nb,B,Daily\n")

    assert [one.answers["knowledge_change"].levels for one in workflows(found)] == [("daily",), ("daily",)]


def test_what_web_forms_and_trackers_add_is_not_taken_for_the_workflows_own(tmp_path: Path) -> None:
    form = "ID,Start time,Completion time,Email,Name,Idea title\n1,a,b,c,Ann Lee,Sort mail\n2,a,b,c,Bo Day,Write letters\n"
    blank = "ID,Name,Idea title\n1,,Sort mail\n2,,Write letters\n"
    twins = "Title,Labels,Labels,Status,Labels\nSort mail,a,b,Idea,c\nWrite letters,,,Pilot,d\n"

    for text in (form, blank, twins):
        found = listed(tmp_path, text)
        assert [one.name for one in workflows(found)] == ["Sort mail", "Write letters"]
    (tmp_path / "m.yaml").write_text(propose(tmp_path / "ideas.csv").text)
    (first, _) = workflows(portfolio(tmp_path / "ideas.csv", "EUR", DAY, read_mapping(tmp_path / "m.yaml")))
    assert first.listed == {"Labels": "a", "Labels (2)": "b", "Labels (3)": "c"}
    with pytest.raises(EngagementError, match="column 'name' is there twice"):
        listed(tmp_path, "id,name,name\na,A,B\n")


def test_the_sign_of_another_currency_is_never_read_as_the_lists_own(tmp_path: Path) -> None:
    text = "name,hourly_cost,budget\nA,$40,5k\nB,30,£5k\nC,40 €,5\nD,40,5\nE,41,5\n"
    found = listed(tmp_path, text)

    assert [[fault.message.partition(",")[0] for fault in row.faults] for row in found.rows] == [["'$40': '$' is not EUR"], ["'£5k': '£' is not EUR"], [], [], []]
    assert "currency: EUR  # nothing in the list says it" in propose(tmp_path / "ideas.csv").text, "three currencies are none"
    (tmp_path / "ideas.csv").write_text("name,hourly_cost\nA,$40\nB,30\n")
    assert "currency: USD  # as the list says" in propose(tmp_path / "ideas.csv").text
