"""The bake-off: planted tasks whose winner is known, the split, failures that never count as wrong, and what follows in the engagement."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from command_line import run as command
from figures import prints, uncited, value_at
from planted import ENGAGEMENT, PRODUCTS, TASKS, Scripted, items, leaking, trial
from scripted_server import EMPTY, FAULTS, TOO_MANY, TRUNCATED, WRONG_USAGE, Said, ScriptedServer, scripted

from advisorkit.bakeoff.compared import compared, read_trial
from advisorkit.bakeoff.model import Caller, UnansweredError
from advisorkit.bakeoff.running import _Run, run
from advisorkit.bakeoff.texts import Corpus, gathered, read_texts
from advisorkit.bakeoff.trial import Item, keep, kept, read_sample, sampled
from advisorkit.bakeoff.ways import Ways
from advisorkit.export.blocks import Table
from advisorkit.export.brand import Brand
from advisorkit.files.disk import alone
from advisorkit.intake.outgoing import Endpoint
from advisorkit.pilots.results import read_results
from advisorkit.report.advice_pages import summary
from advisorkit.report.job import Report
from advisorkit.report.pilot_pages import result
from advisorkit.report.short_documents import slides
from advisorkit.report.visit_pages import return_visit
from advisorkit.store.reading import read
from advisorkit.study.documents import advice_document
from advisorkit.study.pilots import pilots_of, study_at
from advisorkit.study.returning import told
from advisorkit.values.engagement import Answer, Engagement
from advisorkit.values.messages import EngagementError
from advisorkit.values.prices import TokenPrices
from advisorkit.values.quantities import Estimate


@pytest.mark.parametrize(("task", "recommended"), [("facts", "rag"), ("manner", "finetune"), ("both", "hybrid")])
def test_decision_and_bill_follow_the_planted_pattern(task: str, recommended: str, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(ENGAGEMENT, encoding="utf-8")
    planned = trial(1, 24, ("zero", "rag", "tuned", "both"))
    folder = keep(planned, file).parent

    run(planned, Scripted(**TASKS[task][1]), folder)
    found = compared(kept(file), folder)
    after = read_trial(found, read(file), file, 0.8)

    study = study_at(after, "tariffs", file)
    assert found.chosen == TASKS[task][0]
    assert [one.trial for one in after.workflows[0].pilots] == [planned.id] * 4
    assert after.workflows[0].pilots[-1].pattern == recommended
    assert (study.decision.now, study.advice.recommended) == (recommended, recommended)
    told = [len(one.output.split()) for one in read_results(folder / "logs" / f"{found.chosen}.json").marks]
    assert study.inputs.rows["output_tokens"].value.likely == pytest.approx(sum(told) / len(told))
    assert not [one.case for one in planned.sample.tried if one.input in (folder / "training.jsonl").read_text(encoding="utf-8")]
    if task == "facts":
        flow = after.workflows[0]
        needed = (Answer(amount=Estimate.of(0.2)), Answer(("under_1",)))
        warned = [study_at(after.having(replace(flow, answers={**flow.answers, "latency_s": one})), "tariffs", file).decision.warnings for one in needed]
        assert [sum("took 0.5 seconds on average; it is needed within 0.2." in line for line in lines) for lines in warned] == [1, 0]
        _told(after, file)


def test_a_prompt_that_needed_all_texts_is_advised_with_them_and_a_search_that_was_no_better_beside_it_is_not_added(tmp_path: Path) -> None:
    """A prompt with all texts had 24 of 24 right and a search as many: “a good prompt with examples” was advised, then a search for money."""
    file = tmp_path / "acme.yaml"
    file.write_text(ENGAGEMENT.replace("20000", "20000, value_right: 2, cost_wrong: 5"), encoding="utf-8")
    planned = trial(1, 24, ("zero", "corpus", "rag"))
    run(planned, Scripted(facts=True, able=1, unable=0), keep(planned, file).parent)

    study = study_at(read_trial(compared(planned, keep(planned, file).parent), read(file), file, 0.8), "tariffs", file)

    assert [(one.way, one.right.hits) for one in study.tried] == [("rag", 24), ("corpus", 24)]
    assert "".join(words for words, _ in study.decision.runs[0]) == "Put a good prompt with all texts into use."
    assert "adding search" not in study.advice.next_step.why


def test_where_no_way_is_ever_right_none_of_them_is_advised(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(ENGAGEMENT, encoding="utf-8")
    planned = trial(1, 40, ("zero", "fixed", "tuned"))
    run(planned, Scripted(able=0, unable=0), keep(planned, file).parent)

    study = study_at(read_trial(compared(planned, keep(planned, file).parent), read(file), file, 0.8), "tariffs", file)
    decision, (told,) = study.decision, advice_document(study.engagement, [study])["workflows"]

    assert "training a model, was tried on the same cases and was right in 0%" in decision.next_step.why
    assert (decision.next_step.action, decision.headline) == ("stop", "Stop here.")
    assert (decision.destination, decision.sure, told["clear"], told["decision"]["clear"]) == ("prompt", "stop", False, False)  # training was tried in vain


def _told(after: Engagement, file: Path) -> None:
    """The report, the board's deck, the review and the return visit tell the trial way by way, in both languages, each figure with its path, wherever a job keeps the marks."""
    flow = after.workflows[0]
    elsewhere = tuple(replace(one, file=shutil.copy(file.parent / one.file, file.parent / f"{n}.json").name) for n, one in enumerate(flow.pilots))
    found = pilots_of(after.having(replace(flow, pilots=elsewhere)), file)["tariffs"]
    for language, name in (("en", "Retrieval (RAG)"), ("de", "Suche (RAG)")):
        engagement = told(replace(after, language=language), [study_at(after, "tariffs", file)])
        study = replace(study_at(engagement, "tariffs", file), pilot=found, language=language, cited=True)
        values = advice_document(engagement, [study])
        for page in (summary(study), slides(Report((study,), Brand())), result(study), return_visit(Report((study,), Brand()))):
            table = next(block for block in page if isinstance(block, Table) and len(block.head) == 6)
            cells = [cell.text for row in table.rows for cell in row[1:]]
            assert (table.rows[-1][0].text, len(table.rows)) == (name, 4)
            assert [cell for cell in cells if uncited(cell)] == []
            cited = [(words, value_at(values, path)) for cell in cells for words, path in getattr(cell, "figures", ())]
            assert len(cited) >= 18
            assert [one for one in cited if language == "en" and one[0].lstrip("−") not in prints(one[1], "EUR")] == []


