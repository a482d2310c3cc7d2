"""What was told, what use has shown, and the sheet that asks for it."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import run
from pptx import Presentation
from pypdf import PdfReader

from advisorkit.batch.inputs import job_of
from advisorkit.batch.notebooks import find_template
from advisorkit.batch.runner import produce
from advisorkit.costs.bill import bill
from advisorkit.costs.money import likely_gain
from advisorkit.export.blocks import ChartBlock
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import html
from advisorkit.files.disk import SourceText
from advisorkit.report.advice_pages import asks, summary
from advisorkit.report.cost_pages import costs
from advisorkit.report.job import Report
from advisorkit.report.visit_pages import _title, return_visit
from advisorkit.store import samples
from advisorkit.store.reading import read, understand
from advisorkit.store.writing import text
from advisorkit.study.candidates import Aside, candidate
from advisorkit.study.pilots import pilots_of
from advisorkit.study.returning import Visit, told, visit, with_advised
from advisorkit.study.study import Study, studies
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError
from advisorkit.values.people import Measured
from advisorkit.values.quantities import Estimate

SAMPLE = samples.path("marked-pilot")
PILOTS = pilots_of(read(SAMPLE), SAMPLE)


def worked(engagement: Engagement) -> Study:
    return studies(engagement, PILOTS, draws=256)[0]


@pytest.fixture(scope="module")
def before() -> Engagement:
    """The sample with what it tells today in its history."""
    return told(read(SAMPLE), [worked(read(SAMPLE))])


def after(engagement: Engagement, *found: Measured) -> Visit:
    made = visit(worked(replace(engagement, workflows=(replace(engagement.workflows[0], measured=found),))))
    assert made is not None
    return made


def test_what_is_told_is_kept_with_its_range_and_what_it_rests_on(before: Engagement) -> None:
    study, line = worked(read(SAMPLE)), before.history[-1]

    assert line.recommended == "rag" == study.decision.destination
    gain = study.costs.money["rag"].gain
    assert gain and line.told["gain"].likely == study.gain("rag")
    assert line.told["gain"].high == pytest.approx(gain.p90, rel=1e-3)
    assert line.told["error_rate_rag"].likely == pytest.approx(float(study.prospects.expected_right["rag"].p50 * -1 + 1), abs=0.02)
    assert all(one.low <= one.likely <= one.high for one in line.told.values())
    assert line.basis and len(line.basis.prices) == len(line.basis.defaults) == 16
    assert understand(SourceText("a.yaml", text(before), "")) == before


def test_the_same_advice_is_told_once_and_other_figures_again(before: Engagement) -> None:
    line = before.history[-1]

    assert told(before, [worked(before)]).history == before.history
    later = with_advised(before, replace(line, told={**line.told, "gain": Estimate.of(1)}))
    assert len(later.history) == len(before.history) + 1


def test_the_reason_is_noted_in_the_language_of_the_client_s_documents(tmp_path: Path) -> None:
    """The terminal speaks English; the file's documents are German."""
    whole = SAMPLE.read_text(encoding="utf-8")
    file = tmp_path / "german.yaml"
    file.write_text(whole[: whole.index("history:")].replace("currency:", "language: de\ncurrency:", 1), encoding="utf-8")
    shutil.copy(SAMPLE.with_suffix(".csv"), tmp_path / "marked-pilot.csv")
    shown = run("assess", str(file), "--keep")

    assert "answered cases were right" in shown.stdout
    assert read(file).history[-1].reason.startswith("70\u00a0% von 114 beantworteten Fällen waren richtig")
    shutil.copy(SAMPLE.with_suffix(".csv"), tmp_path / "next.csv")
    again = run("pilot", "read", str(tmp_path / "next.csv"), "--to", str(file))
    assert again.exit_code == 0, again.output
    assert [("answered" in one.reason, "beantworteten" in one.reason) for one in read(file).history] == [(False, True)] * len(read(file).history)


