"""Marked results in: tables and logs give the same marks, and every fault is named by row and column."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, strategies as st

from advisorkit.pilots.marked import COLUMNS, FAILURES, MarkedCase
from advisorkit.pilots.results import read_results
from advisorkit.values.messages import PilotError

DATA = Path(__file__).parent / "data"
GOOD = "case,right,failure,minutes,note\n1,yes,,2.5,fine\n2,no,information,4,no price list\n"


def file(folder: Path, text: str | bytes, name: str = "marks.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(path: Path) -> str:
    with pytest.raises(PilotError) as caught:
        read_results(path)
    return "\n".join(str(fault).removeprefix(str(path)) for fault in caught.value.faults)


def sheet(folder: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(folder / "marks.xlsx")
    return folder / "marks.xlsx"


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    marks = read_results(file(tmp_path, GOOD)).marks

    assert marks == (
        MarkedCase("1", "right", minutes=2.5, note="fine"),
        MarkedCase("2", "wrong", "information", minutes=4.0, note="no price list"),
    )


def test_csv_xlsx_and_json_lines_give_the_same_marks(tmp_path: Path) -> None:
    rows = [dict(row) for row in csv.DictReader(io.StringIO(GOOD))]
    lines = "\n".join(json.dumps({k: float(v) if k == "minutes" else v for k, v in row.items()}) for row in rows)
    table = sheet(tmp_path, tuple(rows[0]), *[(int(r["case"]), r["right"], r["failure"] or None, float(r["minutes"]), r["note"]) for r in rows])

    expected = read_results(file(tmp_path, GOOD)).marks

    assert read_results(table).marks == expected
    assert read_results(file(tmp_path, lines, "marks.jsonl")).marks == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_old_encodings_are_read_and_only_the_guessed_one_is_said(tmp_path: Path, encoding: str) -> None:
    results = read_results(file(tmp_path, GOOD.replace("fine", "schön").encode(encoding)))

    assert results.marks[0].note == "schön"
    assert bool(results.notices) == (encoding == "cp1252")
    assert results.warnings == ()


@pytest.mark.parametrize("text", [GOOD.replace("2.5", '"2,5"'), GOOD.replace(",", ";").replace("2.5", "2,5")])
def test_a_decimal_comma_is_read_and_what_may_be_thousands_is_asked(tmp_path: Path, text: str) -> None:
    assert read_results(file(tmp_path, text)).marks[0].minutes == 2.5
    assert "line 3, minutes: thousands or decimals? '4.000' may be 4000 or 4" in faults(file(tmp_path, GOOD.replace("2.5", "3").replace("4", "4.000")))


def test_what_else_is_marked_counts_below_any_heading_of_the_verdict(tmp_path: Path) -> None:
    """Else people's answers of today would be the prompt's, and every failure unclear."""
    text = "case,right,failure,minutes,seconds,marker,arm,severity,fixed_by_text,passage_found,sampling\n1,no,information,1.5,2,AB,today,minor,yes,no,random\n1,yes,,1,3,AB,prompt,,,,\n"

    assert read_results(file(tmp_path, text.replace("right", "correct"))).marks == read_results(file(tmp_path, text)).marks
    assert "contradicts itself: right is yes, but failure is behaviour" in faults(file(tmp_path, "case,correct,failure\n1,yes,behaviour\n2,no,\n"))


def test_german_headings_of_marks_are_ours_and_their_words_are_not_passed_over(tmp_path: Path) -> None:
    """A kind of failure in a column of the file's own would leave every failure unclear."""
    mark = read_results(file(tmp_path, "Nr.;richtig;Fehlerart;Minuten;Prüfer\n1;nein;Information;1,5;AB\n")).marks[0]

    assert (mark.case, mark.outcome, mark.failure, mark.minutes, mark.marker) == ("1", "wrong", "information", 1.5, "AB")
    assert "'Xyz' is not a kind of failure; valid: information" in faults(file(tmp_path, "Nr.;richtig;Fehlerart\n1;nein;Xyz\n"))