def test_doubles_and_near_doubles_stand_on_one_side_and_shares_are_kept() -> None:
    base = [Item(str(i), one.input, one.case.split("-")[1]) for i, one in enumerate(items())]
    near = [Item(f"{one.case}b", one.input.upper().replace("TARIFF", "TARIF"), one.expected) for one in base[::2]]

    found = sampled([*base, *near], None, 48, 3)

    assert leaking(found, [one.input for one in found.shown]) == []
    assert len(found.shown) + len(found.tried) == 120
    assert found.scoring == "label"
    # 48 of 120 is 0.4 of each region, and pairs go whole
    counts = {label: sum(one.expected == label for one in found.tried) for label in found.labels}
    assert all(abs(count - 0.4 * sum(one.expected == label for one in (*base, *near))) <= 2 for label, count in counts.items())


def test_answers_that_differ_in_every_case_are_drawn_by_segment_and_rare_labels_keep_their_share() -> None:
    apart = [replace(one, expected=f"{i:02}", segment="ab"[i % 4 == 0]) for i, one in enumerate(items())]

    tried = sampled(apart, None, 40, 1).tried

    assert sum(one.segment == "b" for one in tried) == 10
    assert 10 <= sum(int(one.expected) < 40 for one in tried) <= 30
    rare = sampled([replace(one, expected="rare" if i % 10 == 0 else "usual") for i, one in enumerate(items())], None, 40, 1)
    assert [sum(one.expected == "rare" for one in part) for part in (rare.tried, rare.shown)] == [4, 4]