def test_measuring_what_was_told_moves_no_gain(before: Engagement) -> None:
    found = after(before, *(Measured(name, one.likely, period="2027", cases=10, people=2) for name, one in before.history[-1].told.items() if name not in ("gain", "reach")))

    assert [one.inside for one in found.seen] == [True] * len(found.seen)
    assert found.gain and found.gain.likely == pytest.approx(before.history[-1].told["gain"].likely, abs=2000)  # parts are rounded to thousands
    assert all(abs(one.worth or 0.0) < 100 for one in found.seen)


def test_what_measurements_are_worth_adds_up_to_the_change_of_the_gain(before: Engagement) -> None:
    found = after(before, Measured("adoption", 0.58, period="May 2027", cases=99, people=31), Measured("build_cost_rag", 52_000, period="May 2027"),
        Measured("error_rate_rag", 0.16, period="May 2027"))

    first, last = (likely_gain(study.inputs, "rag")[0] for study in (worked(before), found.study))
    assert first and last and sum(one.worth or 0.0 for one in found.seen) == pytest.approx(last - first, rel=1e-9)
    assert {one.name: one.inside for one in found.seen if one.measured} == {"error_rate_rag": True, "build_cost_rag": True, "adoption": False}


def test_a_measurement_takes_the_place_of_an_assumption_and_says_so(before: Engagement) -> None:
    study = after(before, Measured("review_minutes", 5, period="May 2027", source="time sheets", cases=60, people=3)).study

    row = study.inputs.rows["review_minutes"]
    assert (row.range, row.source) == (Estimate.of(5), "measured in use: May 2027, time sheets")


def test_an_offer_stands_in_place_of_what_the_build_is_worked_out_to_be() -> None:
    whole = read(SAMPLE)
    offered = worked(replace(whole, workflows=(replace(whole.workflows[0], assumptions={**whole.workflows[0].assumptions, "build_cost_rag": Estimate.of(40_000), "run_cost_rag": Estimate.of(0)}),)))

    lines = bill(offered.inputs).of("rag")
    assert [(line.component_id, line.amount) for line in lines if line.phase == "build" and line.unit_id != "staff_hours"] == [("build_cost", 40_000)]
    row, plain = offered.costs.money["rag"], worked(whole).costs.money["rag"]
    assert row.build and row.build.p10 == row.build.likely == row.build.p90 == 40_000
    assert row.run and plain.run and row.run.likely == 0 < plain.run.likely
    assert row.checking == plain.checking


