"""What a consultant holds in a notebook: short texts, still pictures, parts, figures, and what an edit changed."""

from __future__ import annotations

import inspect
import re
import shutil
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import HBox, Widget

import advisorkit as ak
from advisorkit.report.advice_pages import summary
from advisorkit.screens.advising import charted
from advisorkit.screens.screen import screen_of
from advisorkit.store import samples
from advisorkit.values.messages import UsageError
from advisorkit.values.quantities import money_short

HARBOUR = Path(__file__).parent / "browser" / "harbour.yaml"
PARTS = (
    "question", "questions", "workflows", "answers", "advice", "shares", "right", "map", "reasons", "flips", "path", "scenarios", "assumptions", "costs", "curves", "tornado", "pilot",
    "portfolio", "deliver", "bar", "client", "brief",
)  # fmt: skip
CHARTS = {"map": "map", "shares": "shares", "reasons": "waterfall", "flips": "flips", "path": "path", "costs": "ranges", "curves": "curves", "tornado": "tornado"}


@pytest.fixture
def work(tmp_path: Path) -> ak.Work:
    shutil.copy(HARBOUR, tmp_path / "harbour.yaml")
    return ak.open(tmp_path / "harbour.yaml")


def test_what_a_notebook_needs_is_offered_and_nothing_else() -> None:
    assert dir(ak) == ["Work", "__version__", "layouts", "open", "screen"]


def test_every_value_is_told_on_one_line_of_at_most_200_letters(work: ak.Work) -> None:
    study = work.judged()
    made = (study, study.decision, study.bill, study.inputs, study.plan, work.assess().belief, work.state, work.ui, work.figures)
    for value in (work, work.assess(), work.cost(), work.engagement, work.state.current, work.assume(engineer_day_rate=900), *made):
        assert len(repr(value)) <= 200 and "\n" not in repr(value) and " object at " not in repr(value)


def test_every_value_has_a_still_picture_that_asks_for_nothing(work: ak.Work) -> None:
    for value in (work, work.assess(), work.cost(), work.engagement, work.state.current, work.judged(), work.answer(citations="no")):
        shown = value._repr_html_()
        assert not re.search(r"<script|(?:src|href)=|url\(|@import", shown)
        assert len(re.findall(r"<div", shown)) == len(re.findall(r"</div>", shown)) > 0


def test_the_picture_of_a_session_is_what_was_decided(work: ak.Work) -> None:
    made, shown = work.judged().decision, work._repr_html_()

    assert made.headline in shown and f"{made.chances[made.destination]}%" in shown


def test_an_edit_answers_with_before_and_after_and_stands_in_a_box(work: ak.Work) -> None:
    old = work.judged().costs.columns["rag"].build
    changed = work.assume(engineer_day_rate=(1700, 1900, 2200))

    assert HBox([changed]).children == (changed,)
    told = {name: (before, after) for name, before, after in changed.rows}
    assert told["Engineer day rate"][1] == "1,700 / 1,900 / 2,200 € a day"
    assert told["RAG, build"][0] != told["RAG, build"][1] and old.p50 < work.judged().costs.columns["rag"].build.p50
    assert work.judged().decision.headline == changed.headline


def test_what_changed_is_told_once_and_one_of_a_thing_as_one(work: ak.Work) -> None:
    work.answer(integration_count=0)
    told = work.answer(integration_count=1).rows
    assert [row for row in told if row[0] == "Systems to connect"] == [("Systems to connect", "0 systems", "1 system")]
    assert next(row[2] for row in work.assume(horizon_months=1).rows if row[0] == "Horizon") == "1 month"


def test_keeping_tells_what_was_tried_against_what_was_agreed(work: ak.Work) -> None:
    tried = work.assume(engineer_day_rate=(700, 900, 1200))

    assert work.keep().rows == tried.rows
    assert repr(work.keep()) == "Nothing changed."


def test_several_answers_by_name_are_taken_together_or_not_at_all(work: ak.Work) -> None:
    work.answer(citations="no", source_form="records")
    assert {work.state.current.answers[name].levels for name in ("citations", "source_form")} == {("no",), ("records",)}

    before = work.state
    with pytest.raises(UsageError, match="Did you mean records"):
        work.answer(citations="required", source_form="recrods")
    assert work.state == before