def test_a_double_of_a_given_test_case_is_left_out_of_what_may_be_shown(tmp_path: Path) -> None:
    rows = [("train" if i % 2 else "test", one.input, one.case.split("-")[1]) for i, one in enumerate(items())]
    rows.append(("train", items()[0].input.lower(), "north"))
    (tmp_path / "s.csv").write_text("part,input,expected\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")

    found = read_sample(tmp_path / "s.csv", Corpus())

    assert (len(found.tried), found.doubles) == (40, 1)
    assert leaking(found, [one.input for one in found.shown]) == []


@pytest.mark.parametrize(
    "heads",
    [
        ("Question", "Answer"), ("Text", "Label"), ("user_message", "assistant_message"), ("Frage", "Richtige Antwort"), ("Nachricht", "Kategorie"), ("prompt", "expected_output"),
        ("Kundenanfrage", "Antwort"), ("query", "Ground truth", "Product line", "Source"), ("Anliegen", "Musterantwort", "Sparte", "Fundstelle"),
    ],
)  # fmt: skip
def test_headings_of_english_and_german_tables_are_known_and_a_plan_says_what_they_were_taken_for(heads: tuple[str, ...], tmp_path: Path) -> None:
    rows = [(one.input, one.case.split("-")[1], one.case.split("-")[0], f"The {one.case} plan.")[: len(heads)] for one in items()]
    file, table = tmp_path / "acme.yaml", tmp_path / "s.csv"
    file.write_text(ENGAGEMENT, encoding="utf-8")
    table.write_text(";".join(("Nr", *heads)) + "\n" + "".join(";".join((str(i), *row)) + "\n" for i, row in enumerate(rows)), encoding="utf-8")

    found = read_sample(table, Corpus())
    planned = json.loads(command("bakeoff", "plan", file, "--sample", table, "--json").stdout)

    meant = ("input", "expected", "segment", "passage")[: len(heads)]
    assert (found.scoring, len(found.tried), dict(found.columns)) == ("label", 40, {"Nr": "case"} | dict(zip(heads, meant, strict=True)))
    assert {tuple(getattr(one, name) for name in meant) for one in (*found.tried, *found.shown)} == {*rows}
    assert planned["columns"] == dict(found.columns)


