"""The client's report: every number is the engine's, every section is there, nothing private leaves."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from string import Formatter
from typing import Any

import nbformat
import papermill
import pytest
from hypothesis import given, settings, strategies as st
from nbformat.v4 import new_code_cell, new_notebook, new_output

from advisorkit.advice.decision import about
from advisorkit.advice.words import whole_percents
from advisorkit.export import bundles, html as page
from advisorkit.export.blocks import Block, ChartBlock, DecisionBlock, Done, Heading, KeyFigures, Table, Text
from advisorkit.export.brand import Brand
from advisorkit.export.bundles import MIME, bundle
from advisorkit.export.formats import UNSEEN
from advisorkit.export.html import render
from advisorkit.report.advice_pages import summary
from advisorkit.report.annex_pages import annex
from advisorkit.report.cost_pages import costs
from advisorkit.report.job import Report, make_report, open_job, write_job
from advisorkit.report.printed import TEXTS, lead_points, project
from advisorkit.study.documents import advice_document, cost_document
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS
from advisorkit.values.engagement import Answer, Engagement, Override, Scenario, Workflow
from advisorkit.values.messages import UsageError
from advisorkit.values.quantities import Estimate, money_short, percent, percents, sampled

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "templates" / "client_report.ipynb"
PAGES = (summary, costs)
DRAWS = 2**10


def amount(*points: float) -> Answer:
    return Answer(amount=Estimate.of(list(points) if len(points) > 1 else points[0]))


POLICY = Workflow(
    "policy", "Policy wording assistant",
    answers={
        "citations": Answer(("required",), said_by="Ms Keen", note="Legal asked for it."),
        "knowledge_change": Answer(("weekly", "monthly"), private_note="They quarrel about this."),
        "private_knowledge": Answer(("some",), confidence="guess", confirm_by=date(2026, 12, 1)),
        "corpus_tokens": amount(2e6, 5e6), "calls_per_month": amount(25e3, 40e3, 60e3), "cost_wrong": amount(3, 6, 10),
    },
    context={"problem": "Staff search 400 wordings by hand.", "success_metric": "right at first try", "target": "85 of 100"},
    assumptions={"minutes_per_item": Estimate.of([6, 9, 14]), "error_rate_today": Estimate.of([0.02, 0.04, 0.08])},
)
TRIAGE = Workflow("triage", "E-mail triage", answers={"facts_in_request": Answer(("all",)), "calls_per_month": amount(8000)})
ONE = Engagement("harbour", "Harbour Mutual", "EUR", date(2026, 11, 20), (POLICY,), sample=True)
TWO = replace(ONE, workflows=(POLICY, TRIAGE), answers={"data_class": Answer(("internal",))})


@cache
def report(id: str = "one") -> Report:
    return make_report({"one": ONE, "two": TWO}[id], draws=DRAWS)


def blocks(made: Report) -> tuple[Block, ...]:
    inner = tuple(block for view in made.workflows for page in PAGES for block in page(view))
    return (*made.cover, *made.overview, *made.protection, *inner, *made.annex, Done())


def page_of(made: Report) -> str:
    outputs = [new_output("display_data", data=bundle(block)) for block in blocks(made)]
    return unpathed(render(new_notebook(cells=[new_code_cell("", outputs=outputs)])))


def unpathed(html: str) -> str:
    """A page without the paths of its figures, which other tests read."""
    return re.sub(r"</?data\b[^>]*>", "", html)


def prose(html: str) -> str:
    """What is read on the page outside pictures and their data tables."""
    bare = re.sub(r"<(svg|details|style|head)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", bare))


def leaves(value: Any) -> Iterator[float]:
    """Every number of a JSON document."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def documents(made: Report) -> dict[str, Any]:
    """`assess --json` and `cost --json` of the same values, after a round through JSON text."""
    first = made.workflows[0].engagement
    advice = advice_document(first, made.workflows)
    cost = cost_document(first, made.workflows)
    return {"advice": json.loads(json.dumps(advice)), "cost": json.loads(json.dumps(cost))}


def test_every_amount_of_money_in_the_prose_is_in_the_json() -> None:
    made = report("two")
    values = list(leaves(documents(made)))
    allowed = {form(abs(value), "EUR") for value in values for form in (money_short, project)}

    printed = re.findall(r"€[\d.,]+(?:bn|[km])?\b", prose(page_of(made)))

    assert len(printed) > 25
    assert [word for word in printed if word.rstrip(".,") not in allowed] == []