def test_a_result_about_staff_stands_on_ten_cases_of_two_people(tmp_path: Path) -> None:
    lines = ["{quantity: adoption, value: 0.5, period: May, cases: 9, people: 2}", "{quantity: review_minutes, value: 5, period: May, cases: 10, people: 1}",
        "{quantity: adoption, value: 1.5, period: May, cases: 10, people: 2}"]
    whole = SAMPLE.read_text(encoding="utf-8").replace("workflows:\n  - id:", f"workflows:\n  - measured: [{', '.join(lines)}]\n    id:", 1)
    (tmp_path / "a.yaml").write_text(whole, encoding="utf-8")

    with pytest.raises(EngagementError) as refused:
        read(tmp_path / "a.yaml")
    assert [fault.message for fault in refused.value.faults] == [
        "adoption is about staff, so say cases and people: it stands on at least 10 cases and 2 people",
        "review_minutes is about staff, so say cases and people: it stands on at least 10 cases and 2 people",
        "adoption must lie between 0 and 1 (share)",
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose figures were kept by the command, with the sheet made from it."""
    folder = tmp_path_factory.mktemp("kept")
    for name in ("marked-pilot.yaml", "marked-pilot.csv"):
        shutil.copy(SAMPLE.with_name(name), folder / name)
    refused = run("actuals", "new", folder / "marked-pilot.yaml")
    assert refused.exit_code == 2 and "no figures were kept yet" in refused.stderr
    assert run("assess", folder / "marked-pilot.yaml", "--keep").exit_code == 0
    result = run("actuals", "new", folder / "marked-pilot.yaml", "--to", folder / "sheet.xlsx")
    assert result.exit_code == 0, result.stderr
    return folder


def filled(folder: Path, lines: dict[str, dict[str, Any]], name: str = "filled.xlsx") -> Path:
    book = openpyxl.load_workbook(folder / "sheet.xlsx")
    sheet = book["Measured"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for head, value in lines.get(sheet.cell(row, heads["Code"]).value, {}).items():
            sheet.cell(row, heads[head]).value = value
    book.save(folder / name)
    return folder / name


def test_the_sheet_says_what_was_told_and_asks_what_was_measured(kept: Path) -> None:
    sheet = openpyxl.load_workbook(kept / "sheet.xlsx")["Measured"]
    line = read(kept / "marked-pilot.yaml").history[-1]
    rows = {row[1]: row for row in sheet.iter_rows(min_row=2, values_only=True)}

    assert rows.keys() == {*line.told, "calls_per_month", "adoption", "review_share"} - {"gain", "reach"}
    wrong = line.told["error_rate_rag"]
    assert rows["error_rate_rag"][2:7] == ("Answers right, RAG", "%", pytest.approx(1 - wrong.likely), pytest.approx(1 - wrong.high), pytest.approx(1 - wrong.low))
    assert set(rows["adoption"][7:]) == {None}


def test_measurements_come_in_as_lines_and_faulty_ones_are_named_together(kept: Path) -> None:
    about = {"When": "May 2027", "Cases": 60, "People": 3}
    sheet = filled(kept, {
        "error_rate_rag": {"Measured": "84%", "Smallest": 0.8, "Largest": 0.88, **about}, "build_cost_rag": {"Measured": 52_000, "When": "April 2027"}, "adoption": {"Measured": 58, **about},
        "review_minutes": {"Measured": 2}, "minutes_per_item": {"Measured": 14, "When": "May 2027", "Cases": 6, "People": 3}, "calls_per_month": {"Measured": "4,600", **about},
    })  # fmt: skip
    file = kept / "marked-pilot.yaml"
    there = file.read_bytes()

    result = run("actuals", "read", file, sheet)
    again = run("actuals", "read", file, sheet, "--json")

    assert result.exit_code == again.exit_code == 1
    assert all(words in result.stderr for words in ("'5800%' is too large", "When is missing", "minutes_per_item is about staff", "thousands or decimals?"))
    assert json.loads(again.stdout)["taken"] == {"service-desk": ["error_rate_rag", "build_cost_rag"]}
    assert result.stderr.count("set as_of to the day of the visit") == 1 and "set as_of to the day of the visit" in run("check", file).stdout + run("check", file).stderr
    right, build = read(file).workflows[0].measured
    assert (right.range, right.period, right.cases) == (Estimate(0.12, 0.16, 0.2), "May 2027", 60)
    assert (build.value, build.low) == (52_000, None)
    lines = file.read_bytes().splitlines()
    assert [line for line in there.splitlines() if line not in lines] == []


def test_what_a_german_sheet_says_was_told_is_what_the_file_told(kept: Path, tmp_path: Path) -> None:
    """2.222 minutes, a number of the spreadsheet, was read as 2222, as a German would write it, and held to be of another engagement."""
    for name in ("marked-pilot.yaml", "marked-pilot.csv"):
        shutil.copy(kept / name, tmp_path / name)
    file = tmp_path / "marked-pilot.yaml"
    file.write_text("language: de\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert run("actuals", "new", file, "--to", tmp_path / "sheet.xlsx").exit_code == 0
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    rows = {row[1].value: row for row in book["Gemessen"].iter_rows(min_row=2)}
    assert rows["review_minutes"][4].value == pytest.approx(2.222, abs=0.01)
    for column, value in ((7, 2.1), (10, "Mai 2027"), (13, 60), (14, 3)):
        rows["review_minutes"][column].value = value
    book.save(tmp_path / "sheet.xlsx")

    result = run("actuals", "read", file, tmp_path / "sheet.xlsx")

    assert result.exit_code == 0 and "1 measurement taken" in result.output
    assert "never told" not in result.output


def test_measurements_after_which_nothing_could_be_worked_out_are_not_taken_and_a_dash_is_no_measurement(kept: Path) -> None:
    about, file = {"When": "May 2027", "Cases": 60, "People": 3}, kept / "marked-pilot.yaml"
    there = file.read_bytes()
    refused = run("actuals", "read", file, filled(kept, {"minutes_per_item": {"Measured": 4, **about}}))
    taken = run("actuals", "read", file, filled(kept, {"calls_per_month": {"Measured": "-"}, "minutes_per_item": {"Measured": 14, **about}}))

    assert (refused.exit_code, taken.exit_code) == (2, 0)
    assert "an item cannot save more minutes (likely 10) than it takes today (minutes_per_item, likely 4)" in refused.stderr
    assert b"value: 14" in file.read_bytes()
    assert b"value: 4\n" not in file.read_bytes() != there
    assert "1 measurement taken" in taken.stdout


def test_a_share_wrong_is_not_taken_where_the_share_right_is_asked(kept: Path) -> None:
    there = (kept / "marked-pilot.yaml").read_bytes()
    result = run("actuals", "read", kept / "marked-pilot.yaml", filled(kept, {"error_rate_rag": {"Measured": "10% wrong", "When": "May 2027"}}))

    assert result.exit_code == 1
    assert "'10% wrong': 'wrong' is not understood here" in result.stderr
    assert (kept / "marked-pilot.yaml").read_bytes() == there


def test_a_sheet_in_another_unit_or_of_another_client_is_not_taken_for_ours(kept: Path) -> None:
    file, about = kept / "marked-pilot.yaml", {"When": "July 2027"}
    there = file.read_bytes()
    weekly = run("actuals", "read", file, filled(kept, {"calls_per_month": {"Measured": 1000, "Unit": "items a week", **about}}))
    dollars = run("actuals", "read", file, filled(kept, {"run_cost_rag": {"Measured": 900, "Unit": "USD a month", **about}}))
    rows = openpyxl.load_workbook(kept / "sheet.xlsx")["Measured"].iter_rows(min_row=2, values_only=True)
    other = run("actuals", "read", file, filled(kept, {row[1]: {"We told you": 3 * (row[4] or 0) + 1, "Measured": 0.5, **about} for row in rows}))
    own = run("actuals", "read", file, filled(kept, {"adoption": {"We told you": 0.31}}))
    moved = run("actuals", "read", file, filled(kept, {"review_minutes": {"What": "Items a month", "Measured": 900, "Cases": 60, "People": 3, **about}}))
    lines = {code: {"Workflow": "other-client/service-desk"} for code in (row[1] for row in openpyxl.load_workbook(kept / "sheet.xlsx")["Measured"].iter_rows(min_row=2, values_only=True))}
    theirs = run("actuals", "read", file, filled(kept, lines | {"run_cost_rag": {"Measured": 900, **about, **lines["run_cost_rag"]}}))  # what was told there may be the same
    one = run("actuals", "read", file, filled(kept, {"run_cost_rag": {"Measured": 900, **about, **lines["run_cost_rag"]}}))
    plain = run("actuals", "read", file, filled(kept, {code: {"Workflow": "service-desk"} for code in lines}))

    assert "'items a week' is not items a month, in which this is counted here" in weekly.stderr
    assert "'USD a month' is not EUR a month" in dollars.stderr
    assert "is the sheet of another engagement, as in most lines what stands under 'We told you' was never told" in other.stderr
    assert "what stands under 'We told you' was never told by this engagement" in own.stderr
    assert "'review_minutes' stands beside the words of 'calls_per_month'" in moved.stderr
    assert "was made for something else: engagement 'other-client' instead of 'sample-marked-pilot'" in theirs.stderr
    assert "'other-client' is not 'sample-marked-pilot', which is read here" in one.stderr and "does not say what it is about" in plain.stderr
    assert (theirs.exit_code, one.exit_code, plain.exit_code) == (2, 1, 0)
    assert (weekly.exit_code, dollars.exit_code, other.exit_code, own.exit_code, moved.exit_code) == (1, 1, 2, 0, 1)
    assert file.read_bytes() == there


def test_a_file_that_is_no_such_sheet_is_refused_whole(kept: Path) -> None:
    file = kept / "marked-pilot.yaml"
    there = file.read_bytes()
    (kept / "other.csv").write_text("Code,Measured\nadoption,1\n", encoding="utf-8")

    result = run("actuals", "read", file, kept / "other.csv")

    assert result.exit_code == 2
    assert "it lacks Workflow and When among its columns" in result.stderr
    assert file.read_bytes() == there


def shown(found: Visit) -> str:
    return " ".join(re.sub(r"<[^>]+>", "\n", "\n".join(map(html, return_visit(Report((found.study,), Brand()))))).split())


def test_the_visit_says_what_lies_outside_what_it_is_worth_and_what_to_decide(before: Engagement) -> None:
    found = after(before, Measured("adoption", 0.58, period="May 2027", cases=99, people=31, source="ticket system"), Measured("error_rate_rag", 0.16, period="March to May 2027", cases=200, people=4))
    chart = next(block.chart for block in return_visit(Report((found.study,), Brand())) if isinstance(block, ChartBlock))
    rows = {row[0]: row for row in chart.rows()}

    assert rows["Share that uses it"][1:5] == ("95%", "88% to 99%", "58%", "▼ below")
    assert rows["Answers right, RAG"][3:5] == ("84%", "within")
    *parts, total = (int(row[5].replace("−", "-").replace(",", "")) for row in chart.rows() if row[5])
    assert sum(parts) == total == round(found.gain.likely / 1000) - round(found.advised.told["gain"].likely / 1000)  # type: ignore[union-attr]
    words = unescape(shown(found))
    assert "measured in several periods. 1 of 2 quantities lie in the 80% range that was told; 2 would be expected" in words
    assert "Go on only while what falls short is mended: 84% right is expected, 85% is needed. Look first at what lies outside of what was told: Share that uses it." in words
    assert "200 cases; 4 people" in words and "ticket system" in words


def test_a_slide_names_what_was_measured_and_finds_no_room_on_it(before: Engagement) -> None:
    """“6 of 8 quantities lie in the range” stood over a slide of seven, five of which did."""
    values = {"error_rate_rag": 0.16, "calls_per_month": 4600, "adoption": 0.58, "share_taken": 0.7, "minutes_saved": 8, "review_minutes": 2.2, "build_cost_rag": 52_000, "run_cost_rag": 700}
    report = Report((after(before, *(Measured(name, value, period="May 2027", cases=60, people=8) for name, value in values.items())).study,), Brand())
    page, slide = (next(block.chart for block in return_visit(report, whole=whole) if isinstance(block, ChartBlock)) for whole in (True, False))

    assert sum(row[4] in ("within", "▲ above", "▼ below") for row in slide.rows()) == 7
    assert slide.subtitle.endswith("Measured too: Minutes per check.") and "Measured too" not in page.subtitle


def test_minutes_an_item_takes_are_worth_nothing_beside_minutes_saved_and_the_reason_is_given(before: Engagement) -> None:
    slow, other = (shown(after(before, Measured(name, value, period="May 2027", cases=99, people=31))) for name, value in (("minutes_per_item", 30), ("adoption", 0.58)))

    because = "worth 0, because time counts by the minutes saved per item, which were told by themselves."
    assert f"Minutes per item today: {because}" in slow and because not in other


def test_a_share_right_has_the_range_that_its_cases_leave(before: Engagement) -> None:
    row = after(before, Measured("error_rate_rag", 0.16, period="May 2027", cases=200)).study.inputs.rows["error_rate_rag"].range

    assert row and row.likely == 0.16
    assert (row.low, row.high) == pytest.approx((0.1222, 0.2069), abs=1e-3)  # Wilson, 90 %: 32 of 200


def test_a_visit_that_loses_money_says_stop_and_one_of_nothing_told_says_so(before: Engagement) -> None:
    assert "As measured it costs more than it brings in." in shown(after(before, Measured("run_cost_rag", 900_000, period="May 2027")))
    nothing = Report((worked(read(SAMPLE)),), Brand())
    assert "Nothing was told yet that could be measured" in "".join(map(html, return_visit(nothing)))


def test_a_visit_at_which_nothing_was_measured_does_not_say_that_a_way_now_gains(before: Engagement) -> None:
    told = shown(after(before))

    assert "RAG: nothing has been measured yet; we told you" in told and "now gains" not in told


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_visit_is_one_page_and_one_slide(language: str, before: Engagement, tmp_path: Path) -> None:
    measured = (Measured("adoption", 0.58, period="May 2027", cases=99, people=31), Measured("error_rate_rag", 0.16, period="May 2027", cases=200),
        Measured("build_cost_rag", 52_000, period="April 2027"))
    visited = replace(before, language=language, workflows=(replace(before.workflows[0], measured=measured),))

    made = produce(find_template("return_visit"), [job_of(visited, SAMPLE.parent)], tmp_path, ("html", "pdf", "pptx"))

    assert made.ok, made.failed
    files = {row.format: tmp_path / row.path for row in made.deliverables}
    assert len(PdfReader(files["pdf"]).pages) == 1
    assert len(Presentation(str(files["pptx"])).slides) == 2  # the cover, and the visit
    assert all(re.search(r"58\s?%", text) for text in (files["html"].read_text(encoding="utf-8"), PdfReader(files["pdf"]).pages[0].extract_text()))


def test_what_is_in_use_is_told_as_in_use_and_what_was_measured_stands_for_answers_and_is_asked_no_more(before: Engagement) -> None:
    """The sample's pilot asks to build retrieval; bills and use say that it was built."""
    flow = before.workflows[0]
    found = (Measured("build_cost_rag", 52_000, period="April 2027"), Measured("calls_per_month", 3_350, period="May 2027"), Measured("review_minutes", 3, period="May 2027", cases=60, people=3))
    later = replace(before, as_of=date(2027, 6, 1), workflows=(replace(flow, measured=found), replace(flow, id="next", after=(flow.id,))))
    used, following = studies(later, {flow.id: PILOTS[flow.id]}, draws=256)
    page = shown_on(used)

    assert (worked(before).decision.next_step.action, used.decision.next_step.action) == ("climb", "ship")
    assert used.decision.headline.startswith("In use: retrieval (RAG). With retrieval you gain about")
    assert "Go on with retrieval (RAG), and have a sample" in page and "leaves the house over 36 months for retrieval (RAG), which is in use" in page
    assert "first version" not in page and "by 27 November 2026" not in page
    assert (used.answers["calls_per_month"].amount, used.answers["calls_per_month"].note) == (Estimate.of(3_350), "measured in use: May 2027")
    assert "review_minutes" in worked(before).decision.to_ask and "review_minutes" not in used.decision.to_ask
    assert candidate(used) == Aside(flow.id, "used") and getattr(candidate(following), "after", ()) == ()


@pytest.mark.parametrize(("cost", "title"), [(100_000, "RAG now loses about €"), (100, "RAG now gains about €")])
def test_a_visit_says_of_a_loss_that_it_is_one(cost: float, title: str, before: Engagement) -> None:
    seen = after(before, Measured("run_cost_rag", cost, period="May 2027"), Measured("error_rate_rag", 0.2, period="May 2027", cases=100))

    assert _title(seen).startswith(title) and "−" not in _title(seen)
    assert seen.study.decision.next_step.why == "As measured, 80% of the answers are right (May 2027)."


@pytest.mark.parametrize(("what", "cost", "stops"), [("build_cost_rag", 2_000_000, False), ("run_cost_rag", 100_000, True)])
def test_what_a_build_has_cost_is_no_reason_to_stop(what: str, cost: float, stops: bool, before: Engagement) -> None:
    seen = after(before, Measured(what, cost, period="May 2027"), Measured("error_rate_rag", 0.1, period="May 2027", cases=100))
    told = shown(seen)

    assert seen.gain and seen.gain.likely < 0
    assert ("Stop, or change" in told) == stops == ("Or stop here" in " ".join(asks(seen.study)))
    assert ("That is spent, whatever is decided now; without it, going on gains." in told) == ("Go on, and measure again." in told) != stops


def shown_on(study: Study) -> str:
    return unescape("".join(map(html, (*summary(study), *costs(study)))))