def test_an_answer_beside_a_right_one_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("question,answer,label\n" + "".join(f"{one.input},what it said,{one.case.split('-')[1]}\n" for one in items()), encoding="utf-8")

    assert {one.expected for one in read_sample(tmp_path / "s.csv", Corpus()).tried} <= {"north", "southern", "eastside", "wessex", "centre", "lagoon", "uplands", "islands"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("question,right\na,b\n", "holds 1 case; under 20"),
        ("expected\nb\n", "the column 'input' is missing"),
        ("input,expected\n" + "".join(f"is it {i} or not,yes\n" for i in range(30)), "every case has the same right answer"),
        ("input,expected\n" + "".join(f"is it {i} or not,{'yes' if i % 3 else ''}\n" for i in range(30)), "of 30 cases, 10 lack a right answer"),
        ("input,expected\n" + "".join(f"the long request that every customer sends in the very same words each day {i},{i % 3}\n" for i in range(30)), "leaves 0 cases to be tried"),
        ("case,input,expected\n" + "".join(f"1,is it {i} or not,{i % 3}\n" for i in range(30)), "the case 1 is there twice"),
        ("input,expected,passage\n" + "".join(f"is it {i} or not,{i % 3},Price list.pdf\n" for i in range(30)), "names files that no --texts hold: Price list.pdf"),
        ('[{"input": "is it"}]', "write one case a line"),
        ("input,expected\n" + "".join(f"is it {i} or not,{i % 3}\n" for i in range(30)), "every right answer has to be a JSON object"),
    ],
)
def test_a_sample_that_can_tell_nothing_is_refused_in_words(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(content, encoding="utf-8")

    with pytest.raises(EngagementError) as caught:
        read_sample(tmp_path / "s.csv", Corpus(), scoring="fields" if "JSON object" in said else None)

    assert any(said in str(fault) for fault in caught.value.faults)


def test_texts_are_read_by_kind_with_doubles_and_scans_named(tmp_path: Path) -> None:
    from docx import Document

    (tmp_path / "a.txt").write_text("The office closes at six on every day of the week.", encoding="utf-8")
    (tmp_path / "b.md").write_text("The office closes at six, on every day of the week!", encoding="utf-8")
    (tmp_path / "c.html").write_text("<title>x</title><script>no()</script><p>Cards are sent by post within five days.", encoding="utf-8")
    document = Document()
    document.add_paragraph("Loans are paid back monthly over ten years.")
    document.save(str(tmp_path / "d.docx"))
    (tmp_path / "e.pdf").write_bytes(blank_pdf())
    for left in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / left).write_bytes(b"x")

    found = read_texts(tmp_path)

    assert (found.files, found.doubles, found.scans, found.language) == (5, {"b.md": "a.txt"}, ("e.pdf",), "english")
    assert [one.file for one in found.passages] == ["a.txt", "c.html", "d.docx"]
    assert "no()" not in found.passages[1].text
    (tmp_path / "f.xls").write_bytes(b"x")
    with pytest.raises(EngagementError, match="is of a kind that is not read"):
        read_texts(tmp_path)
    with ZipFile(tmp_path / "f.docx", "w", ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b" " * 120_000_000)
    (tmp_path / "g.txt").symlink_to(tmp_path.parent)
    (tmp_path / "h.txt").symlink_to(__file__)
    for said in ("f.docx: unpacks to 120 MB", "h.txt: leads out of the folder"):
        with pytest.raises(EngagementError, match=said):
            read_texts(tmp_path)
    (tmp_path / "scans").mkdir()
    (tmp_path / "e.pdf").rename(tmp_path / "scans" / "e.pdf")
    for name, said in (("scans", "holds pictures of text and no text: e.pdf"), ("nowhere", "there is no such folder")):
        with pytest.raises(EngagementError, match=said):
            read_texts(tmp_path / name)


def test_cases_come_in_json_lines_and_a_passage_in_a_double_is_that_of_the_first(tmp_path: Path) -> None:
    rows = [{"Input": one.input, "expected": {"region": one.case.split("-")[1]}, "passage": "b.txt"} for one in items()[:40]]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    found = read_sample(tmp_path / "s.jsonl", gathered({"a.txt": "Every plan has a tariff of its own.", "b.txt": "Every plan has a tariff of its own!"}))

    assert (found.scoring, found.fields, len(found.tried)) == ("fields", ("region",), 20)
    assert Ways(replace(trial(1), sample=found)).written('{"region": 7}') == '{"region": "7"}'  # as the schema asks for it
    assert {one.passage for one in (*found.tried, *found.shown)} == {"a.txt"}


def blank_pdf() -> bytes:
    from io import BytesIO

    from pypdf import PdfWriter

    stream, writer = BytesIO(), PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(stream)
    return stream.getvalue()


BROKEN = FAULTS | {"wrong usage": WRONG_USAGE}
CAUSES = {"401": "key", "429": "busy", "503": "busy", "html": "page", "overflow": "long", "truncated": "cut", "empty": "empty", "slow": "slow", "wrong usage": "usage"}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_no_answer_is_named_by_its_cause_after_two_requests_at_most(fault: str) -> None:
    with scripted([BROKEN[fault]]) as server:
        caller = Caller(Endpoint(server.url, "m", ""), pause=0, patience=0.2 if fault == "slow" else 20)
        with pytest.raises(UnansweredError) as caught:
            caller.ask([{"role": "user", "content": "hello"}])

    assert caught.value.cause == CAUSES[fault]
    assert caller.requests == (2 if CAUSES[fault] in ("busy", "slow") else 1)