def test_time_and_tokens_may_carry_a_unit(tmp_path: Path) -> None:
    """A workbook whose format shows a unit behind the number gives both; a unit of another kind and a range are refused."""
    header = "case,right,minutes,seconds,input_tokens\n"
    marks = read_results(file(tmp_path, f"{header}1,yes,3 min,4 s,3 k\n2,yes,1.5 h,1 min,900 tokens\n")).marks
    said = faults(file(tmp_path, f"{header}1,yes,2-3,4 kg,-1\n"))

    assert [(m.minutes, m.seconds, m.input_tokens) for m in marks] == [(3, 4, 3000), (90, 60, 900)]
    assert all(words in said for words in ("minutes: expected a number such as", "'kg' is not understood here", "'-1' is too small"))


def test_headings_among_which_the_missing_one_may_stand_are_named(tmp_path: Path) -> None:
    assert "'right' is missing; needed: case, right; not known here: Correct?" in faults(file(tmp_path, "case,Correct?\n1,yes\n2,partly\n"))
    only = faults(file(tmp_path, "Question,Correct?\n1,yes\n2,no\n"))
    assert "'case' is missing" in only and "'right'" not in only


def test_a_semicolon_table_is_read(tmp_path: Path) -> None:
    assert len(read_results(file(tmp_path, GOOD.replace(",", ";"))).marks) == 2


def test_wrong_without_a_kind_is_unclear(tmp_path: Path) -> None:
    assert read_results(file(tmp_path, "case,right\n1,no\n")).marks[0].failure == "unclear"


def test_declined_is_kept_apart_from_wrong(tmp_path: Path) -> None:
    mark = read_results(file(tmp_path, "case,right,outcome\n1,no,declined\n")).marks[0]

    assert (mark.outcome, mark.failure) == ("declined", None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,yes,information,,", "line 2, failure: contradicts itself: right is yes, but failure is information"),
        ("1,yes,,critical,", "line 2, severity: contradicts itself"),
        ("1,yes,,,yes", "line 2, fixed_by_text: contradicts itself"),
        ("1,no,knowledge,,", "line 2, failure: 'knowledge' is not a kind of failure"),
        ("1,no,behavior,,", "Did you mean behaviour?"),
        ("1,perhaps,,,", "line 2, right: 'perhaps' is neither yes nor no"),
        ("1,,information,,", "line 2, right: is empty: say yes or no"),
        (",yes,,,", "line 2, case: is empty"),
        ("1,no,,dreadful,", "line 2, severity: 'dreadful' is not a severity"),
    ],
)
def test_a_mark_that_cannot_be_is_named(tmp_path: Path, row: str, said: str) -> None:
    text = f"case,right,failure,severity,fixed_by_text\n{row}\n2,yes,,,\n"

    assert said in faults(file(tmp_path, text))


def test_rows_that_nobody_marked_yet_are_left_out_and_named_and_the_others_read(tmp_path: Path) -> None:
    found = read_results(file(tmp_path, GOOD + "3,,,,\n4,yes,,,\n5,,,3,late\n"))
    lines = read_results(file(tmp_path, '{"case": "1", "right": true}\n{"case": "2", "right": null}\n', "marks.jsonl"))

    assert ([mark.case for mark in found.marks], found.warnings) == (["1", "2", "4"], ("2 of 5 lines left out, as not marked yet: 4, 6.",))
    assert ([mark.case for mark in lines.marks], lines.warnings) == (["1"], ("1 of 2 lines left out, as not marked yet: 2.",))
    assert "holds no marked case" in faults(file(tmp_path, "case,right\n1,\n2,\n"))


def test_an_outcome_that_contradicts_right_is_named(tmp_path: Path) -> None:
    assert "outcome is right, but right is no" in faults(file(tmp_path, "case,right,outcome\n1,no,right\n"))


def test_two_people_on_one_case_are_no_duplicate(tmp_path: Path) -> None:
    marks = read_results(file(tmp_path, "case,right,marker,run\n1,yes,a,1\n1,no,b,1\n1,no,a,2\n")).marks

    assert len(marks) == 3


def test_the_same_case_marker_and_run_twice_is_an_error_that_names_both_rows_and_the_columns(tmp_path: Path) -> None:
    said = faults(file(tmp_path, "case,right,marker\n1,yes,a\n2,yes,a\n1,no,a\n"))

    assert "line 4, case, marker: case 1 by a is already marked in line 2" in said


