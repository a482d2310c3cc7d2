"""Headings of clients' lists: the words of registers, of every language, and of groups of rows."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from advisorkit.catalog.reading import load as load_catalog
from advisorkit.files.texts import languages, speaking
from advisorkit.intake.mapping import propose, read_list, read_mapping
from advisorkit.intake.portfolio import PortfolioTable, portfolio
from advisorkit.intake.wording import likely
from advisorkit.values.messages import EngagementError

DAY = date(2026, 11, 20)


def listed(folder: Path, text: str) -> PortfolioTable:
    (folder / "ideas.csv").write_text(text, encoding="utf-8")
    return portfolio(folder / "ideas.csv", "EUR", DAY)


@pytest.mark.parametrize("language", languages())
def test_our_own_labels_and_questions_are_known_as_headings_in_every_language(language: str) -> None:
    with speaking(language):
        asked = {text: row.id for row in load_catalog().criteria.values() if not row.derived for text in (row.label, row.question)}

    assert len(asked) > 100
    assert {text: next(iter(likely(text)), "") for text in asked} == asked


def test_the_name_of_a_group_in_a_line_of_its_own_goes_to_the_rows_below_that_lack_it(tmp_path: Path) -> None:
    found = listed(tmp_path, "Department,Use case,Place\nHR,,\n,Leave questions,Ulm\n,Letters,\nLaw,Contracts,\nFinance,,\n,Invoices,\n")
    workflows = [row.engagement.workflows[0] for row in found.rows if row.engagement]

    assert [(one.name, one.context["department"]) for one in workflows] == [("Leave questions", "HR"), ("Letters", "HR"), ("Contracts", "Law"), ("Invoices", "Finance")]
    assert any("line 2 (HR), line 6 (Finance) name a group and no use case" in notice for notice in found.notices)


@pytest.mark.parametrize(
    ("heads", "cells", "placed", "level"),
    [
        (  # the form that United States agencies filled in for 2024
            ("What is the intended purpose and expected benefits of the AI?", "Stage of Development",
             "Does this AI use case involve personally identifiable information (PII) that is maintained by the agency?",
             "Was the AI system involved in this use case developed (or is it to be developed) under contract(s) or in-house?"),
            ("Read less", "Initiated", "Yes", "Developed with contracting resources."),
            ("problem", "prompt_pilot", "data_class", "simpler_system"), {"prompt_pilot": "no", "data_class": "personal", "simpler_system": "no"},
        ),
        (  # Canada's register
            ("Government organization", "AI system primary users", "Developed by", "AI system status"),
            ("A department", "Members of the public", "Vendor", "In development"),
            ("department", "exposure", "simpler_system", "prompt_pilot"), {"exposure": "public", "simpler_system": "product", "prompt_pilot": "tried"},
        ),
        (
            ("Amt", "Zweck", "Minuten je Vorgang", "Kosten eines Fehlers"), ("Bauamt", "Briefe lesen", "12,5", "40 €"),
            ("department", "problem", "minutes_per_item", "cost_wrong"), {},
        ),
        (
            ("Organisatie", "Doel", "Aantal per maand", "Status"), ("Gemeente", "Sneller lezen", "150", "In gebruik"),
            ("department", "problem", "calls_per_month", "prompt_pilot"), {"prompt_pilot": "in_production"},
        ),
        (
            ("Fachbereich", "Kurzbeschreibung", "Projektleitung", "Status", "Personenbezug"), ("Einkauf", "Post sortieren", "A. B.", "Pilotphase", "ja"),
            ("department", "problem", "owner", "prompt_pilot", "data_class"), {"prompt_pilot": "tried", "data_class": "personal"},
        ),
    ],
)  # fmt: skip
def test_headings_of_public_registers_are_placed(heads: tuple[str, ...], cells: tuple[str, ...], placed: tuple[str, ...], level: dict[str, str], tmp_path: Path) -> None:
    with (file := tmp_path / "ideas.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("Title", *heads), ("A", *cells)])
    proposal = propose(file)
    (tmp_path / "m.yaml").write_text(proposal.text, encoding="utf-8")
    found = portfolio(file, "EUR", DAY, read_mapping(tmp_path / "m.yaml"))

    assert [proposal.placed[head] for head in heads] == list(placed)
    (workflow,) = (one for row in found.rows if row.engagement for one in row.engagement.workflows)
    assert {name: workflow.answers[name].levels[0] for name in level} == level


def test_headings_of_groups_are_told_and_a_number_before_a_heading_or_level_is_none_of_its_words(tmp_path: Path) -> None:
    found = listed(tmp_path, "Lfd. Nr.,3. Use Case Name,Owner\n,Finance,\n7,Sort mail,Bo\n8,Write letters,Al\n9,Read forms,Al\n")
    (tmp_path / "stages.csv").write_text("Name,5. Stage of Development\nA,a) Pre-deployment – it is in development.\nB,c) Deployed: in use\nC,b) Pilot (small)\n", encoding="utf-8")
    stages = propose(tmp_path / "stages.csv").text

    assert [row.id for row in found.rows] == ["", "7", "8", "9"]
    assert any("nothing but a name in line 2; take out what is a heading or a note: Finance" in notice for notice in found.notices)
    assert all(line in stages for line in ('development.": no', 'in use": in_production', '(small)": tried'))


@pytest.mark.parametrize(("rows", "columns"), [
    ("Use case,,Volume,,Effort\n,Owner,calls_per_month,minutes_per_item,level\nMail,Ann,1000,5,low\n", ("Use case", "Owner", "calls_per_month", "minutes_per_item", "Effort level")),
    ("Use case,Volume,Volume\nName,per month,share wrong\nMail,1000,5\n", ("Name", "Volume per month", "Volume share wrong")),
    ("Use case,Today,,Tomorrow,\nName,minutes,wrong,minutes,wrong\nMail,5,3,2,1\n", ("Name", "Today minutes", "Today wrong", "Tomorrow minutes", "Tomorrow wrong")),
])  # fmt: skip
def test_headings_on_two_lines_are_read_together(tmp_path: Path, rows: str, columns: tuple[str, ...]) -> None:
    """Groups above the headings: the first was refused as "column 1 has no name", of the second the headings were a workflow called Name."""
    file = tmp_path / "ideas.csv"
    file.write_text(rows, encoding="utf-8")
    table = read_list(file)

    assert table.columns == columns and [row.line for row in table.rows] == [3]
    assert table.notices[0] == f"{file}: headings stand on two lines, 1 and 2, and were read together: {'; '.join(columns)}"


@pytest.mark.parametrize("rows", [
    "Ideas,of our,house\nUse case,Owner,calls_per_month\nMail,Ann,1000\n", "Title,Labels,Labels,Status,Labels\nSort mail,a,b,Idea,c\nWrite letters,,,Pilot,d\n",
    "Use case,Owner,Owner,calls_per_month\nMail,Ann,Bob,1000\nClaims,Cy,,2000\n",
])  # fmt: skip
def test_titles_and_rows_are_no_second_line_of_headings(tmp_path: Path, rows: str) -> None:
    file = tmp_path / "ideas.csv"
    file.write_text(rows, encoding="utf-8")
    if "Owner,Owner" in rows:
        with pytest.raises(EngagementError, match="column 'Owner' is there twice"):
            read_list(file)
    else:
        assert not any("two lines" in notice for notice in read_list(file).notices)


def test_rows_come_after_others_by_id_by_the_lists_own_id_or_by_name(tmp_path: Path) -> None:
    found = listed(tmp_path, 'id,name,after\nUC 1,Mail sorting,\nUC 2,Answers,UC 1\nUC 3,Letters,"Mail sorting; uc-2"\nx,X,uc-1 UC-2\ny,Y,uc-9\nz,Z,z\n')

    assert [flow.after for row in found.rows if row.engagement for flow in row.engagement.workflows] == [(), ("uc-1",), ("uc-1", "uc-2"), ("uc-1", "uc-2")]
    assert [str(fault).partition("line ")[2] for fault in found.faults] == [
        "6, after: 'uc-9' is no id or name of another row. Did you mean uc-3 or uc-2 or uc-1?", "7, after: 'z' is this row itself",
    ]


def test_a_subtotal_is_no_workflow_and_what_may_be_a_total_is_told(tmp_path: Path) -> None:
    found = listed(tmp_path, "name,calls_per_month\nMail,100\nLetters,200\nSubtotal Sales,300\nZwischensumme HR,5\nTotal Sales,305\nTotal quality,7\nΣ,612\n")

    assert [flow.name for row in found.rows if row.engagement for flow in row.engagement.workflows] == ["Mail", "Letters", "Total Sales", "Total quality"]
    assert [notice.partition(": ")[2] for notice in found.notices if "total" in notice.partition(": ")[2]] == [
        "line 4 is a total and was left out", "line 5 is a total and was left out", "line 8 is a total and was left out",
        "what may be a total was read as a use case in lines 6, 7; take out what is one: Total Sales; Total quality",
    ]


def test_a_row_of_another_column_alone_is_not_called_a_name(tmp_path: Path) -> None:
    found = listed(tmp_path, "id,name,calls_per_month\na,A,100\nb,B,200\nc,C,5\n,,305\n")

    assert not [notice for notice in found.notices if "nothing but a name" in notice]


def test_a_number_below_one_among_percents_is_told(tmp_path: Path) -> None:
    found = listed(tmp_path, "id,name,adoption (%)\na,A,60\nb,B,0.5\n")

    assert [notice.partition(": ")[2] for notice in found.notices if "percent" in notice.partition(": ")[2]] == [
        "adoption (%) is in percent, so less than one percent was taken for 0.5; write 50 for a half",
    ]