def test_an_endpoint_that_is_down_is_not_asked_for_every_case_a_judge_has_to_judge_and_newer_names_are_taken_up() -> None:
    with scripted([FAULTS["401"]]) as server:
        caller = Caller(Endpoint(server.url, "m", ""))
        for i in range(40):
            with pytest.raises(UnansweredError, match="does not accept the key"):
                caller.ask([{"role": "user", "content": f"case {i}"}])
    assert len(server.bodies) == 20

    judging = replace(trial(1), judge="m", sample=replace(trial(1).sample, scoring="judge"))
    with scripted(["perhaps"]) as server:
        run_by = _Run(judging, Caller(Endpoint(server.url, "m", "")), oracle=False, said=print)
        with pytest.raises(UnansweredError, match="neither yes nor no"):
            run_by.right(judging.sample.tried[0], "six")

    with scripted(lambda body: Said(status=400, error="use 'max_completion_tokens'") if "max_tokens" in body else "six") as server:
        caller = Caller(Endpoint(server.url, "m", ""))
        assert [caller.ask([{"role": "user", "content": f"case {i}"}]).text for i in range(3)] == ["six"] * 3
    assert [("max_tokens" in body, "temperature" in body) for body in server.bodies] == [(True, True), (False, False), (False, False), (False, False)]


def sorter(body: dict[str, object]) -> str | Said:
    """Sorts by region, and has a fault of its own for each of seven products."""
    asked = str(body["messages"][-1]["content"])  # type: ignore[index]
    broken = dict(zip(PRODUCTS, (EMPTY, TRUNCATED, TOO_MANY, FAULTS["overflow"], FAULTS["html"], WRONG_USAGE, Said("{}", status=500)), strict=False))
    fault = next((one for product, one in broken.items() if product in asked), None)
    return fault or json.dumps({"answer": asked.split()[8]})


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ScriptedServer, list[object]]]:
    """A trial planned, run and read on the command line against a server with faults."""
    folder = tmp_path_factory.mktemp("bakeoff")
    home = folder / "home"
    before = dict(os.environ)
    os.environ.update({"ADVISORKIT_API_KEY": "sk-canary-key", "HOME": str(home)})
    rows = [f"{one.case},{one.input} canary{i:03},{one.case.split('-')[1]},canary of part {i % 20}\n" for i, one in enumerate(items())]
    (folder / "s.csv").write_text("case,input,expected,segment\n" + "".join(rows).replace("region? canary", "region canary"), encoding="utf-8")
    try:
        with scripted(sorter, key="sk-canary-key") as server:
            file = folder / "client" / "acme.yaml"
            file.parent.mkdir()
            file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
            results = [command("bakeoff", "plan", file, "--sample", folder / "s.csv", "--endpoint", server.url, "--model", "tiny", "--ways", "zero,head", "--cases", 30, "--json")]
            results.append(server.asked[:])
            results += [command("bakeoff", "run", file, *more) for more in ((), ("--max-calls", 3, "--by", "Ann"), ("--max-calls", 200),
                ("--by", "Ann", "--max-calls", 200, "--json"), ("--by", "Ann", "--max-calls", 200))]
            yield folder, server, results
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_a_plan_sends_nothing_and_a_run_needs_a_limit_and_a_name(ran: tuple[Path, ScriptedServer, list[object]]) -> None:
    _, _, (plan, asked, unlimited, low, nobody, *_rest) = ran

    assert plan.exit_code == 0 and asked == []
    assert (unlimited.exit_code, low.exit_code, nobody.exit_code) == (2, 2, 2)
    assert "set a limit with --max-calls" in unlimited.output
    assert "--max-calls 3 is below the plan, which needs 30" in " ".join(low.output.split())
    assert "--by" in nobody.output