def test_in_a_workbook_the_same_mark_twice_is_named_by_its_cells(tmp_path: Path) -> None:
    said = faults(sheet(tmp_path, ("case", "right", "marker", "run"), (1, "yes", "a", 2), (1, "no", "a", 2)))

    assert "line 3, case (A3), marker (C3), run (D3): case 1 by a in run 2 is already marked in line 2" in said


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_refused_in_one_sentence(tmp_path: Path, encoding: str) -> None:
    said = faults(file(tmp_path, GOOD.encode(encoding)))

    assert said.count("\n") == 0
    assert "line 1: holds zero bytes, as UTF-16 without its mark does: save the file as UTF-8" in said


def test_all_faults_of_a_file_are_told_at_once_and_nothing_is_half_read(tmp_path: Path) -> None:
    with pytest.raises(PilotError) as caught:
        read_results(file(tmp_path, "case,right,failure\n1,yes,\n2,no,odd\n3,maybe,\n"))

    assert [fault.where for fault in caught.value.faults] == ["line 3, failure", "line 4, right"]
    assert caught.value.rows == 3


def test_wrong_columns_are_named_with_the_nearest_valid_ones(tmp_path: Path) -> None:
    said = faults(file(tmp_path, "case,correct,failures\n1,fully,\n"))

    assert "the column 'right' is missing" in said
    assert "unknown column 'failures'. Did you mean failure?" in said


@pytest.mark.parametrize("text", ["", "\n \n", "case,right\n"])
def test_an_empty_sheet_is_refused(tmp_path: Path, text: str) -> None:
    assert "is empty" in faults(file(tmp_path, text)) or "no marked case" in faults(file(tmp_path, text))


def test_a_row_with_a_field_too_many_is_refused(tmp_path: Path) -> None:
    assert "line 3" in faults(file(tmp_path, "case,right\n1,yes\n2,no,information\n"))


def test_a_formula_in_a_cell_is_named_by_its_cell(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("case", "right"), (1, "yes"), (2, '=IF(1=1,"yes","no")'))

    assert "right (B3): holds a formula" in faults(path)


def test_json_lines_with_a_broken_line_name_it(tmp_path: Path) -> None:
    said = faults(file(tmp_path, '{"case": 1, "right": true}\n{"case": 2, "right": }\n[1]\n', "marks.jsonl"))

    assert "line 2: is not well-formed JSON" in said
    assert "line 3: is not an object" in said


