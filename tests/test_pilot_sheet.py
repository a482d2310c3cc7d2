"""The marking sheet: out with drop-downs and instructions, back with marks, nothing in it live; and the screen that hands it out and takes it in."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from evaluations import check, evaluation, promptfoo
from test_money import adds_up
from test_widgets import rows, view

import advisorkit as ak
from advisorkit.pilots.judging import Choice
from advisorkit.pilots.marked import FAILURES
from advisorkit.pilots.planning import CaseToMark, Plan, instructions, marking_sheet
from advisorkit.pilots.results import AGREED, MARKS, SECOND_MARKS, read_results
from advisorkit.pilots.tally import Beta
from advisorkit.pilots.terms import Terms
from advisorkit.screens.screen import Screen
from advisorkit.store import samples
from advisorkit.study.pilots import read_pilot
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import PilotError, UsageError
from advisorkit.values.quantities import money_short

PLAN = Plan(
    workflow="w", pattern="prompt", currency="EUR", terms=Terms(0.84, "pass_mark", expected=Beta(8, 2)), evpi=None,
    sizes=(), widths=(), mark=10, mark_twice=2, basis="precision", why="",
)  # fmt: skip


def marked(tmp_path: Path, *rows: dict[str, object], second: tuple[dict[str, object], ...] = ()) -> Path:
    book = openpyxl.load_workbook(io.BytesIO(marking_sheet(PLAN, "Support")))
    for name, marks in ((MARKS, rows), (SECOND_MARKS, second)):
        titles = [cell.value for cell in book[name][1]]
        for line, row in enumerate(marks, 2):
            for title, value in row.items():
                book[name].cell(line, titles.index(title) + 1, value)
    book.save(tmp_path / "marked.xlsx")
    return tmp_path / "marked.xlsx"


def test_the_sheet_has_a_line_for_every_case_and_for_those_marked_twice() -> None:
    book = openpyxl.load_workbook(io.BytesIO(marking_sheet(PLAN, "Support")))

    assert [row[0].value for row in book[MARKS].iter_rows(min_row=2)] == [str(i) for i in range(1, 11)]
    assert [row[0].value for row in book[SECOND_MARKS].iter_rows(min_row=2)] == ["1", "6"]


def test_every_word_is_chosen_from_a_list() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(marking_sheet(PLAN, "Support")))[MARKS]
    titles = [cell.value for cell in sheet[1]]

    lists = {titles[next(iter(rule.sqref.ranges)).min_col - 1]: rule.formula1 for rule in sheet.data_validations.dataValidation}

    assert lists["right"] == '"yes,no"'
    assert lists["failure"] == f'"{",".join(FAILURES)}"'
    assert set(lists) == {"right", "failure", "fixed_by_text", "outcome", "severity", "arm", "sampling"}


def test_marks_come_back_with_what_was_agreed_and_without_the_empty_lines(tmp_path: Path) -> None:
    results = read_results(marked(tmp_path, {"right": "yes"}, {"right": "no", "failure": "information", "fixed_by_text": "yes"}))

    assert [(m.case, m.outcome, m.fixed_by_text) for m in results.marks] == [("1", "right", None), ("2", "wrong", True)]
    assert results.pass_mark == 0.84
    assert results.warnings == ("10 of 12 lines left out, as not marked yet: 4, 5, 6, 7, 8, 9, 10, 11, 2, 3.",)


def test_what_is_hidden_on_the_sheet_is_told_and_a_pass_mark_that_is_no_share_is_a_fault(tmp_path: Path) -> None:
    path = marked(tmp_path, {"right": "yes"}, {"right": "no"})

    def with_mark(value: object) -> Path:
        book = openpyxl.load_workbook(path)
        book[MARKS].row_dimensions[3].hidden = True
        agreed = next(row for row in book["Agreed"].iter_rows() if row[0].value == "pass_mark")
        agreed[1].value = value
        book.save(path)
        return path

    results = read_results(with_mark("90 %"))
    assert results.pass_mark == 0.9
    assert "hidden rows (3): read like all others" in "".join(results.notices)
    with pytest.raises(PilotError, match="'90' is too large: the most is 1"):
        read_results(with_mark(90))


def test_a_second_persons_marks_are_another_marker(tmp_path: Path) -> None:
    results = read_results(marked(tmp_path, {"right": "yes"}, second=({"right": "no", "failure": "unclear"},)))

    assert [(m.case, m.marker) for m in results.marks] == [("1", ""), ("1", "second")]


def test_what_people_add_to_the_sheet_is_told_and_its_own_help_is_not(tmp_path: Path) -> None:
    path = marked(tmp_path, *({"case": str(i), "right": "yes"} for i in range(1, 11)))
    assert read_results(path).notices == ()
    book = openpyxl.load_workbook(path)
    marks, column = book[MARKS], book[MARKS].max_column + 1
    copy = book.copy_worksheet(marks)
    copy.title = "Marks of Bo"
    for line, word in enumerate(["right (Bo)", "no", *["yes"] * 9], 1):
        marks.cell(line, column, word)
    book.save(path)

    assert read_results(path).notices == (
        f"{path}: the table on sheet 'Marks' was read; not read: 'Marks of Bo'",
        f"{path} [Marks]: the column right counts; there are yes and no in others too: right (Bo). --scorer takes one of them in its place",
    )
    other = read_results(path, Choice(scorer="right (Bo)"))
    assert ([mark.outcome for mark in other.marks], other.pass_mark, other.file) == (["wrong", *["right"] * 9], 0.84, str(path))
    assert not [notice for notice in other.notices if "no column" in notice]
    book[AGREED].append(["pass_mark", 0.5])
    book.save(path)
    with pytest.raises(PilotError, match="'pass_mark' is given twice"):
        read_results(path)


def test_a_wrong_mark_on_the_second_sheet_is_named_with_its_cell(tmp_path: Path) -> None:
    path = marked(tmp_path, {"right": "yes"}, second=({"right": "no", "failure": "dunno"},))

    with pytest.raises(Exception, match=r"Second marks.*failure \(E2\): 'dunno' is not a kind of failure"):
        read_results(path)


def test_an_unmarked_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="holds no marked case"):
        read_results(marked(tmp_path))


def test_what_a_client_wrote_stays_text() -> None:
    nasty = CaseToMark("1", '=HYPERLINK("http://evil.example","x")', "+cmd|' /C calc'!A0", "@SUM(1)")
    sheet = openpyxl.load_workbook(io.BytesIO(marking_sheet(PLAN, "=1+1", [nasty])))[MARKS]

    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert nasty.input in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert marking_sheet(PLAN, "Support") == marking_sheet(PLAN, "Support")


def test_two_cases_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="same name"):
        marking_sheet(PLAN, "Support", [CaseToMark("1"), CaseToMark("1")])


def test_the_instructions_say_how_many_and_what_is_enough() -> None:
    told = dict(instructions(replace(PLAN, mark=120, mark_twice=24), "Support"))

    assert told["How many"].startswith("120 cases. 24 of them")
    assert "84% right is enough" in told["Agreed beforehand"]


def test_the_pass_mark_of_the_sheet_is_frozen_and_another_one_needs_a_reason(tmp_path: Path) -> None:
    client = Engagement("acme", "Acme", "EUR", date(2026, 11, 20), (Workflow("w", "W"),), exchange_rates={"USD": 0.92})
    path = marked(tmp_path, {"right": "yes"})

    with pytest.raises(UsageError, match="84% right was agreed as enough for w, and now it is 70%"):
        read_pilot(path, client, tmp_path / "acme.yaml", pass_mark=0.7)
    changed = read_pilot(path, client, tmp_path / "acme.yaml", pass_mark=0.7, reason="A person checks each answer.")

    assert changed.established.terms.target == 0.7
    assert "The pass mark was changed after it was agreed: A person checks each answer." in changed.established.warnings
    assert read_pilot(path, client, tmp_path / "acme.yaml").established.terms.target == 0.84


def pilot_screen(tmp_path: Path) -> tuple[ak.Work, Screen]:
    for end in ("yaml", "csv"):
        (tmp_path / f"a client.{end}").write_bytes(samples.path("marked-pilot").with_suffix(f".{end}").read_bytes().replace(b"marked-pilot.csv", b"a client.csv"))
    work = ak.open(tmp_path / "a client.yaml")
    return work, Screen(work, "pilot")


def test_the_pilot_screen_hands_out_the_sheet_of_the_pattern_that_is_planned(tmp_path: Path) -> None:
    _, show = pilot_screen(tmp_path)
    handed: list[tuple[str, bytes]] = []
    show.delivery.give = lambda name, content: handed.append((name, content))
    show.edit("sheet", {})

    (name, content), = handed
    (tmp_path / name).write_bytes(content)
    sheet = openpyxl.load_workbook(tmp_path / name)["Marks"]
    assert name == "marks-service-desk-rag.xlsx"
    assert view(show)["results"]["steps"][0][4].startswith(f"Mark {sheet.max_row - 1} real cases of the RAG pilot.")
    assert [step[1] for step in view(show)["results"]["steps"]] == ["✓", "✓", "●", "○"], "a sheet that was handed out waits for its results"
    assert "advisorkit " not in json.dumps(view(show))  # no command line in front of a client


def test_gains_as_kept_stand_beside_those_that_are_tried_and_the_bars_tell_those_of_the_table(tmp_path: Path) -> None:
    work, show = pilot_screen(tmp_path)
    show.edit("section", {"name": "costs"})
    kept = rows(view(show)["blocks bill"])
    work.assume(share_taken=0.6)

    tried, bars = rows(view(show)["blocks bill"]), view(show)["chart gains"]["rows"]
    assert [row.pop(10) for row in tried] == ["–", *(row[9].splitlines()[0] for row in kept[1:])]
    assert all(old[9] != new[9] for old, new in zip(kept[1:], tried[1:], strict=True))
    adds_up(tried)
    assert {name: likely for name, _, likely, __ in bars} == {row[0]: money_short(float(row[9].splitlines()[0].replace(",", "")) * 1000, "EUR") for row in tried[1:]}


def test_results_beside_the_engagement_are_read_on_screen(tmp_path: Path) -> None:
    work, show = pilot_screen(tmp_path)
    (tmp_path / "rag.csv").write_text("case,right\n" + "".join(f"{n},yes\n" for n in range(100)))
    before, lead = work.state, view(show)["advice pilot"]
    show.edit("pilot", {"file": "rag.csv", "value": view(show)["results"]["mark"]})

    assert work.state == before and view(show)["advice pilot"]["when"] == "If these results are used" and view(show)["results"]["steps"][2][3] == "100 of 100 right"
    show.edit("discard_results", {})
    assert view(show)["advice pilot"] == lead
    for name in ("pilot", "use_results"):
        show.edit(name, {"file": "rag.csv", "value": view(show)["results"]["mark"]})
    assert [(one.pattern, one.pass_mark) for one in work.state.engagement.workflows[0].pilots] == [("prompt", 0.85), ("rag", 0.85)]


def test_results_that_a_browser_sends_are_kept_with_the_client_and_what_they_leave_open_is_asked(tmp_path: Path) -> None:
    work, show = pilot_screen(tmp_path)
    good, bad = [check("icontains", passed=True)], [check("icontains", passed=False)]
    results = promptfoo([good] * 30 + [bad] * 10) + promptfoo([good] * 40, model="acme:b", column=1)
    sent = {"file": "../../weird \u202ename.json", "content": b64encode(json.dumps(evaluation(results)).encode()).decode(), "value": view(show)["results"]["mark"]}
    show.edit("pilot", sent)
    (option, _, choices), = view(show)["results"]["asks"]
    assert "/" not in view(show)["results"]["fault"].partition(":")[0]
    assert option == "model" and [value for value, _ in choices] == ["acme:a", "acme:b"] and len(work.state.engagement.workflows[0].pilots) == 1

    show.edit("pilot", {**sent, "model": "acme:a"})
    show.edit("use_results", {})
    kept = work.state.engagement.workflows[0].pilots[-1].file
    assert (tmp_path / kept).is_file() and kept.startswith("pilots/") and kept.endswith("weird-name.json")
    assert work.judged().pilot.diagnoses[-1].right.hits == 30 and view(show)["results"]["asks"] == []


@pytest.mark.parametrize("content", ["not base64 !", b64encode(b"\x00\xff").decode(), ""])
def test_what_is_no_result_is_answered_beside_the_control(tmp_path: Path, content: str) -> None:
    work, show = pilot_screen(tmp_path)
    before = work.state
    show.edit("pilot", {"file": "marks.csv", "content": content, "value": ""})

    assert view(show)["results"]["fault"].endswith("\nNothing was read.") and work.state == before
