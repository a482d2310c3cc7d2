"""Sheets for several people: each gets the questions of their role, and what they say differently stays with their names."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import run
from hypothesis import given, strategies as st
from test_intake import fill
from test_workbooks import ods, ods_row

from advisorkit.catalog.reading import load
from advisorkit.intake.portfolio import portfolio
from advisorkit.intake.questionnaire import ROLES, asked, new_questionnaire, read_questionnaire
from advisorkit.store.reading import read
from advisorkit.values.engagement import Answer
from advisorkit.values.people import Action, Member
from advisorkit.values.quantities import Estimate

FILE = """advisorkit: 1
client: Acme
currency: EUR
as_of: 2026-11-20
workflows:
  - id: mail
    name: Mail
    answers:
      operator: {value: it_generalist, confidence: guess, confirm_by: 2026-12-01}
      regulated: {value: no, confidence: guess}
team: [{name: Ann, role: Head of IT}, {name: Bo, role: Sponsor, part: sends the marks}]
actions: [{act: Send forty cases, owner: Bo, date: 2026-12-05}, {act: Sign the order, state: done}]
"""


def label(criterion: str, level: str) -> str:
    return load().criterion(criterion).level(level).label


@pytest.fixture
def engagement(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(FILE)
    return tmp_path / "acme.yaml"


def sheet(folder: Path, name: str, role: str, cells: dict[str, dict[str, Any]]) -> Path:
    new_questionnaire(folder / name, role=role)
    return fill(folder / name, cells)


@pytest.mark.parametrize("role", ["business", "IT", "it", "legal", "finance"])
def test_a_sheet_for_a_role_asks_what_that_role_knows(role: str, tmp_path: Path) -> None:
    result = run("intake", "new", tmp_path / "q.xlsx", "--for", role)
    found = openpyxl.load_workbook(tmp_path / "q.xlsx")["Answers"]
    criteria = [load().criterion(found.cell(i, 1).value) for i in range(2, found.max_row + 1)]

    assert result.exit_code == 0, result.output
    assert criteria
    assert all(one.topic == "economics" if role == "finance" else one.who.casefold() == role.casefold() for one in criteria)


def test_the_sheets_of_the_roles_ask_every_question_between_them() -> None:
    assert {row.id for role in ROLES for row in asked(role=role)} == {row.id for row in asked()}


def test_a_role_that_is_none_is_refused_with_those_there_are(tmp_path: Path) -> None:
    result = run("intake", "new", tmp_path / "q.xlsx", "--for", "lawyer")

    assert result.exit_code == 2
    assert "there is business, IT, legal, finance" in result.output
    assert not (tmp_path / "q.xlsx").exists()


def test_several_sheets_come_into_one_file_and_differences_keep_their_names(engagement: Path) -> None:
    folder = engagement.parent
    ann = sheet(folder, "ann.xlsx", "business", {
        "citations": {"Your answer": label("citations", "required")}, "calls_per_month": {"Your answer": 1000, "Up to": 2000},
        "task_scope": {"Your answer": label("task_scope", "one_narrow")},
    })
    bo = sheet(folder, "finance.xlsx", "finance", {"calls_per_month": {"Your answer": 5000, "Who says so": "Bo"}, "budget": {"Your answer": "80k"}})
    cy = sheet(folder, "cy.xlsx", "business", {
        "citations": {"Your answer": label("citations", "no")}, "task_scope": {"Your answer": label("task_scope", "open_ended"), "How sure": "A guess"},
    })
    result = run("intake", "read", ann, bo, cy, "--to", engagement)
    answers = read(engagement).workflows[0].answers

    assert result.exit_code == 0, result.output
    assert answers["citations"] == Answer(("required", "no"), said_by="ann (required); cy (no)")
    assert answers["calls_per_month"] == Answer(amount=Estimate.of([1000, 5000]), said_by="ann (1000 to 2000); Bo (5000)")
    assert (answers["budget"].amount, answers["budget"].said_by) == (Estimate.of(80_000), "finance")
    assert answers["task_scope"].levels == ("one_narrow",), "a guess gives way to what somebody knows"
    assert "citations: people differ, both stand: ann (required); cy (no)" in result.output
    assert "task_scope: ann (one_narrow) is known and stays; the guess of cy (open_ended) is left out" in result.output

    run("intake", "read", ann, "--to", engagement)
    assert read(engagement).workflows[0].answers["citations"] == answers["citations"], "read again, a sheet is no further voice"


def test_a_sheet_that_comes_later_adds_a_voice_and_its_own_person_may_correct_it(engagement: Path) -> None:
    folder = engagement.parent
    first = sheet(folder, "ann.xlsx", "business", {"citations": {"Your answer": label("citations", "required")}})
    run("intake", "read", first, "--to", engagement)
    corrected = sheet(folder, "ann.xlsx", "business", {"citations": {"Your answer": label("citations", "nice_to_have")}})
    run("intake", "read", corrected, "--to", engagement)
    assert read(engagement).workflows[0].answers["citations"] == Answer(("nice_to_have",), said_by="ann")

    second = sheet(folder, "cy.xlsx", "business", {"citations": {"Your answer": label("citations", "no")}})
    run("intake", "read", second, "--to", engagement)
    assert read(engagement).workflows[0].answers["citations"].said_by == "ann (nice_to_have); cy (no)"


def test_what_a_sheet_says_otherwise_than_the_file_is_told_and_no_sheet_is_lost_behind_another_of_its_name(engagement: Path) -> None:
    engagement.write_text(FILE.replace("    answers:\n", "    answers:\n      languages: {value: 2, said_by: Dee}\n      calls_per_month: 4000\n      budget: 50000\n"))
    cells = {"languages": 3, "calls_per_month": 5000, "task_kind": "Wxyz | q"}
    ann = sheet(engagement.parent, "ann.xlsx", "business", {name: {"Your answer": value} for name, value in cells.items()} | {"budget": {"Your answer": 9000, "How sure": "A guess"}})
    told = run("intake", "read", ann, ann, "--to", engagement)

    assert "languages: 2 languages → 2 to 3 languages; people differ, both stand: Dee (2); ann (3)" in told.stderr
    assert "calls_per_month: 4,000 items a month → 5,000 items a month\n" in told.stderr
    assert "budget: €50,000 is known and stays; the guess was €9,000" in told.stderr
    assert "'Wxyz | q' is not in the list of answers: Sort into labels | Pick out fields" in told.stderr

    there, other = engagement.read_bytes(), engagement.parent / "other"
    other.mkdir()
    refused = run("intake", "read", ann, shutil.copy(ann, other), "--to", engagement)
    assert refused.exit_code == 2 and "another sheet is called ann too" in refused.stderr
    assert engagement.read_bytes() == there


def test_an_answer_with_a_question_mark_is_a_guess_unless_its_line_says_otherwise(engagement: Path) -> None:
    words = f"{label('citations', 'required')}?"
    ann = sheet(engagement.parent, "ann.xlsx", "business", {
        "citations": {"Your answer": words}, "knowledge_change": {"Your answer": f"{label('knowledge_change', 'daily')} ?", "How sure": "I know"},
    })
    found = read_questionnaire(ann, "EUR").answers
    listed = engagement.parent / "list.csv"
    listed.write_text("id,name,citations\na,A,required?\nb,B,no\n")

    assert [(name, one.levels, one.confidence) for name, one in found.items()] == [("knowledge_change", ("daily",), "known"), ("citations", ("required",), "guess")]
    rows = portfolio(listed, "EUR", date(2026, 11, 20)).rows
    assert [row.engagement.workflows[0].answers["citations"].confidence for row in rows if row.engagement] == ["guess", "known"]


def test_an_answer_beside_the_question_of_another_code_is_refused_and_a_question_of_an_older_version_is_not(engagement: Path) -> None:
    ask = load().criteria
    found = read_questionnaire(sheet(engagement.parent, "ann.xlsx", "", {
        "languages": {"Your answer": 3, "Question": ask["special_cases"].question}, "special_cases": {"Question": ask["languages"].question},
        "test_cases": {"Your answer": 60, "Question": "How many cases are there?"},
    }), "EUR")

    assert list(found.answers) == ["test_cases"]
    assert [str(fault).partition(": ")[2].partition(": ")[2] for fault in found.faults] == [
        "'languages' stands beside the words of 'special_cases'; put every code beside its own line again",
    ]


def test_a_remark_without_an_answer_stands_beside_what_is_known_and_does_not_wipe_it_out(engagement: Path) -> None:
    for name, cells in (("ann.xlsx", {"Your answer": label("citations", "required")}), ("cy.xlsx", {"Remark": "it depends"}), ("ann.xlsx", {"Remark": "for letters"})):
        run("intake", "read", sheet(engagement.parent, name, "business", {"citations": cells}), "--to", engagement)

    assert read(engagement).workflows[0].answers["citations"] == Answer(("required",), said_by="ann", note="it depends; for letters")


said = st.builds(
    Answer, st.sampled_from([("a",), ("b",), ("a", "b")]), st.none(), st.sampled_from(["known", "guess"]), st.sampled_from(["Ann", "Bo"]),
) | st.builds(Answer, st.just(()), st.floats(0, 9).map(Estimate.of), st.sampled_from(["known", "guess"]), st.sampled_from(["Ann", "Bo"]))


@given(said, said)
def test_no_known_answer_is_lost_whoever_comes_first(one: Answer, other: Answer) -> None:
    both, swapped = one.beside(other), other.beside(one)

    assert (set(both.levels), both.amount, both.confidence) == (set(swapped.levels), swapped.amount, swapped.confidence)
    known = [each for each in (one, other) if each.confidence == "known"] or [one, other]
    assert both.confidence == known[0].confidence
    if both.amount is None:
        assert set(both.levels) == {level for each in known for level in each.levels}
    else:
        ends = [each.amount for each in known if each.amount]
        assert (both.amount.low, both.amount.high) == (min(end.low for end in ends), max(end.high for end in ends))
    assert one.beside(Answer()) == one and Answer().beside(one) == one


def test_as_a_client_fills_it_in_and_another_program_saves_it_the_same_comes_back(tmp_path: Path) -> None:
    cells: dict[str, dict[str, Any]] = {
        "citations": {"Your answer": "b) " + label("citations", "nice_to_have"), "Remark": "see the policy"}, "calls_per_month": {"Your answer": "2k to 5k a month"},
        "deadline_weeks": {"Your answer": "12 weeks"}, "regulated": {"Your answer": "Nein"}, "operator": {"Your answer": "tbd"},
        "corpus_tokens": {"Your answer": "400 pages"}, "budget": {"Your answer": "a lot"}, "data_class": {"Your answer": "blue"},
    }
    file = sheet(tmp_path, "q.xlsx", "", cells)
    found = read_questionnaire(file)
    saved = openpyxl.load_workbook(file)
    saved["Answers"].insert_rows(1, 2)
    saved["Answers"]["A1"] = "Returned by Finance"
    saved.save(tmp_path / "again.xlsx")
    rows = [["" if cell.value is None else str(cell.value) for cell in row] for row in openpyxl.load_workbook(file)["Answers"].iter_rows()]
    again = read_questionnaire(tmp_path / "again.xlsx")
    other = read_questionnaire(ods(tmp_path, "".join(map(ods_row, rows)), "Answers"))

    assert found.answers["citations"] == Answer(("nice_to_have",), note="see the policy")
    assert found.answers["calls_per_month"].amount == Estimate.of([2000, 5000])
    assert (found.answers["deadline_weeks"].amount, found.answers["regulated"].levels) == (Estimate.of(12), ("no",))
    assert found.answers["corpus_tokens"].amount is not None and "operator" not in found.answers
    assert [fault.where.partition("(")[2] for fault in found.faults] == [f"F{line})" for line in sorted(places(file, "budget", "data_class"))]
    assert dict(again.answers) == dict(other.answers) == dict(found.answers)
    assert [fault.message for fault in other.faults] == [fault.message for fault in found.faults]


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_what_libreoffice_saves_reads_as_before(tmp_path: Path, kind: str) -> None:
    cells: dict[str, dict[str, Any]] = {
        "citations": {"Your answer": label("citations", "nice_to_have"), "Remark": "see the policy"}, "calls_per_month": {"Your answer": "2k to 5k a month"},
        "deadline_weeks": {"Your answer": 12}, "corpus_tokens": {"Your answer": "400 pages"}, "budget": {"Your answer": "a lot"},
    }
    file = sheet(tmp_path, "q.xlsx", "", cells)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path / "saved"), str(file)], check=True, capture_output=True, timeout=120)
    found, again = read_questionnaire(file), read_questionnaire(tmp_path / "saved" / f"q.{kind}")

    assert len(found.answers) == 4
    assert dict(again.answers) == dict(found.answers)
    assert [(fault.where, fault.message) for fault in again.faults] == [(fault.where, fault.message) for fault in found.faults]


def places(file: Path, *codes: str) -> list[int]:
    return [row[0].row for row in openpyxl.load_workbook(file)["Answers"].iter_rows() if row[0].value in codes]


def test_check_lists_guesses_with_who_confirms_them_and_open_actions(engagement: Path) -> None:
    told = run("check", engagement).output
    document = json.loads(run("check", engagement, "--json").stdout)
    found = read(engagement)

    assert found.team == (Member("Ann", "Head of IT"), Member("Bo", "Sponsor", "sends the marks"))
    assert found.actions[0] == Action("Send forty cases", "Bo", date(2026, 12, 5))
    assert document["to_confirm"] == [
        {"workflow": "mail", "criterion": "operator", "who": "Ann", "by": "2026-12-01"},
        {"workflow": "mail", "criterion": "regulated", "who": "legal or data protection", "by": ""},
    ]
    assert document["actions"] == [{"act": "Send forty cases", "owner": "Bo", "date": "2026-12-05", "state": "open"}]
    assert "Guesses to confirm" in told and "Send forty cases" in told and "Sign the order" not in told


@pytest.mark.parametrize("line", ["team: [{role: IT}]", "actions: [{act: x, state: opn}]", "actions: [{act: x, date: soon}]", "actions: [{owner: Bo}]"])
def test_a_faulty_member_or_action_is_a_fault_of_the_file(line: str, engagement: Path) -> None:
    engagement.write_text(FILE.partition("team:")[0] + line + "\n")
    result = run("check", engagement)

    assert result.exit_code == 2
    assert line.partition(":")[0] in result.output


def test_of_people_and_actions_only_what_is_open_stands_in_a_deliverable(engagement: Path) -> None:
    result = run("report", engagement, "--out", engagement.parent / "out")
    page = next((engagement.parent / "out").glob("*client_report.html")).read_text(encoding="utf-8")

    assert result.exit_code == 0, result.output
    assert [word for word in ("Send forty cases", "Sign the order", "sends the marks") if word in page] == ["Send forty cases"]
    assert replace(read(engagement), team=(), actions=()).workflows == read(engagement).workflows


def test_of_several_files_it_is_said_whose_guesses_and_acts_they_are(engagement: Path) -> None:
    other = engagement.with_name("other.yaml")
    other.write_text(FILE)
    document = json.loads(run("check", engagement, other, "--json").stdout)
    told = " ".join(run("check", engagement, other).stdout.split())

    assert [one["file"] for one in document["to_confirm"]] == [str(engagement)] * 2 + [str(other)] * 2
    assert [one["file"] for one in document["actions"]] == [str(engagement), str(other)]
    assert "File Workflow Answer" in told and "File What" in told


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_questionnaire_about_another_engagement_or_workflow_is_refused(language: str, engagement: Path) -> None:
    engagement.write_text(FILE.replace("client:", f"language: {language}\nclient:").replace("workflows:\n", "workflows:\n  - {id: calls, name: Calls}\n"))
    other, same = engagement.with_name("other.yaml"), engagement.with_name("q.xlsx")
    other.write_text(FILE)
    assert run("intake", "new", same, "--engagement", engagement, "--workflow", "mail", "--for", "legal").exit_code == 0
    book = openpyxl.load_workbook(same)
    heads = [cell.value for cell in book.worksheets[1][1]]
    for row in book.worksheets[1].iter_rows(min_row=2):
        if row[1].value == "approval_lead_weeks":
            row[heads.index({"en": "Your answer", "de": "Ihre Antwort"}[language])].value = 6
    book.save(same)

    before, wrong = other.read_bytes(), [run("intake", "read", same, "--to", *to) for to in ((other,), (engagement, "--workflow", "calls"))]

    assert [(one.exit_code, "'acme/mail'" in one.output) for one in wrong] == [(2, True)] * 2
    assert other.read_bytes() == before
    assert "1 answer taken into mail; 0 left as they were; 0 refused" in run("intake", "read", same, "--to", engagement, "--workflow", "mail").output


def test_a_questionnaire_that_names_no_engagement_is_read_and_that_is_told(engagement: Path) -> None:
    old = sheet(engagement.parent, "old.xlsx", "", {"approval_lead_weeks": {"Your answer": 6}})

    assert "does not say what it is about, so it was read as one of acme/mail" in run("intake", "read", old, "--to", engagement).output


def test_a_column_that_people_added_is_told(engagement: Path) -> None:
    path = sheet(engagement.parent, "ann.xlsx", "business", {})
    book = openpyxl.load_workbook(path)
    found = book["Answers"]
    found.insert_cols(2, 2)
    found["B1"], found["C1"], found["B2"] = "Answer of IT", "Empty", "no"
    book.save(path)

    assert read_questionnaire(path).notices[0] == f"{path}: not read, as this column was added to the sheet: Answer of IT"