def test_every_percentage_in_the_prose_is_in_the_json() -> None:
    made = report("two")
    found = documents(made)
    shares = [[w["patterns"][p]["probability"] for p in w["patterns"]] for w in found["advice"]["workflows"]]
    fixed = {"80%", "60%", "50%", "100%", "29%"}
    allowed = {form(v) for v in leaves(found) if 0 <= v <= 1 for form in (percent, sampled)} | {f"{n}%" for row in shares for n in percents(row)} | fixed
    allowed |= {f"{round(v * 100)}%" for view in made.workflows for flip in view.advice.flips for v in flip.shares.values()}

    printed = re.findall(r"(?:under |over )?\d+%", prose(page_of(made)))

    assert len(printed) > 20
    assert [word for word in printed if word not in allowed] == []


def test_the_four_figures_of_the_summary_are_the_engine_s() -> None:
    view = report().workflows[0]
    found = documents(report())
    advice, cost = found["advice"]["workflows"][0], found["cost"]["workflows"][0]

    shown_there = prose(page_of(report()))

    cost["money"][advice["recommended"]]
    reach = advice["decision"]["reach"][view.decision.destination]
    assert next(block.figures for block in summary(view) if isinstance(block, KeyFigures))[3].value == about(reach).removeprefix("about ")
    right = advice["decision"]["expected_right"][view.decision.destination]
    assert f"{percent(right['p50'])}  expected right with retrieval (RAG); 80% range {percent(right['p10'])} to {percent(right['p90'])}" in shown_there
    gain = view.gain(view.decision.destination)
    assert f"{'not known' if gain is None else money_short(gain, 'EUR')}  gain against today over 36 months" in shown_there
    here = next(rung for rung in advice["path"] if rung["state"] == "here")
    assert f"{project(here['build'], 'EUR')}  for a first version of the next step" in shown_there
    step = view.facts.build[advice["now"]]
    assert f"80% range {project(step.p10, 'EUR')} to {project(step.p90, 'EUR')}" in shown_there


def test_the_money_table_of_a_page_is_that_of_the_json() -> None:
    view = report().workflows[0]
    shown = next(block for block in costs(view) if isinstance(block, Table))
    rows = documents(report())["cost"]["workflows"][0]["money"]

    for column, row in zip(("today", *PATTERNS), shown.rows, strict=True):
        cells = [cell.text.replace(",", "").removeprefix("at least ") for cell in row]
        for name, cell in zip(("build", "run", "outside", "checking", "people", "staff", "wrong", "all_in"), cells[1:], strict=False):
            known = rows[column][name] is not None
            assert cell == "–" or (int(cell) == pytest.approx(rows[column][name]["likely"] / 1000, abs=2.5) if known else cell == "not known")


def test_every_section_of_the_report_is_there() -> None:
    headings = [block.text if isinstance(block, Heading) else block.said for block in blocks(report()) if isinstance(block, Heading | DecisionBlock)]

    for part in ("What speaks for it", "What would change the advice", "What we ask you to decide", "Each further step waits for a marked result",
                 "What we were told", "What it is not, and why", "The tests of each step", "When to look again", "What the figures rest on",
                 "How the advice is worked out", "Sources"):
        assert headings.count(part) == 1, part


def test_the_report_has_each_of_its_charts_once_a_workflow() -> None:
    kinds = [type(block.chart).__name__ for block in blocks(report("two")) if isinstance(block, ChartBlock)]

    assert Counter(kinds) == dict.fromkeys(("BeliefMap", "PathStairs", "Curves", "Tornado"), 2)


def test_all_four_patterns_and_today_have_their_costs_side_by_side() -> None:
    table = next(block for block in costs(report().workflows[0]) if isinstance(block, Table))

    assert [row[0].text for row in table.rows] == ["Today, by people", "Prompt", "RAG", "Fine-tune", "Hybrid"]


def test_several_workflows_get_an_overview_and_a_section_each() -> None:
    html = page_of(report("two"))

    assert re.search(r"<h2>Approve €\d+k now: about €\d+k in 36 months from 1 of 2 workflows</h2>", html)
    assert [f'<p class="part">{name}</p>' in html for name in ("Policy wording assistant", "E-mail triage")] == [True, True]
    assert 'aria-label="Contents"' in html


