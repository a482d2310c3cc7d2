"""Hostile files and hurried calls: refused in words, with nothing written, and no client's word taken for markup."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from advisorkit.store import samples
from advisorkit.store.reading import read

HEAD = "advisorkit: 1\nid: hostile\nclient: Hostile (sample)\nsample: true\ncurrency: {currency}\nas_of: {as_of}\nworkflows:\n"
FLOW = "  - id: w\n    name: Work\n    status: {status}\n    answers: {answers}\n"
MARKUP = (
    '<script>window.pwn=1</script> "><img src=x onerror=alert(1)> </style></title><base href=//evil> {{7*7}}{% raw %} '
    r'[x](javascript:alert(1)) <form action="http://evil"><input></form> $\input{/etc/hostname}$ =HYPERLINK(1) 😀 ]]>-->'
)
SAID, PRIVATE = "CANARY of who said it", "CANARY of a private note"


def refused(*words: object) -> str:
    """What a refused call says; it exits with 2, prints one JSON document if asked, and never a traceback."""
    result = run(*words)
    assert result.exit_code == 2, (result.stdout[-300:], result.stderr, result.exception)
    if "--json" in words:
        assert json.loads(result.stdout)["faults"]
    assert result.stderr.startswith("error: ")
    return result.stderr


def told(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, (result.stderr, result.exception)
    return json.loads(result.stdout, parse_constant=pytest.fail)


def engagement(folder: Path, name: str = "a.yaml", **parts: str) -> Path:
    values = {"currency": "EUR", "as_of": "2026-11-20", "status": "draft", "answers": "{citations: required}"} | parts
    path = folder / name
    path.write_text((HEAD + FLOW).format(**values))
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return engagement(tmp_path, answers="{citations: required, calls_per_month: 1000}")


@pytest.mark.parametrize("value", ["1_000", "１２", "nan", "inf", "1e400", "0x10", "007", "5,", "3,2", "1,2,3,4", "", "[1,2]"])
def test_a_number_on_the_command_line_is_written_as_in_a_file(good: Path, value: str) -> None:
    assert f"--set calls_per_month={value}" in refused("cost", good, "--set", f"calls_per_month={value}", "--json")


@pytest.mark.parametrize("words", [("--set", "=3"), ("--set", "colour=3"), ("--draws", -2), ("--draws", 1), ("--draws", 2**20),
                                   ("--workflow", "../w"), ("--scenario", "none"), ("--set", "model=openai:gpt-99")])
def test_a_call_that_makes_no_sense_is_refused(good: Path, words: tuple[object, ...]) -> None:
    assert "Traceback" not in refused("cost", good, *words, "--json")


@pytest.mark.parametrize("value", ["0", "1e-30", "1e15", "1e-30,1e15"])
def test_extreme_but_possible_volumes_give_finite_costs(good: Path, value: str) -> None:
    found = told("cost", good, "--draws", 64, "--set", f"calls_per_month={value}")

    assert found["workflows"][0]["patterns"]["prompt"]["total"]["p50"] > 0


def test_a_number_beyond_anything_real_is_refused_with_its_bound(good: Path) -> None:
    words = ("cost", good, "--draws", 64, "--set", "calls_per_month=1e306,1e308")

    assert "must not be above 1e+15" in refused(*words, "--json")


@pytest.mark.parametrize(("parts", "word"), [
    ({"currency": "BHD"}, "exchange_rates"), ({"as_of": "2024-01-01"}, "2024-01-01"), ({"currency": "XXX"}, "currency"),
    ({"as_of": "2026-02-30"}, "calendar"), ({"answers": "{citations: requird}"}, "required"),
])
def test_a_report_that_cannot_be_priced_is_refused_before_anything_is_made(tmp_path: Path, parts: dict[str, str], word: str) -> None:
    path = engagement(tmp_path, **parts)

    said = refused("report", path, "--out", tmp_path / "out", "--json")

    assert str(path) in said and word in said
    assert names_in(tmp_path) == ["a.yaml"]


def test_old_prices_are_told_and_stop_a_final_report_until_they_are_accepted(tmp_path: Path) -> None:
    draft, final = engagement(tmp_path, as_of="2030-01-01"), engagement(tmp_path, "b.yaml", as_of="2030-01-01", status="final")

    assert "--accept-stale" in run("cost", draft, "--draws", 64).stderr
    assert "--accept-stale" not in run("cost", draft, "--draws", 64, "--accept-stale").stderr
    said = refused("report", final, "--out", tmp_path / "out")
    assert "w is final" in said and "a final report needs reviewed_by" in said
    (row,) = json.loads(run("batch", final, "--out", tmp_path / "out", "--json").stdout)["deliverables"]
    assert "w is final" in row["error"] and not list(tmp_path.rglob("*_client_report.html"))


@pytest.mark.skipif(os.name == "nt", reason="named pipes and /dev are of Unix")
@pytest.mark.parametrize("command", [("check",), ("assess",), ("batch", "--out", "out"), ("brief", "--to", "p.txt")])
def test_pipes_devices_folders_and_loops_are_no_files(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.yaml")
    Path("dir.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")

    for name in ("pipe.yaml", "dir.yaml", "loop.yaml", "/dev/zero", "x" * 300 + ".yaml"):
        result = run(*command, name)
        assert result.exit_code in (1, 2) and "Traceback" not in result.output
        assert isinstance(result.exception, SystemExit), (name, result.exception)
    assert not Path("p.txt").exists()


@pytest.mark.parametrize("words", [("new", "a.json"), ("new", "a.txt"), ("new", "a.yaml", "--currency", "XXX"),
                                   ("new", "a.yaml", "--currency", "EUR}\nid: x"), ("new", "no/a.yaml"), ("intake", "new", "no/q.xlsx"),
                                   ("pilot", "plan", "good.yaml", "--sheet", "s.csv"), ("pilot", "plan", "good.yaml", "--sheet", "no/s.xlsx")])
def test_a_file_that_cannot_be_made_well_is_not_made(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engagement(tmp_path, "good.yaml")

    refused(*words)

    assert names_in(tmp_path) == ["good.yaml"]


@pytest.mark.parametrize("content", [
    b"", b"\0\1\2", b"case,right\n1,yes,x,y\n", b'case,right\n"1,yes\n', b"1,yes\n", b"case,right\n1,maybe\n", b"case,right\n1,yes\n1,yes\n",
    b"case,right,note\n1,yes,\x1b[2J\n", b"case,right\n" + b"x" * 200_000 + b",yes\n", b"[" * 100_000, b"PK\3\4junk", b'{"eval":1,"status":2}',
    b'{"results":{"results":[1]}}', b'{"case":"\\ud800","right":true}\n', b"case,right,input_tokens\n1,yes,nan\n", b"case,right\n1,\xff\xfe\n",
])
def test_marks_that_cannot_be_read_leave_the_engagement_as_it_was(good: Path, content: bytes) -> None:
    before, results = good.read_bytes(), good.parent / "marks.csv"
    results.write_bytes(content)

    assert str(results) in refused("pilot", "read", results, "--to", good, "--json")
    told = json.loads(run("pilot", "read", results, "--to", good, "--json").stdout)
    assert told.get("read", 0) == 0 and told.get("posterior") is None and told.get("refused", 0) <= 1 + content.count(b"\n")
    assert good.read_bytes() == before


@pytest.mark.parametrize("mark", ["nan", "inf", "-0.1", "2", "120%", "most"])
def test_a_pass_mark_is_a_share(good: Path, mark: str) -> None:
    before, results = good.read_bytes(), good.parent / "marks.csv"
    results.write_text("case,right\n1,yes\n2,no\n")

    assert "--pass-mark" in refused("pilot", "read", results, "--to", good, "--pass-mark", mark, "--json")
    assert good.read_bytes() == before


@pytest.mark.parametrize("reply", ["", "[1]", "answers: &a {citations: *a}", "Sure: here: it: is", "answers: !!python/name:os.system x"])
def test_a_reply_that_is_none_leaves_the_engagement_as_it_was(good: Path, reply: str) -> None:
    before, path, notes = good.read_bytes(), good.parent / "reply.yaml", good.parent / "notes.txt"
    path.write_text(reply)
    notes.write_text("Auditors want sources. {questions} {notes}\n==========\nanswers:")

    assert str(path) in refused("brief", "read", path, "--to", good, "--notes", notes)
    assert good.read_bytes() == before


@pytest.mark.parametrize("table", [
    b"", b"\0\1", b"id,name\n../,W\n", b"id,name\na,W\na,V\n", b"id,name,citation\nw,W,no\n", b"id,name,id\na,W,b\n",
    b"id,name,private_note\na,W,x\n", b"id,name\n", b"PK\3\4\0\0",
])
def test_a_portfolio_with_bad_columns_or_ids_is_refused_whole(table: bytes, tmp_path: Path) -> None:
    path = tmp_path / "portfolio.csv"
    path.write_bytes(table)

    assert str(path) in refused("batch", path, "--out", tmp_path / "out", "--json")
    assert names_in(tmp_path) == ["portfolio.csv"]


@pytest.mark.parametrize("heading", ["a=1;import os", "{{7*7}}", "<script>alert(1)</script>", "../../x", "=1+1", "__class__"])
def test_a_hostile_heading_and_id_are_text_and_no_path(heading: str, tmp_path: Path) -> None:
    path = tmp_path / "portfolio.csv"
    path.write_text(f'id,name,"{heading}"\n../X,W,<img src=x onerror=alert(1)>\n')
    result = run("batch", path, "--out", tmp_path / "out", "--json")

    assert result.exit_code == 0, result.output
    assert names_in(tmp_path) == ["out", "portfolio.csv"]
    page = (tmp_path / "out" / "x_client_report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_case_twins_never_share_a_file(tmp_path: Path) -> None:
    paths = [tmp_path / "Acme.yaml", tmp_path / "acmé.yaml"]
    for path in paths:
        path.write_text(engagement(tmp_path).read_text().replace("id: hostile\n", ""))

    said = run("batch", *paths, "--out", tmp_path / "out")
    assert said.exit_code == 1 and said.output.count("id acme is used 2 times") >= 2
    assert [path.name for path in tmp_path.rglob("*.html")] == ["index.html"]


@pytest.mark.parametrize("out", ["gibberish://x", "", " ", "/dev/null", "a.yaml", "a.yaml/below"])
def test_a_place_where_nothing_can_be_written_is_refused(out: str, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(good.parent)

    result = run("batch", good, "--out", out)

    assert result.exit_code == 2
    assert names_in(good.parent) == ["a.yaml"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(name for name, _ in attrs if name.startswith("on"))}
        self.seen |= {value for name, value in attrs if name in ("href", "src", "action") and value and not value.startswith("#")}

    def handle_data(self, data: str) -> None:
        self.text += data


def _written_by_an_enemy(path: Path) -> Path:
    answer = {"value": "required", "confidence": "guess", "said_by": SAID, "private_note": PRIVATE, "note": MARKUP, "confirm_by": "2026-12-01"}
    flow = {"id": "w", "name": MARKUP, "corpus": MARKUP, "notes": {"citations": MARKUP}, "answers": {"citations": answer, "calls_per_month": 5000},
            "context": dict.fromkeys(("owner", "department", "problem", "success_metric", "baseline", "target"), MARKUP),
            "override": {"pattern": "rag", "reason": MARKUP, "by": MARKUP}}
    whole = {"advisorkit": 1, "id": "enemy", "client": MARKUP, "currency": "EUR", "as_of": "2026-11-20",
             "workflows": [flow, {"id": "v", "name": "x" * 9_000}], "scenarios": {MARKUP[:60]: {"answers": {"calls_per_month": 9}}}}
    path.write_text(json.dumps(whole))
    return path


@pytest.mark.parametrize("more", [(), ("--interactive",)])
def test_words_of_a_client_are_text_in_a_report_and_private_words_are_not_in_it(tmp_path: Path, more: tuple[str, ...]) -> None:
    told("report", _written_by_an_enemy(tmp_path / "enemy.json"), "--out", tmp_path / "out", *more)
    page = (tmp_path / "out" / "enemy_client_report.html").read_text()

    tags = _Tags()
    tags.feed(page)
    assert not tags.seen & {"form", "input", "base", "img", "iframe", "link", "onerror", "onload"}
    assert not {word for word in tags.seen if re.search("evil|javascript|http", word)}
    assert "{{7*7}}" in tags.text and "default-src 'none'" in page
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()]
    assert ("<script" in page) == bool(more)


def test_output_does_not_depend_on_locale_encoding_time_zone_or_hash_seed(good: Path) -> None:
    def bytes_under(**names: str) -> bytes:
        words = [sys.executable, "-m", "advisorkit", "cost", str(good), "--draws", "64", "--json"]
        return subprocess.run(words, env={**os.environ, **names}, capture_output=True, check=True, timeout=120).stdout

    first = bytes_under(PYTHONHASHSEED="1", TZ="Pacific/Kiritimati", LC_ALL="C", PYTHONIOENCODING="ascii", COLUMNS="30")

    assert first == bytes_under(PYTHONHASHSEED="2", TZ="America/Adak", LC_ALL="tr_TR.UTF-8", PYTHONIOENCODING="cp1252")
    assert json.loads(first)["workflows"]


def test_every_assumption_refuses_what_is_no_value_of_it_and_the_file_is_still_good(good: Path) -> None:
    before = read(good)

    said = refused("cost", good, *(word for name in ("engineer_day_rate", "horizon_months", "growth_per_year") for word in ("--set", f"{name}=-5")))

    assert said.count("--set") == 3
    assert read(good) == before


@pytest.mark.parametrize("words", [
    ("report", "a.yaml", "--out", "o", "--to", "html", "--to=pdf"), ("assess", "a.yaml", "--workflow", "a", "--workflow", "b"), ("pilot", "read", "m.csv", "--to", "a", "--to", "b"),
    ("cost", str(samples.path("marked-pilot")), "--set", "horizon_months=12", "--set", "horizon_months=24"),
])  # fmt: skip
def test_what_is_given_twice_is_refused_as_only_the_last_would_count(words: tuple[str, ...]) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert "twice" in result.stderr
    assert ("formats parted by commas" in result.stderr) == (words[0] == "report")


def test_a_file_in_two_encodings_is_refused_with_a_line_of_each(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes(b"id,name\na," + "Müller Ávila".encode() + b"\nb," + "Köln".encode("cp1252") + b"\n")

    assert "line 3: is not UTF-8, and line 2 is: save the whole file as UTF-8" in refused("check", path)
    path.write_bytes(b"id,name\na," + "Müller".encode("cp1252") + b"\nb," + "Köln".encode("cp1252") + b"\n")
    assert "it was read as Windows-1252" in run("check", path).output


@pytest.mark.parametrize("said", ["9" * 5000 + "½", "9" * 5000 + "h30", "9" * 400 + " hours and a half"])
def test_a_number_of_thousands_of_digits_is_refused_in_words_of_the_house(tmp_path: Path, said: str) -> None:
    """Its length was refused in the words of the language that this is written in."""
    told_ = refused("check", engagement(tmp_path, answers=f'{{latency_s: "{said}"}}'), "--json")

    assert "answers.latency_s" in told_ and "integer string conversion" not in told_
