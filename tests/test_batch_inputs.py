"""Odd files among good ones: each fails alone and is told in words; an engagement is read once on its way into a report."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from batch_faults.stage import jobs, make, notebook, renderer_on_path  # noqa: F401

from advisorkit.batch.inputs import gather, job_of
from advisorkit.batch.notebooks import find_template
from advisorkit.batch.values import Template
from advisorkit.store import reading, samples
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import EngagementError, UsageError

ENGAGEMENT = "advisorkit: 1\nclient: Client {0}\ncurrency: EUR\nas_of: 2026-11-20\nworkflows:\n  - id: mail\n    name: Mail\n"
PILOT = "    pilots: [{file: marks.csv, date: 2026-11-18, pass_mark: 0.8}]\n"


def odd(folder: Path, name: str) -> None:
    match name:
        case "deep.json":
            (folder / name).write_text('{"a":' * 327 + "1" + "}" * 327)
        case "loop.yaml":
            (folder / name).write_text(ENGAGEMENT.format("loop") + PILOT)
            (folder / "marks.csv").symlink_to("marks.csv")
        case "manifest.json":
            os.mkfifo(folder / name)
        case "turns.yaml":
            (folder / name).symlink_to(name)
        case "0gone.yaml":
            (folder / name).symlink_to("nowhere.yaml")
        case "twice.json":
            (folder / name).write_text('{"advisorkit":1,' + ",".join(f'"k{i}":1' for i in range(20_000)) + ',"k5":2}')
        case "unknown.yaml":
            (folder / name).write_text(ENGAGEMENT.format("unknown") + "    answers:\n" + "".join(f"      citat{i}: x\n" for i in range(20_000)))
        case "cells.yaml":
            (folder / name).write_text(ENGAGEMENT.format("cells") + PILOT.replace("marks.csv", "cells.xlsx"))
            (folder / "cells.xlsx").write_bytes(b"PK\3\4" + bytes(300))
        case "rates.yaml":
            (folder / name).write_text(ENGAGEMENT.format("rates").replace("EUR", "BHD\nexchange_rates: {USD: 1e308, EUR: 1e308}"))
        case "growth.yaml":
            (folder / name).write_text(ENGAGEMENT.format("growth") + "    assumptions: {growth_per_year: 1000, horizon_months: 1200}\n")
        case "bytes\udcff.yaml":
            (folder / name).write_text(ENGAGEMENT.format("bytes"))


ODD = ("deep.json", "loop.yaml", "manifest.json", "turns.yaml", "twice.json", "unknown.yaml", "cells.yaml", "rates.yaml", "growth.yaml", "bytes\udcff.yaml")


def test_of_twenty_files_the_good_ones_become_reports_whatever_stands_beside_them(tmp_path: Path) -> None:
    good = [f"client-{i:02}" for i in range(20 - len(ODD) - 1)] + ["𠮷田😀-co"]
    (tmp_path / "in").mkdir()
    for name in good:
        (tmp_path / "in" / f"{name}.yaml").write_text(ENGAGEMENT.format(name))
    for name in ODD:
        odd(tmp_path / "in", name)

    found = gather([tmp_path / "in"])
    result = make(notebook("from advisorkit.report.job import open_job; open_job(job)"), found.jobs, tmp_path / "out")

    made = [one.engagement for one in result.deliverables if one.status == "made"]
    assert len(found.jobs) == 20 and sorted(made) == sorted([*good[:-1], "co"])
    assert len(result.failed) == len(ODD)
    assert all(one.error and "itself failed" not in one.error for one in result.failed), [one.error for one in result.failed]


@pytest.mark.parametrize("name", ["deep.json", "loop.yaml", "manifest.json", "turns.yaml", "0gone.yaml"])
def test_an_odd_file_of_a_folder_fails_alone_and_in_words(name: str, tmp_path: Path) -> None:
    for client in ("a", "z"):
        (tmp_path / f"{client}.yaml").write_text(ENGAGEMENT.format(client))
    odd(tmp_path, name)

    found = {job.engagement: job for job in gather([tmp_path]).jobs}

    assert set(found) == {"a", "z", name.partition(".")[0]}
    assert [job.engagement for job in found.values() if job.faults] == [name.partition(".")[0]]
    assert all(fault.message for job in found.values() for fault in job.faults)


def test_a_file_named_twice_is_one_and_folders_that_are_not_looked_into_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ENGAGEMENT.format("a"))
    for inner in ("acme", "empty", ".git"):
        (tmp_path / inner).mkdir()
    (tmp_path / "acme" / "b.yaml").write_text(ENGAGEMENT.format("b"))
    found = gather([tmp_path, tmp_path / "a.yaml", tmp_path])

    assert [job.engagement for job in found.jobs] == ["a"]
    assert found.notices[0] == f"{tmp_path}: folders in it are not looked into, so name them too: acme"
    (tmp_path / "a.yaml").unlink()
    with pytest.raises(UsageError, match="holds no engagement file .*; folders in it are not looked into, so name them too: acme"):
        gather([tmp_path])


def test_tables_in_a_folder_that_nothing_names_are_told(tmp_path: Path) -> None:
    (tmp_path / "mail.yaml").write_text(ENGAGEMENT.format("mail") + PILOT)
    for name in ("marks.csv", "ideas.xlsx", "old.csv", "~$ideas.xlsx"):
        (tmp_path / name).write_text("case,right\n1,yes\n")

    assert gather([tmp_path]).notices[0] == f"{tmp_path}: tables in it are not read, so name those that are lists of use cases too: ideas.xlsx, old.csv"


def test_a_file_and_a_link_to_it_are_one_under_the_files_own_name(tmp_path: Path) -> None:
    (tmp_path / "mail.yaml").write_text(ENGAGEMENT.format("mail"))
    for name in ("a.yaml", "z.yaml"):
        (tmp_path / name).symlink_to("mail.yaml")

    assert [job.engagement for job in gather([tmp_path]).jobs] == ["mail"]


def test_what_a_request_does_to_an_engagement_fails_that_engagement_alone(tmp_path: Path) -> None:
    for client in ("a", "b"):
        (tmp_path / f"{client}.yaml").write_text(ENGAGEMENT.format(client))

    def prepare(engagement: Engagement) -> Engagement:
        return engagement if engagement.client == "Client a" else engagement.under("a scenario" * (1 // (len(engagement.client) - 8)))

    (first, second) = gather([tmp_path], prepare).jobs

    assert not first.faults
    assert "advisorkit itself failed on it (ZeroDivisionError: " in str(second.faults[0])


def test_a_pipe_as_template_and_a_link_to_itself_as_folder_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "out").symlink_to("out")

    with pytest.raises(UsageError, match="is a device or a pipe"):
        find_template(tmp_path / "pipe.ipynb")
    with pytest.raises(EngagementError, match="output folder .* cannot be used"):
        make(notebook("1"), jobs(1), tmp_path / "out")


COUNTING = """
import builtins, json
from advisorkit.files import trees
from advisorkit.store import reading
builtins.counted = []

def counting(module, name):
    whole = getattr(module, name)
    setattr(module, name, lambda *given: builtins.counted.append(name) or whole(*given))

counting(reading, "understand_tree"), counting(reading, "parse"), counting(trees, "parse_json"), counting(trees, "parse_yaml")
"""


def test_an_engagement_is_read_once_in_the_process_of_its_report(tmp_path: Path) -> None:
    path = samples.path("source-text")
    engagement = reading.read(path)
    job = job_of(replace(engagement, workflows=engagement.workflows[:1], scenarios={}), path.parent)
    whole = json.loads(find_template("client_report").notebook)
    cells = [notebook_cell(COUNTING), *whole["cells"], notebook_cell("print('read:', ', '.join(builtins.counted))")]

    result = make(Template("counting", json.dumps({**whole, "cells": cells})), (job,), tmp_path)

    assert result.ok, result.failed[0].error
    assert "read: understand_tree\n" in (tmp_path / result.deliverables[0].path).read_text()


def notebook_cell(source: str) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