def test_names_of_criteria_and_assumptions_are_completed_and_explained(work: ak.Work) -> None:
    assert {"citations", "knowledge_change"} <= set(inspect.signature(work.answer).parameters)
    assert "engineer_day_rate: Engineer day rate, " in inspect.getdoc(work.assume)
    shell = InteractiveShell.instance()
    shell.user_ns["work"] = work
    with provisionalcompleter():
        assert [found.text for found in shell.Completer.completions("work.assume(engineer_d", 22)] == ["engineer_day_rate="]


def test_every_part_is_a_widget_and_shows_what_a_screen_shows(work: ak.Work) -> None:
    placed = [getattr(work.ui, name)() for name in PARTS]
    shown, screens = work.ui._screen.view, {name: part for section in ak.layouts for name, part in _view(work, section).items()}

    assert all(isinstance(part, Widget) for part in placed)
    assert {name for name in shown if name != "bar"} == set(screens) - {"bar", "blocks notes", "chart cheapest"}
    for name in shown.keys() & screens.keys() - {"bar"}:
        assert shown[name] == screens[name], name


def _view(work: ak.Work, section: str) -> dict[str, object]:
    return dict(screen_of(work, section).view)


def test_parts_follow_an_edit_of_a_cell(work: ak.Work) -> None:
    work.ui.advice()
    work.ui.answers()
    before = dict(work.ui._screen.view)
    work.answer(source_form="records")

    assert work.ui._screen.view["answers"] != before["answers"]
    assert "".join(run["text"] for run in work.ui._screen.view["advice"]["headline"]) == work.judged().decision.headline


def test_parts_of_one_group_of_assumptions_hold_that_group_alone(work: ak.Work) -> None:
    work.ui.assumptions("people")

    placed = set(work.ui._screen.view)
    work.ui._screen.edit("workflow", {"id": work.state.workflow, "section": "portfolio"})
    work.ui._screen.edit("section", {"name": "pilot"})
    assert set(work.ui._screen.view) == placed, "a turn to another workbook takes no part away that was placed"
    rows = work.ui._screen.view["assumptions people"]["rows"]
    assert {work.judged().inputs.rows[row["name"]].assumption.topic for row in rows} == {"people"}
    with pytest.raises(UsageError, match="no group 'bild' of assumptions; there is volume"):
        work.ui.assumptions("bild")


def test_a_copied_layout_with_a_part_moved_is_a_screen_of_its_own(work: ak.Work) -> None:
    box, _, right = ak.layouts["assessment"]
    mine = (box, ("ak-left", "answers", "question"), right)

    assert ak.screen(work, "assessment", mine) is ak.screen(work, "assessment", mine) is not ak.screen(work, "assessment")
    with pytest.raises(UsageError, match="no part 'chart maps'; did you mean chart map"):
        ak.screen(work, "assessment", (box, "chart maps"))


def test_the_figure_of_the_portfolio_shows_the_gains_of_its_table(tmp_path: Path) -> None:
    for name in ("marked-pilot.yaml", "marked-pilot.csv"):
        shutil.copy(samples.path("marked-pilot").with_name(name), tmp_path)
    work = ak.open(tmp_path / "marked-pilot.yaml")
    work.add_workflow("Nothing known")
    study = work.judged("service-desk")
    said = " ".join(one.text for one in work.figures.portfolio().layout.annotations).replace("\u00a0", " ")

    assert money_short(study.gain(study.decision.destination) or 0, "EUR") in said
    assert "Nothing known" in said and "not known" in said


@pytest.mark.parametrize("name", CHARTS)
def test_figures_are_those_of_the_cards(work: ak.Work, name: str) -> None:
    figure, chart = getattr(work.figures, name)(), charted(CHARTS[name], work.judged())

    assert chart.title in figure.layout.title.text and figure.layout.meta["alt"] == chart.alt
    assert figure.layout.template.layout.font.family.startswith("Helvetica")


def test_shares_of_the_figure_are_the_chances_of_the_decision(work: ak.Work) -> None:
    advice = work.assess()
    drawn = [value for trace in work.figures.shares().data for value in trace.x]

    assert sorted(drawn) == pytest.approx(sorted(found.probability for found in advice.patterns.values()))


