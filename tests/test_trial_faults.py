"""What a trial does not take: logs that are damaged or another client's, trials that lie elsewhere, addresses that hold a key, samples that can tell nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest
from command_line import run as command
from docx import Document
from planted import ENGAGEMENT, Scripted, items, planned_at, trial
from scripted_server import Said, scripted

from advisorkit.bakeoff.model import Caller, UnansweredError
from advisorkit.bakeoff.running import _Run
from advisorkit.bakeoff.texts import Corpus, read_texts
from advisorkit.bakeoff.trial import Item, limited, read_sample
from advisorkit.bakeoff.ways import Ways, wrong_fields
from advisorkit.intake.outgoing import Endpoint
from advisorkit.values.messages import UsageError
from advisorkit.values.prices import TokenPrices

ROWS = "case,input,expected\n" + "".join(f"{one.case},{one.input},{one.case.split('-')[1]}\n" for one in items()[:40])


def region(body: dict[str, object]) -> str:
    return json.dumps({"label": str(body["messages"][-1]["content"]).split()[8]})  # type: ignore[index]


def test_a_log_or_plan_that_is_not_whole_or_another_trials_is_made_anew_from_the_answers_kept(tmp_path: Path) -> None:
    file, other = tmp_path / "a" / "acme.yaml", tmp_path / "b" / "other.yaml"
    for one in (file, other):
        one.parent.mkdir()
    with scripted(region) as server:
        theirs, ours = (planned_at(server, other, ROWS.replace("Which", "What"), "--ways", "zero"), planned_at(server, file, ROWS, "--ways", "zero"))
        for one in (other, file):
            assert command("bakeoff", "run", one, "--by", "Ann", "--max-calls", 20).exit_code == 0
        folder, run = file.parent / "bakeoff" / ours["trial"], ("bakeoff", "run", file, "--max-calls", 23, "--json")  # 20 and the three that are lost below
        log = folder / "logs" / "zero.json"
        whole = log.read_bytes()
        answers = [one["output"]["completion"] for one in json.loads(whole)["samples"]]
        for damaged in (whole[:9_000], b"", b"{}", b"[]", (other.parent / "bakeoff" / theirs["trial"] / "logs" / "zero.json").read_bytes()):
            log.write_bytes(damaged)
            refused, again = command("bakeoff", "read", file), command(*run)
            assert (refused.exit_code, "was not run yet" in refused.output) == (2, True), refused.output
            assert (again.exit_code, json.loads(again.stdout)["requests"]) == (0, 0)
            assert [one["output"]["completion"] for one in json.loads(log.read_bytes())["samples"]] == answers
        for kept, damaged in zip(sorted((folder / "calls").iterdir()), (b'{"te', b"[]", b""), strict=False):
            kept.write_bytes(damaged)
        log.unlink()
        assert json.loads(command(*run).stdout)["requests"] == 3
        (folder / "plan.json").write_bytes(b'{"wo')
        assert "is not well-formed JSON" in command(*run).output
        planned = command("bakeoff", "plan", file, "--sample", file.parent / "s.csv", "--endpoint", server.url, "--model", "m", "--ways", "zero", "--json")
        assert json.loads(planned.stdout)["trial"] == ours["trial"] and json.loads(command(*run).stdout)["requests"] == 0


def test_a_trial_is_named_as_it_is_called_and_none_of_another_client_is_run(tmp_path: Path) -> None:
    file, other = tmp_path / "a" / "acme.yaml", tmp_path / "b" / "other.yaml"
    for one in (file, other):
        one.parent.mkdir()
    with scripted(region) as server:
        theirs, ours = (planned_at(server, one, rows, "--ways", "zero")["trial"] for one, rows in ((other, ROWS.replace("Which", "What")), (file, ROWS)))
        for name in (f"../../b/bakeoff/{theirs}", str(other.parent / "bakeoff" / theirs), theirs, "*", "**", "tariffs"):
            for act in (("run", file, "--by", "Eve", "--max-calls", 200), ("read", file)):
                strange = command("bakeoff", *act, "--trial", name)
                assert (strange.exit_code, f"there is no such trial; planned are {ours}" in " ".join(strange.output.split())) == (2, True), strange.output
        assert server.bodies == []


def test_marks_of_other_cases_are_refused_by_name(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    file = tmp_path / "acme.yaml"
    with scripted(["six"]) as server:
        planned = planned_at(server, file, "case,input\n" + "".join(f"{i},{one.input}\n" for i, one in enumerate(items()[:40])))
        assert command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 20).exit_code == 0
    sheet, written = tmp_path / "bakeoff" / planned["trial"] / "sheet-zero.xlsx", file.read_bytes()
    book = load_workbook(sheet)
    heads = {cell.value: cell.column for cell in book["Marks"][1]}
    for row in range(2, 22):
        book["Marks"].cell(row, heads["right"], "no" if row % 2 else "yes")
    case, asked = (str(book["Marks"].cell(2, heads[name]).value) for name in ("case", "input"))
    for name, word, said in (("case", "nobody", "nobody"), ("input", "Another client's question", case)):
        book["Marks"].cell(2, heads[name], word)
        book.save(sheet)
        refused = command("bakeoff", "read", file)
        assert (refused.exit_code, f"did not ask: {said};" in " ".join(refused.output.split()), file.read_bytes()) == (2, True, written), refused.output
        book["Marks"].cell(2, heads[name], {"case": case, "input": asked}[name])
    book.save(sheet)
    assert command("bakeoff", "read", file).exit_code == 0


@pytest.mark.parametrize("url", ["https://ann:sk-canary@api.example.com/v1", "https://api.example.com/v1?api_key=sk-canary", "https://api.example.com/sk-canary/../v1"])
def test_an_address_that_may_hold_a_key_is_refused_before_anything_is_written(url: str, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(ENGAGEMENT, encoding="utf-8")
    (tmp_path / "s.csv").write_text(ROWS, encoding="utf-8")

    done = command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", url, "--model", "m")

    assert (done.exit_code, "sk-canary" in done.output) == (2, False)
    assert {path.name for path in tmp_path.rglob("*")} == {"acme.yaml", "s.csv"}


def test_an_error_that_is_sent_as_an_answer_is_named_and_an_endpoint_without_a_count_of_tokens_is_asked_no_longer() -> None:
    for said, cause in ((Said(page='{"error": {"code": 402, "message": "no credit"}}'), "refused"), (Said(page='{"choices": [{"message": {"content": "six"}}]}'), "usage")):
        with scripted([said]) as server:
            caller = Caller(Endpoint(server.url, "m", ""))
            for i in range(30):
                with pytest.raises(UnansweredError) as caught:
                    caller.ask([{"role": "user", "content": f"case {i}"}])
                assert caught.value.cause == cause
            assert len(server.bodies) == 20


def test_the_worst_cost_that_a_plan_prints_is_enough_as_a_limit(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    with scripted(region) as server:
        plan = ("--ways", "zero,nearest", "--priced-as", "openai:gpt-5-mini")
        worst = planned_at(server, file, ROWS, *plan)["worst_cost"]
        printed = command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", server.url, "--model", "m", *plan).output
        assert f"€{worst:g}" in printed and float(f"{worst:.2g}") == worst
        low, enough = (command("bakeoff", "run", file, "--by", "Ann", "--max-cost", limit) for limit in (f"{worst * 0.9:g}", f"{worst:g}"))

    assert ("is below the plan" in " ".join(low.output.split()), enough.exit_code, len(server.bodies)) == (True, 0, 40)


def test_a_text_to_be_sent_that_was_changed_by_hand_is_refused_and_not_sent_as_it_was(tmp_path: Path) -> None:
    """Whoever takes a name out of the text that is shown lets another text go than the one that goes."""
    file = tmp_path / "acme.yaml"
    with scripted(region) as server:
        planned_at(server, file, ROWS, "--ways", "zero")
        shown = next((tmp_path / "bakeoff").glob("*/would_be_sent.txt"))
        shown.write_text(shown.read_text("utf-8").replace("a", "b", 1), "utf-8")
        result = command("bakeoff", "run", file, "--by", "Ann", "--max-calls", "100")

    assert (result.exit_code, len(server.bodies), "was changed after it was planned" in " ".join(result.output.split())) == (2, 0, True)
    assert "consents" not in file.read_text("utf-8")


def test_what_a_trial_may_cost_holds_for_all_its_runs_together_whatever_was_lost_between_them(tmp_path: Path) -> None:
    def asked(answer: Said | str, limit: float) -> tuple[Caller, list[str]]:
        """Twenty requests of one run, at 1 a token that is written, longest answers of 10."""
        causes = list[str]()
        with scripted([answer]) as server:
            caller = Caller(Endpoint(server.url, "m", ""), tmp_path / "calls", TokenPrices(0, 1e6), limit)
            for i in range(20):
                try:
                    caller.ask([{"role": "user", "content": f"{limit} {i}"}], most_tokens=10)
                except UnansweredError as error:
                    causes.append(error.cause)
        return caller, causes

    (tmp_path / "calls").mkdir()
    first, cut = asked(Said("one two three", finish="length"), 40)
    second, left = asked("one two three", 60)

    assert (first.spent, cut) == (33, ["cut"] * 11 + ["cost"] * 9)  # before the twelfth 33 are spent, and it could cost 10
    assert (second.before, second.spent, left) == ((11, 33), 18, ["cost"] * 14)  # 33 and six answers are 51, and the next could cost 10


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"requests": 3}', '{"requests": -1, "cost": 0}', '{"requests": 3, "cost": NaN}', '{"requests": 3, "cost": "much"}'])
def test_what_earlier_runs_spent_is_refused_where_it_cannot_be_read_and_nothing_is_sent(kept: str, tmp_path: Path) -> None:
    (tmp_path / "spent.json").write_text(kept, encoding="utf-8")

    with pytest.raises(UsageError, match=r"spent\.json: tells what earlier runs sent and spent and cannot be read"):
        Caller(Endpoint("http://127.0.0.1:9", "m", ""), tmp_path / "calls", TokenPrices(0, 1e6), 40)


@pytest.mark.parametrize("option", ["--judge", "--tuned", "--priced-as"])
def test_a_demonstration_has_no_judge_no_trained_model_and_no_price(option: str, tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(ENGAGEMENT, encoding="utf-8")
    (tmp_path / "s.csv").write_text(ROWS, encoding="utf-8")

    refused = command("bakeoff", "plan", tmp_path / "acme.yaml", "--sample", tmp_path / "s.csv", option, "openai:gpt-5-mini")

    assert (refused.exit_code, "are for models at an address" in refused.output) == (2, True)


def sample(tmp_path: Path, rows: list[tuple[str, ...]], head: str = "input,expected") -> Path:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    (tmp_path / "s.csv").write_text("\n".join([head, *quoted]), encoding="utf-8")
    return tmp_path / "s.csv"


def test_fields_that_some_answers_lack_are_empty_in_them_and_no_answer_is_compared_by_the_order_of_its_fields(tmp_path: Path) -> None:
    rows = [(one.input, json.dumps({"plan": one.case.split("-")[0]} | ({"until": f"{i}"} if i % 3 else {}))) for i, one in enumerate(items()[:40])]

    found = read_sample(sample(tmp_path, rows), Corpus())

    assert (found.scoring, found.fields) == ("fields", ("plan", "until"))
    assert Ways(replace(trial(1), sample=found)).written('{"plan": "atlas"}') == '{"plan": "atlas", "until": ""}'
    lacking = Item("1", "?", '{"plan": "atlas"}')
    assert wrong_fields(lacking, '{"until": "", "plan": "Atlas"}', found.fields) == ()
    assert wrong_fields(lacking, '{"until": "2027", "plan": "atlas"}', found.fields) == ("until",)
    unlike = [(one.input, json.dumps({one.case: i})) for i, one in enumerate(items()[:40])]
    assert read_sample(sample(tmp_path, unlike), Corpus()).scoring == "exact", "no field is in all of them"


def test_a_row_without_a_name_is_not_taken_for_another_that_has_its_number(tmp_path: Path) -> None:
    rows = [("" if i == 3 else "4" if i == 9 else f"c{i}", one.input, one.case.split("-")[1]) for i, one in enumerate(items()[:40])]

    found = read_sample(sample(tmp_path, rows, "case,input,expected"), Corpus())

    assert {"4", "#4", "c0"} < {one.case for one in (*found.tried, *found.shown)}


def test_a_column_of_a_sample_that_is_not_read_is_named(tmp_path: Path) -> None:
    rows = [(one.input, one.case.split("-")[1], one.case.split("-")[0], "Kim") for one in items()[:40]]
    found = read_sample(sample(tmp_path, rows, "Frage,Kategorie,Kundengruppe,Bearbeiter"), Corpus())

    assert found.notices == ("Columns that were not read: Bearbeiter. Head one “segment” where it tells parts of the work apart.",)
    assert {one.segment for one in found.tried} == {one.case.split("-")[0] for one in items()[:40]}


def test_a_label_is_one_however_it_was_typed_and_right_answers_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    words = ("Rückgabe", normalize("NFD", "rückgabe"), " RÜCKGABE. ", "Kredit")
    found = read_sample(sample(tmp_path, [(one.input, words[i % 4]) for i, one in enumerate(items()[:40])]), Corpus())

    assert found.labels == ("Kredit", "Rückgabe") and found.notices == ()
    assert _Run(replace(trial(1), sample=found), Scripted(), oracle=False, said=print).right(Item("1", "?", "Rückgabe"), normalize("NFD", "rückgabe"))
    twice = [(items()[i // 2].input, words[3 * (i % 2)]) for i in range(80)]
    (told,) = read_sample(sample(tmp_path, twice), Corpus()).notices
    assert "40 right answers contradict another one to the same input" in told


def test_a_table_without_a_case_to_be_tried_says_so_and_ten_cases_say_what_they_cannot_tell(tmp_path: Path) -> None:
    rows = [("train", one.input, one.case.split("-")[1]) for one in items()[:40]]
    file = tmp_path / "acme.yaml"
    file.write_text(ENGAGEMENT, encoding="utf-8")

    def planned(*ways: object) -> str:
        return " ".join(command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m", "--cases", 10, *ways).output.split())

    sample(tmp_path, rows, "part,input,expected")
    assert "expected test for the cases to be tried and train for the others, got train" in planned()
    sample(tmp_path, [row[1:] for row in rows])
    # four ways make six pairs: 2 * 0.5^10 = 0.00195 is above 0.01 / 6 = 0.00167, and 2 * 0.5^11 below; for two ways 2 * 0.5^8 = 0.0078 is below 0.01
    assert "10 cases tell no way from another" in planned() and "that takes 11 cases" in planned()
    assert "10 cases show only large differences" in planned("--ways", "zero,nearest")


def test_a_head_is_trained_where_there_are_labels_to_part_however_little_the_inputs_say(tmp_path: Path) -> None:
    shown = [("train", one.input, "north") for one in items()[:20]] + [("test", one.input, ("north", "centre")[i % 2]) for i, one in enumerate(items()[40:60])]
    signs = [("?!"[i % 2] * (1 + i // 2), ("north", "centre")[i % 2]) for i in range(60)]
    one, two = (read_sample(sample(tmp_path, rows, head), Corpus()) for rows, head in ((shown, "part,input,expected"), (signs, "input,expected")))

    assert limited(replace(trial(1), sample=one, tuned="")).ways == ("zero", "fixed", "nearest", "corpus", "rag")
    assert "head" in limited(replace(trial(1), sample=two, tuned="")).ways
    assert {*Ways(replace(trial(1), sample=two)).heads(two.tried)} <= {"north", "centre"}


def test_texts_are_read_in_their_order_with_what_was_inserted_and_what_is_lost_is_told(tmp_path: Path) -> None:
    from docx.oxml import parse_xml
    from pypdf import PdfWriter

    def part(content: str) -> object:
        return parse_xml(f'<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{content}</w:p>')

    texts = tmp_path / "texts"
    texts.mkdir()
    document = Document()
    document.add_paragraph("Before the\ttable.")
    table = document.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "Prices"
    for at, words in enumerate(("atlas", "5 EUR", "5 EUR\na month")):
        table.cell(1, at).text = words
    run = "<w:r><w:t>{}</w:t></w:r>"
    for words in (
        run.format("It ends ") + f"<w:ins>{run.format('in June')}</w:ins><w:del><w:r><w:delText>in May</w:delText></w:r></w:del>",
        f"<w:sdt><w:sdtContent>{run.format('A field of a form.')}</w:sdtContent></w:sdt><w:moveFrom>{run.format('Moved away.')}</w:moveFrom>",
    ):
        document.element.body.insert(-1, part(words))
    document.save(str(texts / "a.docx"))
    (texts / "b.html").write_bytes("<p>Die Gebühr für alle Tarife".encode("cp1252"))
    writer = PdfWriter(clone_from=str(printed(tmp_path)))
    writer.add_blank_page(200, 200)
    writer.write(str(texts / "c.pdf"))

    said = ["Before the table.\n\nPrices\n\natlas | 5 EUR | 5 EUR a month\n\nIt ends in June\n\nA field of a form.", "Die Gebühr für alle Tarife", "Loans run ten years and are paid back every month."]
    assert [one.text for one in read_texts(texts).passages] == said
    with scripted(region) as server:
        old, bare = planned_at(server, tmp_path / "acme.yaml", ROWS, "--texts", texts)["notices"]
    assert old == "b.html: is not UTF-8; it was read as Windows-1252, so please check accents and signs"
    assert bare == "c.pdf: 1 page holds no text, of 2 pages; pictures of text are not read."


@pytest.mark.parametrize("style", ["hidden", "strike", "double_strike", ""])
def test_words_of_a_text_that_are_hidden_or_struck_through_are_told(tmp_path: Path, style: str) -> None:
    document = Document()
    run = document.add_paragraph("The fee is 5 EUR ").add_run("a month, as it was last year")
    if style:
        setattr(run.font, style, True)
    document.save(str(tmp_path / "a.docx"))
    (tmp_path / "b.html").write_text(f"<p>The fee is 6 EUR</p><p{' hidden' if style else ''}>and 7 for others</p><template>none</template>")

    found = read_texts(tmp_path)

    assert [one.text for one in found.passages] == ["The fee is 5 EUR a month, as it was last year", "The fee is 6 EUR\nand 7 for others"]
    told = "holds words that are hidden or struck through, and they were read like all others; take them out if they hold no more."
    assert found.notices == ((f"a.docx: {told}", f"b.html: {told}") if style else ())


def printed(folder: Path) -> Path:
    """A PDF of one page with words."""
    import typst

    (folder / "c.typ").write_text("Loans run ten years and are paid back every month.", encoding="utf-8")
    typst.compile(str(folder / "c.typ"), output=str(folder / "whole.pdf"))
    return folder / "whole.pdf"


def test_a_trial_of_another_engagement_in_the_same_folder_is_neither_run_nor_read(tmp_path: Path) -> None:
    file, other = tmp_path / "acme.yaml", tmp_path / "beta.yaml"
    with scripted(region) as server:
        theirs = planned_at(server, other, ROWS, "--ways", "zero")["trial"]
        assert command("bakeoff", "run", other, "--by", "Ann", "--max-calls", 20).exit_code == 0
        file.write_text(other.read_text(encoding="utf-8").replace("Acme", "Alpha"), encoding="utf-8")
        before, asked = file.read_bytes(), len(server.bodies)
        for act in (("run", file, "--by", "Eve", "--max-calls", 20), ("read", file), ("read", file, "--trial", theirs)):
            strange = command("bakeoff", *act)
            assert (strange.exit_code, "for beta and not for acme" in " ".join(strange.output.split())) == (2, True), strange.output
        assert (file.read_bytes(), len(server.bodies)) == (before, asked)
        planned = json.loads(command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", server.url, "--model", "m", "--ways", "zero", "--json").stdout)
        done = json.loads(command("bakeoff", "run", file, "--by", "Eve", "--max-calls", 20, "--json").stdout)
    assert (planned["trial"] != theirs, done["trial"], done["requests"]) == (True, planned["trial"], 20)  # the same cases, asked anew


def test_a_sample_or_a_text_that_changed_after_the_plan_is_told_and_nothing_more_is_sent(tmp_path: Path) -> None:
    file, texts = tmp_path / "acme.yaml", tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("The office closes at six.", encoding="utf-8")
    with scripted(region) as server:
        plan = ("--ways", "zero", "--texts", texts)
        trial_id = planned_at(server, file, ROWS, *plan)["trial"]
        for path, name in ((tmp_path / "s.csv", "s.csv"), (texts / "a.txt", "texts"), (texts / "b.txt", "texts")):
            whole = path.read_bytes() if path.exists() else b""
            path.write_bytes(whole.replace(b"wessex", b"Mrs Wessex") + b"more\n")
            refused = command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 20)
            assert (refused.exit_code, f"{name}: changed after {trial_id} was planned" in " ".join(refused.output.split())) == (2, True), refused.output
            path.write_bytes(whole) if whole else path.unlink()
        assert server.bodies == []
        assert command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 20).exit_code == 0
        (tmp_path / "s.csv").write_text(ROWS + "late,Which?,north\n", encoding="utf-8")
        told = command("bakeoff", "read", file)
        assert "s.csv: changed after" in " ".join(told.output.split())
        (tmp_path / "s.csv").write_text(ROWS + "\n", encoding="utf-8")  # the same cases in other bytes are the same trial
        planned = command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", server.url, "--model", "m", *plan, "--json")
        assert json.loads(planned.stdout)["trial"] == trial_id
