"""Portfolio tables and client questionnaires: what comes in, and what is named when it cannot."""

from __future__ import annotations

import csv
import re
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, strategies as st
from strategies import CATALOG, answer_sets, setting_sets, slugs, words

from advisorkit.catalog.vocabulary import plain_answer, plain_setting
from advisorkit.intake.portfolio import PortfolioTable, portfolio
from advisorkit.intake.questionnaire import asked, new_questionnaire, read_questionnaire
from advisorkit.values.engagement import Answer, Engagement, Setting
from advisorkit.values.messages import EngagementError, Fault
from advisorkit.values.quantities import Estimate

DAY = date(2026, 11, 20)


def table(folder: Path, text: str) -> PortfolioTable:
    (folder / "firms.csv").write_text(text, encoding="utf-8")
    return portfolio(folder / "firms.csv", "EUR", DAY)


def engagements(found: PortfolioTable) -> list[Engagement]:
    return [row.engagement for row in found.rows if row.engagement is not None]


def faults(found: PortfolioTable) -> list[Fault]:
    return [fault for row in found.rows for fault in row.faults]


def cell(value: Answer | Setting) -> str:
    """A value as it is written into a portfolio table; a fourth decimal tells 1.125 from one thousand and so on."""
    plain = plain_answer(value) if isinstance(value, Answer) else plain_setting(value)
    parts = [str(part) for part in (plain if isinstance(plain, list) else [plain])]
    return "..".join(f"{part}0" if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", part) else part for part in parts)


@pytest.mark.parametrize("beside", ["GPT-3.5", "v2,5", "1.1", "20.11.", "14.30 h"])
def test_only_amounts_show_how_a_list_writes_its_numbers(tmp_path: Path, beside: str) -> None:
    """A version, a chapter, a day and an hour part nothing of 1.200 €; the amount 0,5 does, so that it is one thousand two hundred."""
    rows = f"Nr.;Name;Tool;engineer_day_rate;adoption\n{beside};A;{beside};1.200;{{}}\n2;B;;1100;\n3;C;;1000;\n"
    asked_for = table(tmp_path, rows.format("1"))
    settled = table(tmp_path, rows.format("0,5"))

    assert [fault.message for fault in faults(asked_for)] == ["thousands or decimals? '1.200' may be 1200 or 1.2; write one of the two"]
    assert [one.workflows[0].assumptions["engineer_day_rate"] for one in engagements(settled)] == [Estimate.of(rate) for rate in (1200, 1100, 1000)]


@pytest.mark.parametrize(("heading", "found"), [
    ("calls_per_month ('000)", 12_000), ("calls_per_month (000s)", 12_000), ("calls_per_month (x 1.000)", 12_000), ("calls_per_month (in 1000)", 12_000),
    ("calls_per_month (10^3)", 12_000), ("calls_per_month (lakh)", 1_200_000), ("calls_per_month (annual)", 1), ("calls_per_month (FY 2025)", 12),
    ("calls_per_month (per user)", None), ("calls_per_month (daily)", None), ("calls_per_month (per 100 calls)", None), ("calls_per_month (Q1)", None),
    ("budget (EURk)", 12_000), ("budget (€ '000)", 12_000), ("budget (net)", 12), ("budget (kr)", None), ("budget (₹)", None),
    ("minutes_per_item (man-days)", None), ("minutes_per_item (hh:mm)", None), ("minutes_per_item (100 min)", None), ("minutes_per_item (avg.)", 12),
    ("corpus_tokens (GiB)", None),
])  # fmt: skip
def test_a_unit_in_a_heading_counts_or_its_column_is_no_answer(tmp_path: Path, heading: str, found: float | None) -> None:
    (tmp_path / "firms.csv").write_text(f'name,"{heading}"\nA,12\n', encoding="utf-8")
    listed = portfolio(tmp_path / "firms.csv", "EUR", DAY)
    (flow,), name = engagements(listed)[0].workflows, heading.partition(" ")[0]
    amounts = {**flow.assumptions, **{key: said.amount for key, said in flow.answers.items()}}

    assert amounts == ({} if found is None else {name: Estimate.of(found)})
    assert flow.listed == ({heading: "12"} if found is None else {})
    assert any("is no unit known here" in notice and heading in notice for notice in listed.notices) == (heading.endswith(("(net)", "(avg.)", "2025)")))


def test_a_currency_in_a_heading_is_that_of_its_amounts_whatever_it_is(tmp_path: Path) -> None:
    text = "name,budget (k SEK),currency\nA,12,SEK\nB,13,SEK\nC,14,SEK\nD,12,EUR\n"
    found = table(tmp_path, text)

    assert [one.workflows[0].answers["budget"].amount for one in engagements(found)] == [Estimate.of(amount) for amount in (12_000, 13_000, 14_000)]
    assert [fault.message for fault in faults(found)] == ["'12 k SEK': 'sek' is not understood here; wanted is a number of EUR"]


@pytest.mark.parametrize("text", ["1.125", "1.125..2.250"])
def test_a_text_cell_that_may_hold_thousands_or_decimals_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    lines = [{"id": "a", "name": "A", "value_right": text}, {"id": "b", "name": "B", "value_right": "3"}]
    found = portfolio(written(tmp_path, ["id", "name", "value_right"], lines, book=True), "EUR", DAY)

    assert ["thousands or decimals?" in fault.message for fault in faults(found)] == [True]


def test_each_row_is_an_engagement_of_its_own(tmp_path: Path) -> None:
    found = table(tmp_path, "id,name,client,citations,calls_per_month,input_tokens,discount_rate\n"
                            "mail,Mail,Acme,no,1000..4000,300,\nfaq,FAQ,,unknown,,,0.08\n")
    mail, faq = engagements(found)

    assert (mail.id, mail.client, mail.currency, mail.as_of) == ("mail", "Acme", "EUR", DAY)
    assert mail.workflows[0].answers == {"citations": Answer(("no",)), "calls_per_month": Answer(amount=Estimate.of([1000, 4000]))}
    assert mail.workflows[0].workload == {"input_tokens": Estimate.of(300)}
    assert (faq.client, faq.workflows[0].answers) == ("firms", {})
    assert faq.workflows[0].assumptions == {"discount_rate": Estimate.of(0.08)}


def test_a_faulty_row_fails_alone_with_all_its_faults(tmp_path: Path) -> None:
    found = table(tmp_path, "id,name,citations,calls_per_month,model\na,A,requird,-5,gpt\nb,,no,5,\nc,C,no,5,\nd,D,no\n"
                            "e,E,no,5,\nf,F,no,5,\n")

    assert [engagement.id for engagement in engagements(found)] == ["c", "e", "f"]
    assert [len(row.faults) for row in found.rows] == [3, 1, 0, 1, 0, 0]
    assert [fault.where for fault in faults(found)] == [
        "line 2, citations", "line 2, calls_per_month", "line 2, model", "line 3, name", "line 5",
    ]
    assert faults(found)[0].nearest == ("required",)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("id,name,citation,calls_permonth\na,A,no,1\n", ["unknown column 'citation'", "unknown column 'calls_permonth'"]),
        ("id,owner\na,A\n", ["no column names the workflows"]),
        ("id,name\n", ["holds a header and no row"]), ("id^name\na^A\n", ["no column names the workflows"]),
        ("id,name\na,A\na,B\nc,C\n", ["(2 of 3)", "'a' is given 2 times, also in line 3", "'a' is given 2 times, also in line 2"]),
        ("id,name\n???,A\n,C\n", ["(2 of 2)", "'???' holds no letter or digit", "is blank; every row needs an id"]),
    ],
)
def test_faulty_columns_and_more_faulty_rows_than_good_ones_refuse_the_whole(tmp_path: Path, text: str, messages: list[str]) -> None:
    with pytest.raises(EngagementError) as caught:
        table(tmp_path, text)

    assert len(caught.value.faults) == len(messages)
    assert all(message in str(caught.value) for message in messages)