def test_the_overview_prices_no_pattern_where_something_simpler_is_advised() -> None:
    simple = replace(POLICY, answers={**POLICY.answers, "simpler_system": Answer(("yes",))})
    made = make_report(replace(TWO, workflows=(simple, TRIAGE)), draws=DRAWS)

    table = next(block for block in made.overview if isinstance(block, Table))
    (only,) = ([cell.text for cell in row] for row in table.rows)
    assert only[0].startswith("1 E-mail triage") and "%" in only[2]
    assert any("Not begun: Policy wording assistant. Fixed rule." in line for block in made.overview if isinstance(block, Text) for line in block.paragraphs)


def test_one_workflow_gets_no_overview() -> None:
    assert report().overview == ()
    assert "Programme" not in page_of(report())


def test_what_is_private_never_leaves() -> None:
    html = page_of(report())

    assert "Legal asked for it." in html
    assert "Ms Keen" not in html
    assert "quarrel" not in html


def test_states_of_answers_are_told() -> None:
    told = next(block for block in annex(report().workflows) if isinstance(block, Table) and block.head[-1].text == "Remark")
    remarks = {row[0].text: row[2].text for row in told.rows}

    assert remarks["Private facts"] == "a guess; to be confirmed by 1 December 2026"
    assert remarks["Knowledge changes"] == "people disagree"


def test_a_cost_that_is_not_known_is_said_to_be_unknown() -> None:
    bare = replace(ONE, workflows=(Workflow("bare", "Bare"),))

    shown_there = prose(page_of(make_report(bare, draws=DRAWS)))

    assert "not known  gain against today over 36 months; ask for Items a month" in shown_there
    assert "nan" not in shown_there.lower()
    assert "None" not in shown_there


def test_a_person_s_decision_stands_beside_the_advice() -> None:
    decided = replace(POLICY, override=Override("prompt", "The board wants to start now.", "The board"))

    made = make_report(replace(ONE, workflows=(decided,)), draws=DRAWS)

    first = summary(made.workflows[0])[0]
    assert isinstance(first, DecisionBlock)
    assert first.override == "The board decided for Prompt: The board wants to start now. The advice beside it stays as computed."
    assert first.said == summary(report().workflows[0])[0].said  # type: ignore[union-attr]


@settings(max_examples=6, deadline=None)
@given(st.text(st.sampled_from("<>&\"'{}%\\@;/*=xy "), min_size=1, max_size=40).filter(str.strip))
def test_hostile_words_of_a_client_stay_words_on_every_page(words: str) -> None:
    view = report().workflows[0]
    workflow = replace(POLICY, name=words, context={"problem": words}, notes={"citations": words})
    hostile = replace(view, workflow=workflow, engagement=replace(ONE, client=words, workflows=(workflow,)))

    html = page_of(Report((hostile,), Brand()))

    assert unescape(re.sub(r"\s+", " ", html)).count(re.sub(r"\s+", " ", words).strip()) >= 1
    assert not re.search(
        r"<(?!/?(?:html|head|meta|title|style|body|header|main|section|nav|h[1-3]|p|b|br|ul|ol|li|a|dl|dt|dd|div|span|table|thead|tbody|tr|t[hd]|caption|data|figure|figcaption|details"
        r"|summary|svg|path|g|text|!doctype)\b)[a-z!]", html,
    )


def test_a_scenario_is_laid_over_the_base_case(tmp_path: Path) -> None:
    busy = replace(ONE, scenarios={"busy": Scenario(answers={"calls_per_month": amount(400e3)})})
    write_job(tmp_path / "job.json", busy, scenario="busy", draws=DRAWS)

    made = open_job(str(tmp_path / "job.json"))

    known = made.workflows[0].inputs.rows["calls_per_month"].range
    assert known is not None
    assert known.likely == 400e3




def test_a_job_read_back_gives_the_same_report(tmp_path: Path) -> None:
    write_job(tmp_path / "job.json", TWO, draws=DRAWS, brand=Brand(name="Elm"))

    made = open_job(str(tmp_path / "job.json"))

    assert made.brand.name == "Elm"
    assert [blocks_of(view) for view in made.workflows] == [blocks_of(view) for view in report("two").workflows]


def blocks_of(view: Study) -> list[Block]:
    return [block for page in PAGES for block in page(view)]


@pytest.mark.parametrize(("content", "message"), [("", "has no job yet"), ("{}", "is not a job file"), ("nonsense", "is not a job file")])
def test_what_is_no_job_is_refused_in_one_clear_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "job.json"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(UsageError, match=message):
        open_job(str(file) if content else "")


def test_an_unknown_option_or_scenario_is_refused_when_the_job_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown option colour"):
        write_job(tmp_path / "job.json", ONE, colour="red")
    with pytest.raises(UsageError, match="no scenario 'busy'"):
        write_job(tmp_path / "job.json", ONE, scenario="busy")
    assert not (tmp_path / "job.json").exists()


