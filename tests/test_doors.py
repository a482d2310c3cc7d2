"""What hostile and clumsy files do at every door: they are read rightly or refused in words, alone, soon, and with nothing left behind."""

from __future__ import annotations

import json
import os
import shlex
import zipfile
from pathlib import Path

import pytest
from command_line import run
from hypothesis import given, strategies as st

from advisorkit.batch.inputs import gather
from advisorkit.export.brand import read_brand
from advisorkit.files.disk import read_bytes, within, write_bytes
from advisorkit.files.trees import parse_json, printable
from advisorkit.intake.mapping import read_mapping
from advisorkit.pilots.results import read_results
from advisorkit.screens.live import copy_workbooks
from advisorkit.store import samples
from advisorkit.store.reading import load
from advisorkit.values.messages import AdvisorError, EngagementError, PilotError
from advisorkit.values.quantities import Estimate

HEAD = "advisorkit: 1\nclient: {client}\ncurrency: EUR\nas_of: 2026-11-20\n{more}workflows:\n  - id: mail\n    name: Mail\n    answers: {{calls_per_month: 1000}}\n{flow}"


def engagement(path: Path, client: str = "Client", more: str = "", flow: str = "") -> Path:
    path.write_text(HEAD.format(client=client, more=more, flow=flow), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(AdvisorError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize("unseen", ["\u200b", "\u2060 \ufeff", "\u2800", "\u3164", "\t\u00a0", "\u200f"])
def test_words_that_nobody_can_see_are_no_words(tmp_path: Path, unseen: str) -> None:
    assert "'client' is missing" in refusal(engagement(tmp_path / "a.yaml", json.dumps(unseen)))


@pytest.mark.parametrize(("more", "flow", "said"), [
    ("exchange_rates: {USD: 1e308}\n", "", "the most is 1e+09"), ("exchange_rates: {USD: 1e-300}\n", "", "too small"), ("prices: {'day:engineer-uk': 1e308}\n", "", "the most is 1e+15"),
    ("", "    assumptions: {growth_per_year: 1000}\n", "must not be above 10"), ("", "    assumptions: {engineer_day_rate: 1e300}\n", "must not be above 1e+15"),
    ("", "    assumptions: {horizon_months: 1e9}\n", "must not be above 1200"),
])  # fmt: skip
def test_rates_prices_and_growth_have_bounds(tmp_path: Path, more: str, flow: str, said: str) -> None:
    assert said in refusal(engagement(tmp_path / "a.yaml", more=more, flow=flow))


LONG = 20_000


@pytest.mark.parametrize(("name", "text"), [
    ("twice.json", '{"advisorkit":1,' + ",".join(f'"k{i}":1' for i in range(LONG)) + ',"k5":2}'),
    ("criteria.yaml", HEAD.format(client="A", more="answers:\n" + "".join(f"  citat{i}: x\n" for i in range(LONG)), flow="")),
    ("names.yaml", HEAD.format(client="A", more="assumptions:\n" + "".join(f"  engineer_day{i}: 3\n" for i in range(LONG)), flow="")),
    ("words.yaml", HEAD.format(client="A", more="", flow="    pilots:\n" + "".join(f"      - {{file: a.csv, date: 2026-11-20, pattern: promp{i}}}\n" for i in range(LONG // 4)))),
    ("amounts.yaml", HEAD.format(client="A", more="scenarios:\n" + "".join(f"  s{i}: {{answers: {{calls_per_month: {i} bananas}}}}\n" for i in range(LONG // 4)), flow="")),
])  # fmt: skip
def test_of_a_file_full_of_faults_all_are_told_and_the_first_have_neighbours(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(EngagementError) as caught:
        load(path)

    assert len(caught.value.faults) >= (1 if name == "twice.json" else LONG // 4)
    assert sum(bool(fault.nearest) for fault in caught.value.faults) <= 100


def test_rows_of_one_id_are_told_in_one_pass(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,name\n" + "".join(f"a{i // 2},N\n" for i in range(9_000)))

    with pytest.raises(EngagementError, match="is given 2 times"):
        gather([path])


@pytest.mark.parametrize("text", ['{"a":' * 327 + "1" + "}" * 327, "[" * 990 + "1" + "]" * 990, "[" * 100_000, '{"a":[' * 40 + "1" + "]}" * 40])
def test_nesting_ends_in_words_whatever_its_depth(text: str) -> None:
    with pytest.raises(EngagementError, match="nested more than 12 deep|not well-formed"):
        parse_json(text, "deep.json")


def test_a_workbook_of_empty_cells_is_refused_by_its_size(tmp_path: Path) -> None:
    path, cells = tmp_path / "bomb.xlsx", "".join(f'<c r="A{i}"/>' for i in range(1, 2))
    rows = '<row r="1">' + "<c/>" * 600_000 + "</row>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        parts.writestr(
            "xl/workbook.xml",
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
        )
        parts.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        )
        parts.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells and rows}</sheetData></worksheet>')

    with pytest.raises(EngagementError, match=r"bomb\.xlsx"):
        gather([path])


@pytest.mark.skipif(os.name == "nt", reason="names, links and protection are of Unix")
def test_names_links_and_protection_are_told_in_words(tmp_path: Path) -> None:
    strange, loop, kept = tmp_path / os.fsdecode(b"m\xff.csv"), tmp_path / "logo.svg", engagement(tmp_path / "kept.yaml")
    strange.write_text("case,right\n1,yes\n")
    loop.symlink_to("logo.svg")
    brand = tmp_path / "brand.yaml"
    brand.write_text("name: A\nlogo: logo.svg\n")
    kept.chmod(0o444)

    with pytest.raises(PilotError, match="is no text; rename it"):
        read_results(strange)
    with pytest.raises(EngagementError, match="beside the brand file"):
        read_brand(brand)
    with pytest.raises(EngagementError, match="leads nowhere|Too many levels"):
        read_bytes(within(tmp_path, "logo.svg"))
    with pytest.raises(EngagementError):
        read_bytes(loop)
    with pytest.raises(PermissionError, match="write-protected"):
        write_bytes(kept, b"x")
    assert load(kept).engagement.client == "Client"


def test_a_logo_of_an_endless_name_and_a_torn_archive_are_refused_in_words(tmp_path: Path) -> None:
    brand, torn = tmp_path / "brand.yaml", tmp_path / "torn.xlsx"
    brand.write_text(f"name: A\nlogo: {'x' * 400}.svg\n")
    with zipfile.ZipFile(torn, "w") as parts:
        parts.writestr("a.xml", "<a/>")
    torn.write_bytes(torn.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x07"))

    with pytest.raises(EngagementError, match="beside the brand file"):
        read_brand(brand)
    with pytest.raises(PilotError, match=r"torn\.xlsx"):
        read_results(torn)


@pytest.mark.parametrize("results", ["a,b\n1,2\n", "case,right\n1,maybe\n", "case,right\n1,yes\n"])
def test_results_that_are_refused_leave_nothing_beside_the_engagement(tmp_path: Path, results: str) -> None:
    folder, path = tmp_path / "client", tmp_path / "away" / "r.csv"
    folder.mkdir()
    path.parent.mkdir()
    path.write_text(results)
    file = engagement(folder / "kept.yaml")
    file.chmod(0o444)

    assert run("pilot", "read", path, "--to", file).exit_code == 2
    assert [one.name for one in folder.iterdir()] == ["kept.yaml"]


@pytest.mark.parametrize("name", ["r\x1b[31m.csv", "a\\b.csv"])
def test_results_of_an_odd_name_are_kept_under_one_that_a_file_can_hold(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("case,right\n1,yes\n2,no\n")
    file = engagement(tmp_path / "a.yaml")

    assert run("pilot", "read", path, "--to", file).exit_code == 0
    (pilot,) = load(file).engagement.workflows[0].pilots
    assert pilot.file.isprintable() and "\\" not in pilot.file and (tmp_path / pilot.file).is_file()


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "marks.jsonl"
    path.write_text('{"case": "1", "right": true, "note": "a\u2028b\u2029d"}\n{"case": "2", "right": false}\n', encoding="utf-8")

    assert len(read_results(path).marks) == 2


@pytest.mark.parametrize("row", ['{"success": "false"}', '{"case": {"id": 1}, "right": true}', '{"case": ["1"], "right": true}'])
def test_what_is_no_mark_is_never_taken_for_right(tmp_path: Path, row: str) -> None:
    path = tmp_path / "marks.jsonl"
    path.write_text(f'{{"case": "0", "right": true}}\n{row}\n')

    with pytest.raises((PilotError, EngagementError)) as caught:
        read_results(path)

    assert "line 2" in str(caught.value)


def test_the_terminal_gets_no_escapes_and_no_emoji(tmp_path: Path) -> None:
    marks, file = tmp_path / "esc.csv", engagement(tmp_path / "x:smile:\x1b[31m.yaml", '"Client"')
    file.write_text(file.read_text().replace("name: Mail", "name: 'Smile :smile: & co'"))
    marks.write_text("case,ri\x1b[31mght\n1,yes\n")

    for words in (("pilot", "read", marks, "--to", file), ("check", file), ("check", tmp_path / "gone\x1b]0;x\x07.yaml"), ("assess", file)):
        said = run(*words)
        assert not {c for c in said.stdout + said.stderr if not c.isprintable() and c != "\n"}
    assert ":smile:" in run("check", file).stdout and ":smile:" in run("assess", file).stdout


@given(st.text())
def test_what_is_printed_keeps_its_lines_and_moves_no_cursor(text: str) -> None:
    shown = printable(text)

    assert len(shown) == len(text)
    assert all(c.isprintable() or c in "\n\u00a0" for c in shown)
    assert all(a == b for a, b in zip(text, shown, strict=True) if a.isprintable() or a == "\n")


def test_a_verdict_that_is_given_twice_is_never_the_last_one(tmp_path: Path) -> None:
    for name, text in (("marks.json", '[{"case": "1", "right": true, "right": false}]'), ("marks.jsonl", '{"case": "0", "right": true}\n{"case": "1", "right": true, "right": false}\n')):
        (tmp_path / name).write_text(text)
        with pytest.raises(PilotError, match="'right' is given twice in one object"):
            read_results(tmp_path / name)


def test_a_file_of_astral_signs_is_opened_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "𠮷田😀.json"
    whole = {"advisorkit": 1, "id": "y", "client": "Y", "currency": "EUR", "as_of": "2026-11-20", "workflows": [{"id": "w", "name": "W"}]}
    path.write_text(json.dumps(whole))

    cells = json.loads(next(iter(sorted(copy_workbooks(path).glob("1_*.ipynb")))).read_text(encoding="utf-8"))["cells"]

    opening = next("".join(cell["source"]) for cell in cells if "ak.open" in "".join(cell["source"]))
    assert "𠮷田😀.json" in opening
    compile("\n".join(line for line in opening.splitlines() if not line.startswith("%")), "cell", "exec")


def test_two_files_of_one_id_are_refused_each_naming_the_other_and_the_rest_is_made(tmp_path: Path) -> None:
    for name in ("acme.yaml", "acme.yml", "other.yaml"):
        engagement(tmp_path / name)

    said = run("batch", tmp_path, "--out", tmp_path / "out")

    assert said.exit_code == 1 and (told := " ".join(said.output.split()))
    for one, other in (("acme.yaml", "acme.yml"), ("acme.yml", "acme.yaml")):
        assert f"{tmp_path / one}: id acme is used 2 times (also in {tmp_path / other}); file names would be the same, so give each its own id" in told
    assert [path.name for path in (tmp_path / "out").glob("*_client_report.html")] == ["other_client_report.html"]


def test_files_of_one_name_or_client_and_amounts_in_words_are_told_before_anything_is_made(tmp_path: Path) -> None:
    engagement(tmp_path / "acme.yaml", "Nordwind", more="id: one\n", flow="    assumptions: {minutes_per_item: 1 hour}\n")
    whole = {"advisorkit": 1, "id": "two", "client": "Südwind", "currency": "EUR", "as_of": "2026-11-20", "workflows": [{"id": "w", "name": "W"}]}
    (tmp_path / "acme.json").write_text(json.dumps(whole))
    engagement(tmp_path / "copy.yaml", "nordwind")

    notices = gather([tmp_path]).notices

    assert [("acme.json" in one, "copy.yaml" in one) for one in notices if "several files" in one] == [(True, False), (False, True)]
    assert any("“1 hour” → 60 minutes" in one for one in notices)


def test_a_long_word_stays_on_its_page(tmp_path: Path) -> None:
    file = engagement(tmp_path / "a.yaml", "x" * 200)

    assert run("report", file, "--to", "html", "--out", tmp_path / "out").exit_code == 0
    assert "overflow-wrap" in (tmp_path / "out" / "a_client_report.html").read_text()


@pytest.mark.parametrize(("old", "new", "said"), [
    ("client: Client", "client: null", "'client' is missing"), ("name: Mail", "name: ~", "'name' is missing"), ("currency: EUR", "currency: eur", "Did you mean EUR?"), (
        "currency: EUR", "currency: EUR\nexchange_rates: {EUR: 1.09}", "line 4, exchange_rates.EUR: is the file's own currency"
    ), ("currency: EUR", "currency: XXX", "NGN, …"),
    ("    name", "\tname", "it holds a tab; indent with spaces"), ("1000", "1,000", "a comma parts entries here, so write thousands without one"),
    ("1000", "null, citations: REQUIRED", "Did you mean required?"), ("1000", "5, minutes_per_item: 5", "'minutes_per_item' belongs under 'assumptions'"),
    ("    answers", "    workload: {citations: no}\n    answers", "'citations' belongs under 'answers'"),
    ("    answers", "    assumptions: {input_tokens: 5}\n    answers", "'input_tokens' belongs under 'workload'"),
    ("    answers", "    pilots: [{file: a.csv, date: 2026-11-18, pass_mark: 82%}]\n    answers", "expected a share from 0 to 1, such as 0.82, got '82%'"),
])  # fmt: skip
def test_what_a_file_means_is_said_where_it_cannot_be_read(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = engagement(tmp_path / "a.yaml")
    path.write_text(path.read_text().replace(old, new))

    assert said in refusal(path)


def test_ids_that_are_there_twice_are_told_by_their_place_in_json_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"advisorkit": 1, "client": "C", "currency": "EUR", "as_of": "2026-11-20", "workflows": [{"id": "w", "name": "W"}] * 2}))

    assert refusal(path).endswith("the id 'w' is already taken by workflows[0]")


@pytest.mark.skipif(os.name == "nt", reason="limits on files are of Unix")
def test_a_file_that_cannot_be_written_whole_is_named_and_not_the_one_that_was_read(tmp_path: Path) -> None:
    import resource

    (tmp_path / "list.csv").write_text("name\nA\n")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, old[1]))
    try:
        said = run("intake", "table", tmp_path / "list.csv", "--to", tmp_path / "m.yaml")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)

    assert (said.exit_code, "m.yaml: " in said.stderr, [one.name for one in tmp_path.iterdir()]) == (2, True, ["list.csv"])


@pytest.mark.skipif(os.name == "nt", reason="names with line ends are of Unix")
def test_of_one_file_full_of_faults_a_batch_tells_few_and_a_name_takes_one_line(tmp_path: Path) -> None:
    engagement(tmp_path / "good.yaml")
    (tmp_path / "bad\nerror: all.yaml").write_text("advisorkit: 1\n" + "".join(f"k{i}: 1\n" for i in range(5_000)))

    said = run("batch", tmp_path, "--to", "html", "--out", tmp_path / "out")

    assert said.exit_code == 1 and "more; advisorkit check tells all" in said.stderr
    assert "k19" not in said.stderr and not any(line.startswith("error: all") for line in said.stderr.splitlines())
    assert (tmp_path / "out" / "good_client_report.html").exists() and len((tmp_path / "out" / "index.html").read_bytes()) < 50_000


def test_an_answer_is_no_assumption_and_old_encodings_of_notes_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes("Prüfer wollen Quellen.".encode("cp1252"))

    assert "'citations' is an answer, and --set changes assumptions" in run("assess", engagement(tmp_path / "a.yaml"), "--set", "citations=required").stderr
    assert "is not UTF-8" in run("brief", tmp_path / "notes.txt", "--to", tmp_path / "p.txt").stderr


SVG = '<svg xmlns="http://www.w3.org/2000/svg">'
DRAWN = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'


@pytest.mark.parametrize(("name", "raw", "said"), [
    ("a.svg", f"{DRAWN}{SVG}<use href='#a'/></svg>", ""), ("a.svg", "hello", "no picture that can be read"), ("a.svg", "<html/>", "is no SVG"),
    ("a.svg", f"{SVG}<image href='file:///etc/hosts'/></svg>", "links to file:///etc/hosts"),
    ("a.svg", f"<!DOCTYPE svg [<!ENTITY e 'x'>]>{SVG}&e;</svg>", "no picture that can be read"),
    ("a.svg", f"{SVG}{'<g>' * 1100}{'</g>' * 1100}</svg>", "nested more than 200 deep"), ("A.SVG", "", "is no picture"),
    ("a.png", "\x89PNG\r\n\x1a\nnothing", "no picture that can be read"), ("a.jpg", "GIF", "no picture that can be read"),
])  # fmt: skip
def test_a_logo_that_a_format_could_not_draw_is_refused_before_any_report(tmp_path: Path, name: str, raw: str, said: str) -> None:
    (tmp_path / name).write_text(raw, encoding="latin-1")
    (tmp_path / "brand.yaml").write_text(f"name: null\nlogo: {name}\n")
    if not said:
        assert read_brand(tmp_path / "brand.yaml").logo.startswith("data:image/svg+xml") and read_brand(tmp_path / "brand.yaml").name == ""
        return
    with pytest.raises(EngagementError, match=said):
        read_brand(tmp_path / "brand.yaml")


def test_a_logo_beyond_any_page_is_refused_by_its_size(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("1", (5_000, 20)).save(tmp_path / "wide.png")
    (tmp_path / "brand.yaml").write_text("name: A\nlogo: wide.png\n")

    with pytest.raises(EngagementError, match="5000 by 20 points large; the most is 4000"):
        read_brand(tmp_path / "brand.yaml")


def test_a_mapping_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("advisorkit: 2\ncolumns: {a: name}\n")

    with pytest.raises(EngagementError, match="expected the format version 1, got '2'"):
        read_mapping(tmp_path / "m.yaml")


@pytest.mark.parametrize("beside", ["SAP 7.5 tickets", "ab 20.11.", "v2,5"])
def test_a_version_or_a_day_in_a_file_does_not_settle_how_its_amounts_are_written(tmp_path: Path, beside: str) -> None:
    text = f"advisorkit: 1\nclient: A\ncurrency: EUR\nas_of: 2026-11-20\nworkflows: [{{id: w, name: '{beside}', assumptions: {{engineer_day_rate: '1.200 €'}}}}]\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(text.replace("'1.200 €'", "'1.200 €', cost_wrong: '0,5'"), encoding="utf-8")

    assert "thousands or decimals? '1.200' may be 1200 or 1.2" in refusal(tmp_path / "a.yaml")
    assert load(tmp_path / "b.yaml").engagement.workflows[0].assumptions["engineer_day_rate"] == Estimate.of(1200)


def test_a_share_above_one_without_a_percent_sign_is_told(tmp_path: Path) -> None:
    shares = "assumptions: {growth_per_year: 5, integration_share: [20, 30], production_share: [0.4, 1, 2.5]}\n"
    told = run("check", engagement(tmp_path / "a.yaml", more=shares)).output

    assert "growth_per_year: 5 is taken as 500%; write 5% if that is meant" in told
    assert "integration_share: 20 to 30 is taken as 2,000% to 3,000%; write 20 to 30% if that is meant" in told
    assert "production_share" not in told


def test_what_a_file_names_lies_beside_itself_and_not_beside_a_link_to_it(tmp_path: Path) -> None:
    """A link in another client's folder, where results of the same name lie: theirs are never read as ours."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder, right in ((ours, "yes"), (theirs, "no")):
        folder.mkdir()
        (folder / "marks.csv").write_text("case,right\n" + "".join(f"{i},{right}\n" for i in range(30)))
    engagement(ours / "a.yaml")
    (theirs / "link.yaml").symlink_to(ours / "a.yaml")

    assert run("pilot", "read", ours / "marks.csv", "--to", theirs / "link.yaml", "--pass-mark", "0.8").exit_code == 0
    by_link, by_name = (run("assess", file, "--json").stdout for file in (theirs / "link.yaml", ours / "a.yaml"))
    assert '"action": "ship"' in by_name and by_link == by_name


@pytest.mark.parametrize("command", [("new", "our client.yaml"), ("intake", "new", "our client.xlsx")])
def test_a_command_that_is_told_can_be_pasted_whatever_the_file_is_called(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    told = run(*command).stderr

    assert command[-1] in shlex.split(told.partition("run: ")[2])


def test_what_is_left_out_is_named_with_what_it_is_for_and_a_mapping_without_a_list_is_refused() -> None:
    assert "Missing option '--to'. Engagement file that takes the pilot." in run("pilot", "read", "results.csv").stderr
    refused = run("report", samples.path("marked-pilot"), "--mapping", "mapping.yaml", "--out", "out")
    assert refused.exit_code == 2
    assert "goes with a client's list" in refused.stderr
