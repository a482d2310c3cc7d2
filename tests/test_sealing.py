"""A final report leaves a pack that rebuilds its figures and says what was changed."""

from __future__ import annotations

import getpass
import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import run

import advisorkit as ak
from advisorkit.batch.inputs import gather, job_of
from advisorkit.batch.sealing import FIGURES, SEAL, check, final, pack
from advisorkit.batch.values import Deliverable
from advisorkit.catalog.prices import COLUMNS
from advisorkit.files.disk import fingerprint
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.study.study import studies
from advisorkit.values.messages import EngagementError

SAMPLE = samples.path("marked-pilot")

CONSENT = f"consents: [{{date: 2026-11-20, by: Ms Careful, endpoint: https://host.example/v1, sha256: {'0' * 64}}}]\n"
READING = "    second_reading: {date: 2026-11-20, model: a-model, chances: {rag: 1}, quotes: {rag: They moan a lot.}}\n"


def final_file(folder: Path) -> Path:
    """The marked sample as a final that somebody answers for, nothing kept of it yet."""
    shutil.copy(SAMPLE.with_suffix(".csv"), folder)
    text = SAMPLE.read_text(encoding="utf-8").replace("workflows:\n  - id: service-desk\n", f"{CONSENT}workflows:\n  - id: service-desk\n    status: final\n{READING}", 1)
    text = text.replace("\nanswers:\n", "\nanswers:\n  languages: {value: 1, said_by: Ms Keen, private_note: They quarrel.}\n", 1)
    (folder / "acme.yaml").write_text(text + "\nreviewed_by: {name: Bo, date: 2026-11-21}\n", encoding="utf-8")
    return folder / "acme.yaml"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of a final report, its report beside it."""
    folder = tmp_path_factory.mktemp("final")
    result = run("report", final_file(folder), "--out", folder / "out", "--accept-stale")
    assert result.exit_code == 0, result.stderr
    (found,) = (folder / "out").glob("*.sealed.zip")
    return found


def changed(sealed: Path, folder: Path, **files: bytes) -> Path:
    """A copy of the pack and its report, some files of it changed and sealed again."""
    shutil.copytree(sealed.parent, folder, dirs_exist_ok=True)
    with zipfile.ZipFile(sealed) as parts:
        held = {name: parts.read(name) for name in parts.namelist()} | files
    seal = json.loads(held[SEAL])
    held[SEAL] = json.dumps(seal | {"files": {name: fingerprint(content) for name, content in held.items() if name != SEAL}}).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        for name, content in held.items():
            out.writestr(name, content)
    (folder / sealed.name).write_bytes(made.getvalue())
    return folder / sealed.name


def test_a_final_report_keeps_its_figures_and_leaves_a_pack_of_the_same_bytes_wherever_it_is_made(sealed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = sealed.parents[1] / "acme.yaml"
    whole = replace(read(file), accept_stale=True)
    assert whole.history[-1].told and whole.history[-1].basis
    rows = [Deliverable("", "", "", "client_report", "html", path.name, sha256=fingerprint(path.read_bytes())) for path in sealed.parent.glob("*report.html")]

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    assert pack(job_of(whole, file.parent), rows) == sealed.read_bytes()
    assert not final(job_of(replace(whole, workflows=(replace(whole.workflows[0], status="reviewed"),)), file.parent))


def test_every_door_to_a_final_keeps_its_figures_and_asks_who_answers_for_it(sealed: Path, tmp_path: Path) -> None:
    file = final_file(tmp_path)
    before, told = file.read_text(encoding="utf-8"), read(sealed.parents[1] / "acme.yaml").history[-1]

    file.write_text(before + "accept_stale: true\n", encoding="utf-8")
    (job,) = gather([file], keep=True).jobs
    assert read(file).history[-1] == told and json.loads(job.document)["engagement"]["history"][-1]["told"]

    file.write_text(before + "accept_stale: true\n", encoding="utf-8")
    work = ak.open(file)
    work.describe(owner="Mr Late")
    assert work.final().history[-1] == told == read(file).history[-1]
    assert "Mr Late" not in file.read_text(encoding="utf-8"), "an edit that was not saved stays in the session"
    written = file.read_bytes()
    work.undo()
    assert work.final().history[-1] == told and file.read_bytes() == written
    work.save()
    assert file.read_bytes() == written

    file.write_text(before.replace("reviewed_by", "# "), encoding="utf-8")
    work = ak.open(file)
    work.ui.deliver()
    work.ui._screen.edit("make", {"formats": ["html"]})
    assert "needs reviewed_by" in str(work.ui._screen.look.faults)
    assert work.ui._screen.delivery.busy is None


def test_a_pack_holds_no_path_no_user_no_private_note_and_nobody_else(sealed: Path) -> None:
    with zipfile.ZipFile(sealed) as parts:
        names, held = parts.namelist(), b"".join(parts.read(name) for name in parts.namelist() if not name.startswith("data/"))

    assert {"engagement.json", "marked-pilot.csv", "data/prices/package.csv", "data/assumptions.yaml", FIGURES, SEAL} <= set(names)
    assert not [name for name in names if name.startswith(("data/samples", "data/text", "/"))]
    words = [str(sealed.parents[1]), str(Path.home()), "They quarrel", "Ms Keen", "Ms Careful", "They moan", *([getpass.getuser()] if len(getpass.getuser()) > 5 else [])]
    assert [word for word in words if word.encode() in held] == []


def test_figures_come_out_of_the_pack_alone_although_prices_have_moved_on_and_one_that_does_not_is_named(sealed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workflow = read(sealed.parents[1] / "acme.yaml")
    before = studies(workflow, draws=64)[0].bill.total("prompt")
    row = dict.fromkeys(COLUMNS, "") | {
        "id": "anthropic:claude-sonnet-5-5/output", "unit": "1M tokens", "low": "900", "likely": "900", "high": "900", "currency": "USD",
        "since": "2026-11-01", "checked": "2026-11-01", "evidence": "seen", "source": "a later list"
    }
    (tmp_path / "prices.csv").write_text(f"{','.join(COLUMNS)}\n{','.join(row.values())}\n", encoding="utf-8")
    monkeypatch.setenv("ADVISORKIT_PRICES", str(tmp_path / "prices.csv"))
    assert studies(workflow, draws=64)[0].bill.total("prompt") != before
    with zipfile.ZipFile(sealed) as parts:
        figures: dict[str, Any] = json.loads(parts.read(FIGURES))
    gain = figures["cost"]["workflows"][0]["money"]["rag"]["gain"]
    gain["likely"] += 10_000

    _, faults = check(changed(sealed, tmp_path / "copy", **{FIGURES: json.dumps(figures).encode()}))

    (fault,) = faults  # the one that was changed; every other figure comes out again
    assert fault.where == "cost.workflows[0].money.rag.gain.likely"
    assert fault.message.startswith(f"was {gain['likely']} and is worked out as {gain['likely'] - 10_000}")


def test_what_was_changed_or_is_gone_is_told_all_at_once(sealed: Path, tmp_path: Path) -> None:
    there = changed(sealed, tmp_path)
    (page,) = tmp_path.glob("*report.html")
    page.write_bytes(page.read_bytes() + b" ")
    content = bytearray(there.read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    with zipfile.ZipFile(there, "w") as out:
        for name, words in held.items():
            if name != "data/gates.yaml":
                out.writestr(name, words.replace(b"rag", b"RAG") if name == "engagement.json" else words)
        out.writestr("more.txt", "more")

    result = run("seal", there)

    assert result.exit_code == 1
    assert all(words in result.stderr for words in ("is not the document that was sealed", "data/gates.yaml: is missing from the pack",
        "engagement.json: was changed after it was sealed", "more.txt: is not in the seal"))


def test_a_file_that_is_no_pack_is_refused(sealed: Path, tmp_path: Path) -> None:
    content = bytearray(sealed.read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1  # said to be encrypted
    with zipfile.ZipFile(sealed) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    (tmp_path / "0.zip").write_bytes(b"PK")
    (tmp_path / "1.zip").write_bytes(content)
    seal = json.loads(held[SEAL])
    for n, files in enumerate(({SEAL: b"[]"}, {SEAL: json.dumps(seal | {"files": None}).encode()}, {SEAL: json.dumps(seal | {"documents": []}).encode()}, {FIGURES: b"{"}), 2):
        with zipfile.ZipFile(tmp_path / f"{n}.zip", "w") as out:
            for name, words in {**held, **files}.items():
                out.writestr(name, words)

    for n in range(6):
        with pytest.raises(EngagementError, match="is not a sealed pack"):
            check(tmp_path / f"{n}.zip")