def test_the_template_holds_no_client_and_no_logic() -> None:
    notebook = nbformat.read(TEMPLATE, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert [cell.source for cell in code if "parameters" in cell.metadata.get("tags", [])] == ["job = ''"]
    assert max(len(cell.source.splitlines()) for cell in code) <= 5
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any("attachments" in cell for cell in notebook.cells)
    assert code[-1].source == "done()"


def test_papermill_executes_the_template_and_the_page_is_the_one_made_directly(tmp_path: Path) -> None:
    write_job(tmp_path / "job.json", ONE, draws=DRAWS)

    executed = papermill.execute_notebook(
        TEMPLATE, None, {"job": str(tmp_path / "job.json")}, kernel_name="python3", progress_bar=False, cwd=ROOT
    )

    assert unpathed(render(executed)) == page_of(report())


def counted(monkeypatch: pytest.MonkeyPatch, name: str, *modules: object) -> Counter[int]:
    """How often each value goes through the function called `name`, which every one of `modules` holds."""
    found, whole = Counter[int](), getattr(modules[0], name)

    def counting(value: object, *args: object, **values: object) -> object:
        found[hash(value)] += 1
        return whole(value, *args, **values)

    for module in modules:
        monkeypatch.setattr(module, name, counting)
    return found


def test_in_a_batch_every_block_and_every_chart_is_drawn_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_job(tmp_path / "job.json", ONE, draws=256)
    template, shown = nbformat.read(TEMPLATE, as_version=4), list[Any]()  # type: ignore[no-untyped-call]
    monkeypatch.setenv(UNSEEN, "yes")
    monkeypatch.setattr(bundles, "display", lambda data, metadata=None, **_: shown.append(new_output("display_data", data=data, metadata=metadata or {})))
    drawn, charts = counted(monkeypatch, "html", bundles, page), counted(monkeypatch, "svg", bundles)

    cells = [cell.source for cell in template.cells if cell.cell_type == "code"]
    exec("\n".join(cells).replace("job = ''", f"job = {str(tmp_path / 'job.json')!r}"), {})
    page.render(new_notebook(cells=[new_code_cell("", outputs=shown)]))

    for_all = [output for output in shown if not output.metadata]
    assert sum(drawn.values()) == len(for_all) - 1  # done() draws nothing
    assert sum(charts.values()) == sum(MIME[ChartBlock] in output.data for output in for_all) == 5
    assert set(charts.values()) == {1}


def test_a_report_on_one_workflow_is_small() -> None:
    assert len(page_of(report()).encode()) < 70_000


def test_every_sentence_is_used_and_every_used_sentence_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "advisorkit" / "report").glob("*.py"))
    families = {re.sub(r"\{[^}]*\}", "*", key) for key in re.findall(r'f"([a-z_]+\.[^"\s]*\{[^"\s]*)"', code)}
    patterns = [re.compile(re.escape(family).replace(r"\*", ".+")) for family in families]

    quoted = set(re.findall(r"""["']([a-z_.]+)["']""", code))
    unused = [key for key in TEXTS.all if key not in quoted and not any(p.fullmatch(key) for p in patterns)]
    plain = [key for key in re.findall(r'(?<!TEXTS\.)\b(?:say|columns)\(\s*"([^"]+)"', code) if key not in TEXTS.all]

    assert unused == []
    assert plain == []


def test_sentences_have_only_named_places() -> None:
    for sentence in TEXTS.all.values():
        assert all(name.isidentifier() for _, name, _, _ in Formatter().parse(sentence) if name is not None)


@given(st.lists(st.floats(0.001, 1), min_size=4, max_size=4))
def test_printed_chances_add_up_and_are_never_falsely_certain(weights: list[float]) -> None:
    total = sum(weights)
    chances = dict(zip(("prompt", "rag", "finetune", "hybrid"), (w / total for w in weights), strict=True))

    whole = whole_percents(chances)  # type: ignore[arg-type]

    assert sum(whole.values()) == 100
    assert all(0 < part < 100 for part in whole.values())


def test_a_lead_never_contradicts_its_threshold() -> None:
    close = {"prompt": 0.4503, "rag": 0.5497, "finetune": 0.0, "hybrid": 0.0}
    made = replace(report().workflows[0].decision, chances=whole_percents(close), destination="rag")  # type: ignore[arg-type]

    words = lead_points(made, 0.0994, 0.1)

    assert words == "9.9 points"