def test_what_the_table_leaves_out_is_said(tmp_path: Path) -> None:
    assert any("EUR was taken" in notice for notice in table(tmp_path, "id,name\na,A\n").notices)

    found = table(tmp_path, "id,name,currency,as_of\na,A,USD,2026-01-31\n")

    assert engagements(found)[0].currency == "USD"


def test_a_semicolon_table_with_decimal_commas(tmp_path: Path) -> None:
    found = table(tmp_path, "id;name;search_hit_rate;value_right\na;A;0,72;1,5..2,5\n")

    answers = engagements(found)[0].workflows[0].answers
    assert answers["search_hit_rate"].amount == Estimate.of(0.72)
    assert answers["value_right"].amount == Estimate.of([1.5, 2.5])


def one_row(parts: tuple[str, str, dict[str, Answer], dict[str, Setting], dict[str, Setting]]) -> Any:
    """Id, name and what a table can say: no disagreement in a cell, and a name that is a criterion is an answer."""
    id, name, answers, *settings = parts
    said = {key: value for key, value in answers.items() if not value.disputed}
    set_ = {key: value for part in settings for key, value in part.items() if key not in CATALOG.criteria}
    return id, " ".join(name.split()), {**said, **set_}


parts = (slugs, words, answer_sets(plain=True, most=3), setting_sets("workload", 2), setting_sets("assumption", 2))
rows = st.lists(st.tuples(*parts).map(one_row), min_size=1, max_size=3, unique_by=lambda row: row[0])


