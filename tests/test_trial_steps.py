"""A trial step by step: marked by hand, judged by a model, led from the workbook, and killed again and again."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from command_line import run as command
from planted import ENGAGEMENT, items, leaking, planned_at
from scripted_server import EMPTY, TRUNCATED, Said, scripted

import advisorkit as ak
from advisorkit.bakeoff.trial import keep, kept
from advisorkit.files.disk import fingerprint
from advisorkit.pilots.results import read_results
from advisorkit.store.reading import read
from advisorkit.study.pilots import study_at


def test_answers_without_a_right_one_are_marked_by_hand_on_a_sheet(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    file = tmp_path / "acme.yaml"
    with scripted(["=1+1"]) as server:
        file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
        (tmp_path / "s.csv").write_text("case,input\n" + "".join(f"{one.case},{one.input}\n" for one in items()[:40]), encoding="utf-8")
        planned = json.loads(command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", server.url, "--model", "m", "--json").stdout)
        assert command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 100).exit_code == 0
        written = file.read_bytes()
        again = command("bakeoff", "run", file, "--max-calls", 100, "--json")
    assert (json.loads(again.stdout)["requests"], file.read_bytes()) == (0, written)  # the consent stands, so nobody is named again
    unmarked = command("bakeoff", "read", file)
    path = tmp_path / "bakeoff" / planned["trial"] / "sheet-zero.xlsx"
    book = load_workbook(path)
    sheet = book["Marks"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    answers = {sheet.cell(row, heads["output"]).value for row in range(2, 22)}
    for row in range(2, 22):
        sheet.cell(row, heads["right"], "yes" if row < 17 else "no")
    words, second = {sheet.cell(row, 1).value: sheet.cell(row, heads["right"]).value for row in range(2, 22)}, book["Second marks"]
    for row in range(2, second.max_row + 1):  # whoever marks a part once more sees the same, and no case counts twice
        second.cell(row, heads["right"], words[second.cell(row, 1).value])
    assert second.max_row > 2
    sheet.cell(4, heads["right"], "perhaps")
    book.save(path)
    misspelt = command("bakeoff", "read", file)
    sheet.cell(4, heads["right"], "yes")
    book.save(path)
    marked = command("bakeoff", "read", file, "--json")
    study = study_at(read(file), "tariffs", file)

    assert misspelt.exit_code == 2 and "'perhaps' is neither yes nor no" in " ".join(misspelt.output.split())
    sent = [len(str(body["messages"][0]["content"]).split()) + len(str(body["messages"][1]["content"]).split()) for body in server.bodies]
    assert {name: one.likely for name, one in study.seen.measured.items()} == {"input_tokens": pytest.approx(sum(sent) / 20), "output_tokens": 1, "seconds": pytest.approx(0, abs=1)}
    assert study.inputs.rows["output_tokens"].value.likely == 1
    (row,) = json.loads(marked.stdout)["rows"]
    assert row["tokens"] == [pytest.approx(sum(sent) / 20), 1] and row["seconds"][0] > 0
    assert (planned["scoring"], planned["ways"], planned["tried"]) == ("sheet", ["zero"], 20)
    assert (unmarked.exit_code, answers) == (2, {"=1+1"})
    assert "mark the sheets in" in unmarked.output
    assert [(row["right"], row["cases"]) for row in json.loads(marked.stdout)["rows"]] == [(15, 20)]
    assert read(file).workflows[0].pilots[0].file.endswith("sheet-zero.xlsx")


def test_the_workbook_plans_asks_and_shows_the_trial_case_by_case(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    near = [replace(one, case=f"{one.case}-b", input=one.input.upper().replace("TARIFF", "TARIF")) for one in items()[:40:4]]
    (tmp_path / "cases.csv").write_text("case,input,expected\n" + "".join(f"{one.case},{one.input},{one.case.split('-')[1]}\n" for one in (*items()[:40], *near)), encoding="utf-8")
    once, heard = iter([True]), threading.Event()

    def reply(body: dict[str, object]) -> str:
        if len(server.bodies) >= 10 and next(once, False):
            os.kill(os.getpid(), signal.SIGINT)  # as the kernel's stop does
            while not parts._stopped:
                time.sleep(0.01)
            heard.set()
        if len(server.bodies) >= 10:
            heard.wait(60)  # however busy the machine is, nothing more is answered before the stop is heard
        return json.dumps({"answer": str(body["messages"][-1]["content"]).split()[8]})  # type: ignore[index]

    with scripted(reply) as server:
        file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
        parts = (work := ak.open(file)).ui.bakeoff
        *fields, plan, planned = parts.plan().children
        exact, by, cost, _ = parts.consent().children
        button, bar, told = parts.run().children
        for field, value in zip(fields, ("", "", server.url, "m", "", "", "openai:gpt-5-mini"), strict=True):
            field.value = value
        plan.click()
        tried = kept(file).sample.tried
        assert f"{len(tried)} to be tried" in planned.value and len(tried) >= 20, told.value
        assert "Minutes, roughly" in planned.value and "Hours" not in planned.value, "a few dozen calls are no hour"
        assert tried[0].input in exact.value and server.bodies == []
        button.click()
        assert "set a limit with --max-cost" in told.value and server.bodies == []
        by.value, cost.value = "Ann", 5
        button.click()
        stopped = len(server.bodies)
        assert "it was stopped before" in told.value and 10 <= stopped < 40 and bar.value < bar.max
        agreed = file.read_text(encoding="utf-8")
        by.value = ""
        taken_back = re.sub(r"^consents:\n(?:[ -].*\n)*", "", agreed, flags=re.MULTILINE)
        for words, left in (("no line under consents", taken_back), ("is not among the endpoints", agreed.replace("endpoints: [", "endpoints: [] #"))):
            file.write_text(left, encoding="utf-8")
            button.click()
            assert words in told.value and len(server.bodies) == stopped, told.value
        file.write_text(agreed, encoding="utf-8")
        button.click()
        assert len(server.bodies) == len({json.dumps(body) for body in server.bodies}) == 3 * len(tried)

    case, item = parts.items().children
    assert bar.value == bar.max == 4 * len(tried) and f"{bar.max} of {bar.max} cases answered" in told.value
    assert "wins clearly" in parts.table().value or "No clear winner" in parts.table().value
    assert len(case.options) == len(tried) and case.options[0].split("-")[1] in item.value and "✓" in item.value
    assert [one.trial for one in work.engagement.workflows[0].pilots] and work.engagement.consents[0].by == "Ann"
    assert ak.open(file).ui.bakeoff.table().value == parts.table().value
    trained = (tmp_path / "bakeoff" / work.engagement.workflows[0].pilots[0].trial / "training.jsonl").read_text(encoding="utf-8").splitlines()
    turns = {turn["content"] for body in server.bodies for turn in body["messages"][:-1]} | {turn["content"] for line in trained for turn in json.loads(line)["messages"]}
    assert len(turns) > 20
    assert leaking(kept(file).sample, [*turns]) == []


def test_a_german_screen_tells_causes_in_german_and_whoever_reads_the_same_trial_in_english_is_told_in_english(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    (tmp_path / "cases.csv").write_text("Frage;Antwort\n" + "".join(f"{one.input};{one.case.split('-')[1]}\n" for one in items()), encoding="utf-8")
    broken = {"north": TRUNCATED, "wessex": EMPTY}

    def reply(body: dict[str, object]) -> str | Said:
        asked = str(body["messages"][-1]["content"])  # type: ignore[index]
        return next((said for name, said in broken.items() if name in asked), json.dumps({"label": asked.split()[8]}))

    with scripted(reply) as server:
        file.write_text(ENGAGEMENT.replace("workflows:", f"language: de\nendpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
        parts = ak.open(file).ui.bakeoff
        *fields, plan, planned = parts.plan().children
        exact, by, _, calls = parts.consent().children
        button, _, told = parts.run().children
        plan.click()
        assert "Dies ist eine Vorführung" in planned.value and "Frage = input" in planned.value
        fields[0].value = "elsewhere.csv"
        plan.click()
        assert "solche Datei gibt es nicht" in told.value or "gibt es nicht" in told.value
        for field, value in zip(fields, ("", "", server.url, "m", "", "", ""), strict=True):
            field.value = value
        plan.click()
        assert "Choose exactly one of" in exact.value  # what a model is asked is the same whoever looks
        by.value = "Ann"
        button.click()
        assert "setzen Sie also eine Grenze mit --max-calls" in told.value and server.bodies == []
        calls.value = 500
        button.click()
        tried = Counter(one.expected for one in kept(file, id=next((tmp_path / "bakeoff").glob("*/logs")).parent.name).sample.tried)
        for words, name in (("die Antwort wurde bei ihrer größten Länge abgeschnitten", "north"), ("die Adresse schickte eine leere Antwort", "wessex")):
            assert words in told.value and f": {3 * tried[name]}" in told.value
        done = command("bakeoff", "run", file, "--trial", next((tmp_path / "bakeoff").glob("*/logs")).parent.name, "--max-calls", 500, "--json")

    assert json.loads(done.stdout)["failed"]["the endpoint sent an empty answer"] == 3 * tried["wessex"]
    rows = json.loads(command("bakeoff", "read", file, "--trial", next((tmp_path / "bakeoff").glob("*/logs")).parent.name, "--json").stdout)["rows"]
    assert {(row["breaks"]["too_long"], row["breaks"]["failed"]) for row in rows if row["way"] != "head"} == {(tried["north"], tried["wessex"])}


def test_a_judge_is_held_against_the_people_who_marked_a_part(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    def reply(body: dict[str, object]) -> str:
        asked = str(body["messages"][-1]["content"])  # type: ignore[index]
        if body["model"] == "judge":
            return json.dumps({"right": "no" if "Other answer: no idea" in asked else "yes"})
        return "no idea" if "north" in asked else f"It is {asked.split()[8]}."

    file = tmp_path / "acme.yaml"
    with scripted(reply) as server:
        file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
        (tmp_path / "s.csv").write_text("case,input,expected\n" + "".join(f"{one.case},{one.input},{one.expected}\n" for one in items()[:40]), encoding="utf-8")
        planned = json.loads(command("bakeoff", "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", server.url, "--model", "m", "--judge", "judge", "--ways", "zero", "--json").stdout)
        assert command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 100).exit_code == 0
    path = tmp_path / "bakeoff" / planned["trial"] / "sheet-zero.xlsx"
    book = load_workbook(path)
    sheet = book["Marks"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    answers = {row: sheet.cell(row, heads["output"]).value for row in range(2, 22)}
    stricter = next(row for row, said in answers.items() if said != "no idea")
    for row, said in answers.items():
        sheet.cell(row, heads["right"], "no" if said == "no idea" or row == stricter else "yes")
    book.save(path)
    found = command("bakeoff", "read", file, "--json")
    row = json.loads(found.stdout)["rows"][0]
    wrong = sum("north" in body["messages"][-1]["content"] for body in server.bodies if body["model"] == "m")

    assert (planned["scoring"], row["cases"], row["right"]) == ("judge", 20, 20 - wrong)
    assert (row["people"]["cases"], row["people"]["same"]) == (20, 0.95) and 0 < row["people"]["kappa"] < 1
    assert len(server.bodies) == 40


def test_a_trial_read_twice_says_the_same_and_tells_declined_from_formless(tmp_path: Path) -> None:
    def reply(body: dict[str, object]) -> str | Said:
        asked = str(body["messages"][-1]["content"])  # type: ignore[index]
        return Said("", finish="content_filter") if "north" in asked else "I think so" if "centre" in asked else '{"label": "wessex"}'

    file = tmp_path / "acme.yaml"
    with scripted(reply) as server:
        rows = "case,input,expected\n" + "".join(f"{one.case},{one.input},{one.case.split('-')[1]}\n" for one in items())
        planned = planned_at(server, file, rows, "--ways", "zero,head")
        assert command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 100).exit_code == 0
    first, again = (json.loads(command("bakeoff", "read", file, "--json").stdout) for _ in range(2))
    folder = tmp_path / "bakeoff" / planned["trial"]
    tried = Counter(one.expected for one in kept(file).sample.tried)
    others = sum(tried.values()) - tried["north"] - tried["centre"] - tried["wessex"]

    assert first == again and planned["refused"] is None
    assert first["rows"][0]["breaks"] == {"not_found": 0, "found_but_wrong": 0, "wrong_form": tried["centre"], "mended": 0, "wrong": others, "declined": tried["north"], "too_long": 0, "failed": 0}
    assert {mark.failure for mark in read_results(folder / "logs" / "zero.json").marks if mark.outcome == "wrong"} == {"behaviour"}  # training mended them
    (line,) = read(file).consents
    assert (line.date, line.sha256) == (date.today(), fingerprint((folder / "would_be_sent.txt").read_bytes()))  # noqa: DTZ011

    keep(other := replace(kept(file), sent="0" * 64), file)  # as another version would have planned it
    refused = command("bakeoff", "run", file, "--trial", other.id, "--by", "Ann", "--max-calls", 100)
    assert refused.exit_code == 2 and "plan it anew" in " ".join(refused.output.split())


def test_an_answer_with_fields_is_asked_for_by_schema_and_told_field_by_field(tmp_path: Path) -> None:
    def reply(body: dict[str, object]) -> str:
        words = str(body["messages"][-1]["content"]).split()  # type: ignore[index]
        return "no idea" if words[8] == "north" else json.dumps({"plan": words[4], "region": words[8] if words[8] != "centre" else "north"})

    file = tmp_path / "acme.yaml"
    with scripted(reply) as server:
        rows = "".join(json.dumps({"case": one.case, "input": one.input, "expected": dict(zip(("region", "plan"), one.case.split("-")[::-1], strict=True))}) + "\n" for one in items())
        assert planned_at(server, file, rows, "--ways", "zero,nearest")["scoring"] == "fields"
        assert command("bakeoff", "run", file, "--by", "Ann", "--max-calls", 100).exit_code == 0
    row = json.loads(command("bakeoff", "read", file, "--json").stdout)["rows"][0]
    tried = Counter(one.case.split("-")[1] for one in kept(file).sample.tried)

    assert {tuple(body["response_format"]["json_schema"]["schema"]["required"]) for body in server.bodies} == {("plan", "region")}
    assert row["fields"] == {"plan": tried["north"], "region": tried["north"] + tried["centre"]}
    assert (row["breaks"]["wrong_form"], row["breaks"]["wrong"], row["right"]) == (tried["north"], tried["centre"], 40 - tried["north"] - tried["centre"])


def test_what_failed_with_the_right_text_is_asked_again_within_what_is_left(tmp_path: Path) -> None:
    broken = [True]

    def reply(body: dict[str, object]) -> str | Said:
        return "no idea" if "Use these texts" not in str(body["messages"]) else EMPTY if broken[0] else "pr1"

    file = tmp_path / "acme.yaml"
    with scripted(reply) as server:
        rows = "case,input,expected,passage\n" + "".join(
            f"{one.case},{one.input},pr1,The {one.case} plan has tariff pr1.\n" if i % 2 else f"{one.case},{one.input},{one.expected},\n"
            for i, one in enumerate(items()[:40])
        )
        planned = planned_at(server, file, rows, "--ways", "zero")
        known = sum(bool(one.passage) for one in kept(file).sample.tried)
        first = command("bakeoff", "run", file, "--by", "Ann", "--max-calls", planned["calls"], "--json")
        broken[0] = False
        refused = command("bakeoff", "run", file, "--by", "Ann", "--max-calls", planned["calls"])  # all of them are spent
        second = command("bakeoff", "run", file, "--by", "Ann", "--max-calls", planned["calls"] + known, "--json")
    row = json.loads(command("bakeoff", "read", file, "--json").stdout)["rows"][0]

    assert planned["calls"] == 20 + known and len(server.bodies) == 20 + 2 * known
    assert (first.exit_code, sum(json.loads(first.stdout)["failed"].values())) == (1, known)
    assert refused.exit_code == 2 and f"needs {planned['calls'] + known} with those of earlier runs" in " ".join(refused.output.split())
    assert (second.exit_code, json.loads(second.stdout)["requests"], json.loads(second.stdout)["requests_in_all"]) == (0, known, planned["calls"] + known)
    assert (row["right"], row["cases"], row["breaks"]["mended"], row["breaks"]["wrong"]) == (0, 20, known, 20 - known)


def test_long_answers_and_odd_signs_lose_no_case_and_a_text_with_the_answer_is_seen_in_what_people_mark(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    long = "word " * 4_000
    replies = {"north": long, "wessex": f"six{chr(7)}{chr(0x202E)}", "centre": json.dumps({"why": long})}
    file, texts = tmp_path / "acme.yaml", tmp_path / "texts"
    texts.mkdir()
    for one in items():
        (texts / f"{one.case}.txt").write_text(f"The {one.case.replace('-', ' plan in the ')} region has a tariff of its own.", encoding="utf-8")
    with scripted(lambda body: next((said for name, said in replies.items() if name in str(body["messages"][-1]["content"])), "six")) as server:
        rows = "case,input,passage\n" + "".join(f"{one.case},{one.input},{one.case}.txt\n" for one in items())
        planned = planned_at(server, file, rows, "--ways", "zero,rag", "--texts", texts, "--most-tokens", 6_000)
        done = command("bakeoff", "run", file, "--by", "Ann", "--max-calls", planned["calls"])
    folder = tmp_path / "bakeoff" / planned["trial"]
    for way in ("zero", "rag"):
        book = load_workbook(folder / f"sheet-{way}.xlsx")
        for row in range(2, 42):
            book["Marks"].cell(row, 4, "no")
        book.save(folder / f"sheet-{way}.xlsx")
    zero, rag = json.loads(command("bakeoff", "read", file, "--json").stdout)["rows"]

    assert (done.exit_code, planned["calls"]) == (0, 80), done.output  # people judge, so no case that failed is asked again
    assert (zero["cases"], rag["cases"], zero["hit_rate"], rag["hit_rate"]) == (40, 40, None, rag["breaks"]["found_but_wrong"] / 40)
    assert rag["breaks"]["not_found"] + rag["breaks"]["found_but_wrong"] == 40


@pytest.mark.soak
def test_a_run_killed_twenty_times_asks_little_twice_and_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("case,input,expected\n" + "".join(f"{one.case},{one.input},{one.case.split('-')[1]}\n" for one in items()), encoding="utf-8")
    ended = []
    for kills in (0, 1, 20):
        with scripted(lambda body: Said(json.dumps({"answer": str(body["messages"][-1]["content"]).split()[8]}), wait=0.2)) as server:
            file = tmp_path / f"kills{kills}" / "acme.yaml"
            file.parent.mkdir()
            file.write_text(ENGAGEMENT.replace("workflows:", f"endpoints: ['{server.url}']\nworkflows:"), encoding="utf-8")
            call = [sys.executable, "-m", "advisorkit", "bakeoff"]
            subprocess.run([*call, "plan", file, "--sample", tmp_path / "s.csv", "--endpoint", server.url, "--model", "m", "--ways", "zero,nearest,fixed", "--cases", "40"], check=True)
            draw = random.Random(1)
            for _ in range(kills):
                before = len(server.bodies)
                started = subprocess.Popen([*call, "run", file, "--by", "Ann", "--max-calls", "300"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                wanted = before + draw.randint(1, 8)
                while started.poll() is None and len(server.bodies) < wanted:
                    time.sleep(0.01)
                started.send_signal(signal.SIGKILL if kills > 1 else signal.SIGINT)
                assert started.wait() in (-signal.SIGKILL, 130, 0)
            subprocess.run([*call, "run", file, "--by", "Ann", "--max-calls", "300"], check=True, stdout=subprocess.DEVNULL)
            assert len(server.bodies) <= 120 + 4 * kills
            logs = sorted((file.parent / "bakeoff").glob("*/logs/*.json"))
            ended.append([[(mark.case, mark.outcome, mark.output, mark.input_tokens) for mark in read_results(log).marks] for log in logs])
    assert ended[0] == ended[1] == ended[2]