def test_answers_are_a_table_in_words(work: ak.Work) -> None:
    table = work.answers

    assert list(table.index) == list(work.judged().answers) and table.loc["citations", "in words"] == "Required"


def test_what_is_always_asked_is_asked_after_enough_and_the_rest_on_demand(work: ak.Work) -> None:
    """Everything is answered with unknown: money, time and responsibility come all the same, then a choice to ask on."""
    screen = screen_of(work, "assessment")
    core = {name for name, one in work.judged().catalog.criteria.items() if one.core and not one.derived}
    met = set()
    while (asked := screen.view["question"]["asked"]) is not None:
        met.add(asked["criterion"])
        screen.edit("answer", {"criterion": asked["criterion"], "value": "unknown"})

    assert not set(work.judged().decision.to_ask) & core and {"budget", "deadline_weeks"} <= met
    assert screen.view["question"]["stop"]["on"] == "Ask on"
    screen.edit("ask_on", {})
    assert screen.view["question"]["asked"]["criterion"] in set(work.judged().decision.to_ask)


def test_the_numbers_above_the_list_of_questions_add_up_and_any_can_be_taken_up(work: ak.Work) -> None:
    work.answer(knowledge_change=["weekly", "daily"])
    work.answer("budget", "unknown")
    work.park("deadline_weeks")
    screen = screen_of(work, "assessment")
    listed = screen.view["questions"]
    rows = [row for topic in listed["topics"] for row in topic["rows"]]
    total, *counts = map(int, re.findall(r"\d+", f"{listed['title']} {listed['tally']}"))

    assert total == sum(counts) == len(rows)
    assert {row["criterion"]: row["mark"] for row in rows}.items() >= {"knowledge_change": "≠", "budget": "?", "deadline_weeks": "‖", "citations": "✓"}.items()
    assert listed["tally"] in str(screen_of(work, "deliver").view["blocks deliver"])
    assert f"{counts[-1] + 1} questions are still to ask" in str(summary(work.judged())), "the report, to which a parked question is one more"
    screen.edit("ask", {"criterion": "deadline_weeks"})
    assert screen.view["question"]["asked"]["criterion"] == screen.view["questions"]["asked"] == "deadline_weeks"


@pytest.mark.parametrize("answers", ["{}", "{corpus_tokens: 30000}", "{calls_per_month: 1000}"])
def test_a_session_begins_with_hardly_an_answer_on_every_screen(tmp_path: Path, answers: str) -> None:
    text = f"advisorkit: 1\nclient: Acme (sample)\ncurrency: EUR\nas_of: 2026-11-20\nworkflows: [{{id: w, name: Work, answers: {answers}}}]\n"
    (tmp_path / "acme.yaml").write_text(text)
    work = ak.open(tmp_path / "acme.yaml")

    for section in ak.layouts:
        assert _view(work, section)["bar"]["client"] == "Acme (sample)"
    for name in PARTS:
        assert isinstance(getattr(work.ui, name)(), Widget)
    assert work._repr_html_() and work.cost()._repr_html_()


def test_frames_hold_the_values_of_the_cards_with_their_units(work: ak.Work) -> None:
    study, row, bill = work.judged(), work.portfolio.loc["policy-wording"], work.bill[work.bill["column"] == "rag"]
    assert abs(row["chance (0 to 1)"] * 100 - study.decision.chances["rag"]) < 1  # whole per cents of four patterns add up to 100
    assert row["P50 (EUR over 36 months)"] == study.costs.columns["rag"].total.p50
    for phase in ("build", "run"):
        assert bill[bill["phase"] == phase]["amount (EUR over 36 months)"].sum() == pytest.approx(study.bill.total("rag", phase))
    belief = study.advice.belief
    assert belief.prior[0] + work.evidence["retrieval (decibans)"].sum() == pytest.approx(belief.retrieval_decibans)
    assert work.assumptions.loc["engineer_day_rate", "likely"] == study.inputs.rows["engineer_day_rate"].range.likely
    assert work.answers.loc["citations", "in words"] == "Required"