@given(rows=rows, book=st.booleans())
def test_csv_and_workbook_give_the_answers_that_were_written(rows: list[Any], book: bool) -> None:
    lines = [{"id": id, "name": name} | {key: cell(value) for key, value in said.items()} for id, name, said in rows]
    columns = list(dict.fromkeys(key for line in lines for key in line))

    with tempfile.TemporaryDirectory() as folder:
        found = portfolio(written(Path(folder), columns, lines, book=book), "EUR", DAY)

    assert faults(found) == []
    for engagement, (id, name, said) in zip(engagements(found), rows, strict=True):
        workflow = engagement.workflows[0]
        assert (workflow.id, workflow.name) == (id, name)
        assert {**workflow.answers, **workflow.workload, **workflow.assumptions} == said


def written(folder: Path, columns: list[str], lines: list[dict[str, str]], *, book: bool) -> Path:
    if not book:
        with (folder / "t.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(lines)
        return folder / "t.csv"
    found = openpyxl.Workbook()
    for i, values in enumerate([columns, *([line.get(name) for name in columns] for line in lines)], 1):
        for j, value in enumerate(values, 1):
            found.active.cell(i, j, value).data_type = "s" if value is not None else "n"
    found.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def fill(file: Path, cells: dict[str, dict[str, Any]]) -> Path:
    """Fill in a questionnaire: by criterion id, then by column title."""
    book = openpyxl.load_workbook(file)
    sheet = book["Answers"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for line in range(2, sheet.max_row + 1):
        for title, value in cells.get(sheet.cell(line, 1).value, {}).items():
            sheet.cell(line, columns[title], value)
    book.save(file)
    return file


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    new_questionnaire(tmp_path / "q.xlsx")
    return tmp_path / "q.xlsx"


def test_an_empty_questionnaire_asks_every_question_once_and_brings_nothing(blank: Path) -> None:
    sheet = openpyxl.load_workbook(blank)["Answers"]
    found = read_questionnaire(blank)

    assert [sheet.cell(i, 1).value for i in range(2, sheet.max_row + 1)] == [row.id for row in asked()]
    assert (dict(found.answers), found.faults) == ({}, ())


def test_the_lists_hold_the_clients_own_words(blank: Path) -> None:
    book = openpyxl.load_workbook(blank)
    sheet = book["Answers"]
    line = next(i for i in range(2, sheet.max_row + 1) if sheet.cell(i, 1).value == "citations")
    (rule,) = [one for one in sheet.data_validations.dataValidation if f"F{line}" in str(one.sqref)]
    shown = [cell.value for cell in book["Lists"][line] if cell.value]

    assert rule.formula1 == f"Lists!$A${line}:$D${line}"
    assert shown == [*(level.label for level in CATALOG.criteria["citations"].levels), "I do not know"]
    assert book["Lists"].sheet_state == "hidden"


def test_a_filled_in_questionnaire_is_read_back(blank: Path) -> None:
    label = CATALOG.criteria["citations"].level("required").label
    found = read_questionnaire(fill(blank, {
        "citations": {"Your answer": label, "How sure": "a GUESS", "Who says so": "Legal", "Remark": "audit"},
        "calls_per_month": {"Your answer": 2000, "Up to": 5000},
        "search_hit_rate": {"Your answer": 0.7},
        "operator": {"Your answer": "I do not know"},
        "budget": {"Your answer": 80000, "How sure": "I know"},
    }))

    assert found.faults == ()
    assert dict(found.answers) == {
        "citations": Answer(("required",), None, "guess", "Legal", None, "audit"),
        "calls_per_month": Answer(amount=Estimate.of([2000, 5000])),
        "search_hit_rate": Answer(amount=Estimate.of(0.7)),
        "budget": Answer(amount=Estimate.of(80000)),
    }


def test_faulty_lines_are_named_and_the_rest_comes_in(blank: Path) -> None:
    found = read_questionnaire(fill(blank, {
        "citations": {"Your answer": "perhaps"},
        "calls_per_month": {"Your answer": "about 5000 minutes"},
        "search_hit_rate": {"Your answer": 70},
        "value_right": {"Up to": 5},
        "cost_wrong": {"Your answer": 9, "Up to": 5},
        "operator": {"Your answer": "=1+1"},
        "knowledge_change": {"Your answer": CATALOG.criteria["knowledge_change"].level("daily").label, "How sure": "sure"},
        "task_scope": {"Your answer": CATALOG.criteria["task_scope"].level("one_narrow").label},
    }))

    assert list(found.answers) == ["task_scope"]
    assert len(found.faults) == 7
    assert all(fault.where.startswith("line ") for fault in found.faults)


def test_a_sheet_with_another_name_is_found_by_its_headings(blank: Path) -> None:
    book = openpyxl.load_workbook(blank)
    book["Answers"].title = "Antworten (2)"
    book["Antworten (2)"]["F6"], book["Antworten (2)"]["H6"] = "a lot", "perhaps"
    book.save(blank)

    found = read_questionnaire(blank)

    assert "the table on sheet 'Antworten (2)' was read" in found.notices[0]
    assert [fault.where.split(", ")[1] for fault in found.faults] == ["Your answer (F6)", "How sure (H6)"], "both faults of a line are told"


def test_a_changed_code_is_a_fault_of_its_line(blank: Path) -> None:
    book = openpyxl.load_workbook(blank)
    sheet = book["Answers"]
    sheet["A2"], sheet["A4"] = "citation", sheet["A3"].value
    sheet["A5"] = None
    sheet["F5"], sheet["J3"] = "yes", "a remark counts as well"
    book.save(blank)

    found = read_questionnaire(blank)
    messages = [str(fault) for fault in found.faults]

    assert len(messages) == 3 and not found.answers, "of two lines for one question neither counts"
    assert "Did you mean citations" in messages[0]
    assert "answered on line 3 already" in messages[1]
    assert "no code" in messages[2]


def test_a_file_that_is_no_questionnaire_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    openpyxl.Workbook().save(tmp_path / "x.xlsx")

    for name, words_ in (("x.csv", "is not a questionnaire"), ("x.xlsx", "no visible sheet")):
        with pytest.raises(EngagementError, match=words_):
            read_questionnaire(tmp_path / name)


def test_the_same_questionnaire_has_the_same_bytes_and_that_for_one_role_asks_less(tmp_path: Path) -> None:
    for name in ("a", "b"):
        new_questionnaire(tmp_path / name)
    new_questionnaire(tmp_path / "legal", role="legal")

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(asked("legal")) < len(asked())


def test_a_questionnaire_that_was_filled_in_on_a_copy_of_its_sheet_is_told(tmp_path: Path) -> None:
    new_questionnaire(tmp_path / "q.xlsx")
    book = openpyxl.load_workbook(tmp_path / "q.xlsx")
    whole = read_questionnaire(tmp_path / "q.xlsx")
    book.copy_worksheet(book.worksheets[1])
    book.save(tmp_path / "q.xlsx")

    assert whole.notices == ()
    assert [notice.partition(": ")[2] for notice in read_questionnaire(tmp_path / "q.xlsx").notices] == ["the table on sheet 'Answers' was read; not read: 'Answers Copy'"]


def test_a_number_that_is_read_otherwise_than_a_program_writes_it_is_told(tmp_path: Path) -> None:
    found = table(tmp_path, "name;value_right;cost_wrong\nA;12.000;0,5\n")

    assert engagements(found)[0].workflows[0].answers["value_right"].amount == Estimate.of(12_000)
    assert any(notice.endswith("line 2, value_right: “12.000” → 12,000 EUR per item") for notice in found.notices)


@pytest.mark.parametrize("rows", [
    ["{head}", ",per week,h,k€", "A,5,3,50", "B,6,4,60"], ["{head}", "(unit),per week,[h],k€", "A,5,3,50", "B,6,4,60"], [",per week,h,k€", "{head}", "A,5,3,50", "B,6,4,60"],
])  # fmt: skip
def test_units_in_a_line_of_their_own_are_those_of_the_headings(tmp_path: Path, rows: list[str]) -> None:
    """Five a week are 5 * 52 / 12 a month; three hours 180 minutes."""
    found = table(tmp_path, "\n".join(rows).format(head="name,calls_per_month,minutes_per_item,budget"))
    (first,), (second,) = (one.workflows for one in engagements(found))

    assert (first.name, second.name, faults(found)) == ("A", "B", [])
    assert first.answers["calls_per_month"].amount.likely == pytest.approx(5 * 52 / 12)  # type: ignore[union-attr]
    assert first.assumptions["minutes_per_item"] == Estimate.of(180)
    assert [one.answers["budget"].amount for one in (first, second)] == [Estimate.of(50_000), Estimate.of(60_000)]
    assert any("the units in line" in notice for notice in found.notices)


def test_a_first_row_without_figures_is_a_row_and_no_line_of_units(tmp_path: Path) -> None:
    found = table(tmp_path, "name,minutes_per_item,adoption\nA,half an hour,n/a\nB,5,half\n")

    assert [one.workflows[0].assumptions["minutes_per_item"] for one in engagements(found)] == [Estimate.of(30), Estimate.of(5)]


def test_a_number_that_is_merged_over_rows_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["name", "client", "calls_per_month"], ["A", "Acme", 900], ["B", None, None], ["C", "Other", 7]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    book.active.merge_cells("C2:C3")
    book.save(tmp_path / "l.xlsx")
    found = portfolio(tmp_path / "l.xlsx", "EUR", DAY)

    assert [(one.client, one.workflows[0].answers["calls_per_month"].amount) for one in engagements(found)] == [("Acme", Estimate.of(900))] * 2 + [("Other", Estimate.of(7))]
    assert [notice for notice in found.notices if "is merged" in notice] == [
        f"{tmp_path / 'l.xlsx'}: a number is merged over several rows and was read in each of them: C2; write each its part if it is a sum",
    ]