def test_failures_are_counted_apart_named_and_asked_at_most_twice(ran: tuple[Path, ScriptedServer, list[object]]) -> None:
    folder, server, (plan, *_, first, second) = ran
    told, planned = json.loads(first.stdout), json.loads(plan.stdout)
    trial_folder = folder / "client" / "bakeoff" / planned["trial"]
    marks = read_results(trial_folder / "logs" / "zero.json").marks
    whole = json.loads((trial_folder / "plan.json").read_bytes())["sample"]["tried"]
    healthy = [one["case"] for one in whole if one["case"].split("-")[0] in PRODUCTS[7:]]

    assert first.exit_code == second.exit_code == 1
    assert sorted(mark.case for mark in marks) == sorted(healthy)
    assert {mark.outcome for mark in marks} == {"right"}
    assert sum(told["failed"].values()) == len(whole) - len(healthy)
    assert len(told["failed"]) >= 5 and "the endpoint sent an empty answer" in told["failed"]
    breaks = compared(kept(folder / "client" / "acme.yaml"), trial_folder).rows[0].breaks
    cut = sum(one["case"].split("-")[0] in (PRODUCTS[1], PRODUCTS[3]) for one in whole)
    assert (breaks["too_long"], breaks["failed"]) == (cut, len(whole) - len(healthy) - cut)
    asked = [body["messages"][-1]["content"] for body in server.bodies]
    again = [text for text in asked if any(product in text for product in PRODUCTS[7:])]
    assert len(again) == len(healthy)
    assert max(map(asked.count, asked)) <= 4  # two runs of two requests


def test_nothing_of_the_client_lies_outside_its_folder_and_the_key_lies_nowhere(ran: tuple[Path, ScriptedServer, list[object]]) -> None:
    folder, server, (*results,) = ran
    inside = folder / "client" / "bakeoff"
    outside = [path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(inside) and path.name != "s.csv"]
    temporary = [path for path in Path(tempfile.gettempdir()).glob("*inspect*") if path.stat().st_mtime > folder.stat().st_mtime]

    assert server.seen and server.seen[0][1]["Authorization"] == "Bearer sk-canary-key"
    assert [path for path in outside if b"canary" in path.read_bytes()] == []
    assert [path for path in folder.rglob("*") if path.is_file() and b"sk-canary-key" in path.read_bytes()] == []
    assert not any("canary" in str(getattr(one, "output", "")) for one in results)
    assert temporary == []


def test_a_second_run_waits_for_the_first_to_end(ran: tuple[Path, ScriptedServer, list[object]]) -> None:
    folder, server, (plan, *_) = ran
    asked = len(server.bodies)
    with alone(folder / "client" / "bakeoff" / json.loads(plan.stdout)["trial"] / "lock", ""):
        second = command("bakeoff", "run", folder / "client" / "acme.yaml", "--by", "Ann", "--max-calls", 200)

    assert (second.exit_code, len(server.bodies)) == (2, asked)
    assert "another run is at work on this trial" in " ".join(second.output.split())


def test_tokens_are_those_of_the_server_and_cost_follows_them_to_the_last(ran: tuple[Path, ScriptedServer, list[object]]) -> None:
    folder, server, (plan, *_) = ran
    counted = {body["messages"][-1]["content"]: sum(len(one["content"].split()) for one in body["messages"]) for body in server.bodies}
    for mark in read_results(folder / "client" / "bakeoff" / json.loads(plan.stdout)["trial"] / "logs" / "zero.json").marks:
        assert (mark.input_tokens, mark.output_tokens) == (counted[mark.input], len(mark.output.split()))

    with scripted(["one two three"]) as other:
        caller = Caller(Endpoint(other.url, "m", ""), prices=TokenPrices(2, 10), most_cost=0.02)
        for i in range(5):
            caller.ask([{"role": "user", "content": f"word {i} of five"}])
        assert (caller.read, caller.written) == (other.input_tokens, other.output_tokens) == (20, 15)
        assert caller.spent == pytest.approx((20 * 2 + 15 * 10) / 1e6)
        with pytest.raises(UnansweredError, match="could pass the limit"):
            replace(caller, most_cost=0.001).ask([{"role": "user", "content": "too dear"}])
    assert len(other.bodies) == 5