@pytest.mark.parametrize(
    "raw", [b"PK\x03\x04broken", b"\x00\x01\x02", b'{"results": {"results": [1, 2]}}', b'{"eval": 1, "status": 2, "samples": [3], "results": {"scores": [4]}}'],
)
def test_what_is_no_results_file_is_refused_without_a_traceback(tmp_path: Path, raw: bytes) -> None:
    assert faults(file(tmp_path, raw, "marks.bin"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "there is no such file" in faults(tmp_path / "nowhere.csv")


rows = st.lists(st.tuples(st.sampled_from(["yes", "no"]), st.sampled_from([*FAILURES, ""])), min_size=1, max_size=20)


@given(rows)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("marks") / "marks.csv"
    kept = [(right, failure if right == "no" else "") for right, failure in rows]
    path.write_text("case,right,failure\n" + "".join(f"{i},{r},{f}\n" for i, (r, f) in enumerate(kept)))

    marks = read_results(path).marks

    assert [mark.outcome == "right" for mark in marks] == [right == "yes" for right, _ in kept]
    assert [mark.failure for mark in marks] == [(failure or "unclear") if right == "no" else None for right, failure in kept]


def test_every_promised_column_is_read(tmp_path: Path) -> None:
    values = dict.fromkeys(COLUMNS, "x") | {
        "right": "no", "failure": "behaviour", "outcome": "wrong", "severity": "major", "fixed_by_text": "no",
        "passage_found": "yes", "date": "2026-11-18", "sampling": "random", "input_tokens": "900", "output_tokens": "80",
        "minutes": "1.5", "seconds": "2.5", "arm": "today",
    }  # fmt: skip
    mark = read_results(file(tmp_path, ",".join(values) + "\n" + ",".join(values.values()) + "\n")).marks[0]

    told = {name: getattr(mark, name) for name, value in values.items() if value == "x"}
    assert set(told.values()) == {"x"}
    assert (mark.fixed_by_text, mark.passage_found, mark.sampling, mark.arm) == (False, True, "random", "today")
    assert (mark.date, mark.input_tokens, mark.output_tokens, mark.minutes, mark.seconds) == (date(2026, 11, 18), 900, 80, 1.5, 2.5)


def test_words_and_headings_that_programs_write(tmp_path: Path) -> None:
    found = read_results(file(tmp_path, "ID,Frage,Right,prompt_tokens,outcome\n1,a,1.0,10,\n2,b,✗,20,\n3,c,✅,,\n4,d,,,Not judged\n"))

    assert [(mark.case, mark.outcome, mark.input, mark.input_tokens) for mark in found.marks] == [("1", "right", "a", 10), ("2", "wrong", "b", 20), ("3", "right", "c", None)]
    own = read_results(file(tmp_path, "id,case id,right\n7,1,yes\n8,2,no\n"))
    assert [(mark.case, mark.own) for mark in own.marks] == [("1", (("id", "7"),)), ("2", (("id", "8"),))], "the better name of a case wins, wherever it stands"


@pytest.mark.parametrize("text", ["case,right,minutes\n1,yes,2\n2,no,4\nSumme,1,6\n", "case,score\n1,1\n2,0\nAverage,1\n", "case,right\n1,yes\n2,no\nTotal (2),50%\n"])
def test_a_total_below_the_marks_is_no_case(tmp_path: Path, text: str) -> None:
    (tmp_path / "marks.csv").write_text(text)
    found = read_results(tmp_path / "marks.csv")

    assert [(mark.case, mark.outcome) for mark in found.marks] == [("1", "right"), ("2", "wrong")]
    assert [notice.partition(": ")[2] for notice in found.notices if "is a total" in notice] == ["line 4 is a total and was left out"]


def test_what_is_not_known_of_a_mark_may_be_said_so(tmp_path: Path) -> None:
    marks = read_results(file(tmp_path, "case,right,failure,severity,sampling\n1,yes,n/a,-,random\n2,no,none,TBD,n/a\n")).marks

    assert [(one.failure, one.severity, one.sampling) for one in marks] == [(None, None, "random"), ("unclear", None, "")]
    assert [one.outcome for one in read_results(file(tmp_path, "case,outcome\n1,passed\n2,error\n3,No\n4,cancelled\n5,not run\n6,?\n")).marks] == ["right", "wrong"]


@pytest.mark.parametrize(("heading", "right"), [("wrong", 1), ("falsch", 1), ("has failed", 1), ("correct", 3), ("right or wrong", 3)])
def test_below_a_heading_that_says_wrong_a_yes_is_a_wrong_answer(tmp_path: Path, heading: str, right: int) -> None:
    read = read_results(file(tmp_path, f"case,{heading}\n1,yes\n2,ja\n3,1\n4,no\n"))

    assert [mark.outcome for mark in read.marks].count("right") == right
    assert ("yes there is a wrong answer" in " ".join(read.notices)) == (right == 1)


def test_below_such_a_heading_the_word_itself_keeps_its_meaning(tmp_path: Path) -> None:
    assert [mark.outcome for mark in read_results(file(tmp_path, "case,wrong\n1,wrong\n2,correct\n")).marks] == ["wrong", "right"]


@pytest.mark.parametrize("write", ["csv", "xlsx", "jsonl"])
def test_german_words_for_what_is_chosen_from_a_list_are_read(write: str, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("case", "right", "failure", "outcome", "severity"), ("1", "ja", "", "", ""), ("2", "nein", "Verhalten", "", "gering"),
        ("3", "nein", "Information fehlt", "falsch", "kritisch"), ("4", "nein", "", "abgelehnt", ""), ("5", "nicht korrekt", "unklar", "", "schwer"),
    ]
    lines = {"csv": "\n".join(",".join(map(str, row)) for row in rows), "jsonl": "\n".join(json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:])}
    marks = read_results(sheet(tmp_path, *rows) if write == "xlsx" else file(tmp_path, lines[write], f"marks.{write}")).marks

    assert [(one.outcome, one.failure, one.severity) for one in marks] == [
        ("right", None, None), ("wrong", "behaviour", "minor"), ("wrong", "information", "critical"), ("declined", None, None), ("wrong", "unclear", "major"),
    ]


def test_a_word_that_is_none_is_refused_with_those_of_both_languages(tmp_path: Path) -> None:
    told = faults(file(tmp_path, "case,right,failure\n1,nein,zu lang\n"))

    assert "'zu lang' is not a kind of failure; valid: information, behaviour, unclear, label, Information fehlt, Verhalten, unklar" in told
