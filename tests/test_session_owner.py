"""Whose session it is: diaries, workbooks and documents belong to one file, engagement id and client."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

import advisorkit as ak
from advisorkit.pilots.results import read_results
from advisorkit.screens.live import copy_workbooks
from advisorkit.screens.screen import Screen
from advisorkit.store import samples
from advisorkit.store.reading import read
from advisorkit.store.writing import to_json
from advisorkit.study import pilots
from advisorkit.values.messages import AdvisorError, EngagementError

CLIENT = """advisorkit: 1
client: {client}
currency: EUR
as_of: 2026-11-20
workflows: [{{id: w, name: Letters, answers: {{calls_per_month: 1000}}}}]
"""


def of_client(path: Path, client: str) -> Path:
    path.write_text(CLIENT.format(client=client), encoding="utf-8")
    return path


def tried_in(path: Path) -> ak.Work:
    """A session in which a what-if is in the middle and a question is parked."""
    copy_workbooks(path)
    work = ak.open(path)
    work.assume(engineer_day_rate=(7777, 7777, 7777))
    work.park("budget")
    return work


def test_what_one_client_tried_is_not_met_in_a_file_of_the_same_stem(tmp_path: Path) -> None:
    tried_in(of_client(tmp_path / "acme.yaml", "Nordwind"))
    other = of_client(tmp_path / "acme.json", "Südwind")
    other.write_text(to_json(read(tmp_path / "acme.yaml")).replace("Nordwind", "Südwind"), encoding="utf-8")
    copy_workbooks(other)
    work = ak.open(other)
    work.keep()
    work.save()

    assert work.state.tried == {}
    assert work.state.parked == ()
    assert "engineer_day_rate" not in read(other).workflow("w").assumptions
    assert copy_workbooks(tmp_path / "acme.yaml") != copy_workbooks(other)
    assert ak.open(tmp_path / "acme.yaml").state.parked == ("budget",)


@pytest.mark.parametrize("ident", ["", "id: acme\n"])
def test_a_file_that_now_holds_the_next_client_starts_afresh(tmp_path: Path, ident: str) -> None:
    file = of_client(tmp_path / "engagement.yaml", "Nordwind")
    file.write_text(file.read_text() + ident)
    tried_in(file)
    first = copy_workbooks(file)
    of_client(file, "Südwind").write_text(CLIENT.format(client="Südwind") + ident, encoding="utf-8")
    second = copy_workbooks(file)

    assert first != second, "workbooks hold cells that one client's session wrote"
    assert ak.open(file).state.tried == {}
    of_client(file, "Nordwind").write_text(CLIENT.format(client="Nordwind") + ident, encoding="utf-8")
    assert ak.open(file).state.parked == ("budget",), "the first client's session is still there"


def test_a_session_whose_file_became_another_clients_takes_nothing_along_and_writes_nothing_over_it(tmp_path: Path) -> None:
    file = of_client(tmp_path / "engagement.yaml", "Nordwind")
    work = tried_in(file)
    work.answer("citations", "required")
    show = Screen(work, "assessment")
    of_client(file, "Südwind")
    there = file.read_bytes()
    show.edit("mine", {})

    assert file.read_bytes() == there
    assert "another engagement" in show.look.notices[0].words

    show.edit("load", {})

    assert work.engagement.client == "Südwind"
    assert work.state.tried == {}
    assert work.state.parked == ()
    assert not work.past
    assert show.delivery.out.parent == work.file.folder


def test_a_screen_on_which_nothing_was_edited_follows_the_file_and_one_with_edits_asks(tmp_path: Path) -> None:
    file = of_client(tmp_path / "acme.yaml", "Harbour Mutual")
    show = Screen(ak.open(file), "assessment")
    file.write_text(file.read_text().replace("Harbour Mutual", "Harbour Group"))
    show.beat()
    assert (show.view["bar"]["client"], show.view["bar"]["notices"]) == ("Harbour Group", [])

    show.work.answer("budget", 20_000)
    file.write_text(file.read_text().replace("Harbour Group", "Harbour House"))
    show.beat()
    assert (show.view["bar"]["client"], show.view["bar"]["notices"][0]["kind"]) == ("Harbour Group", "conflict")


def test_what_could_not_be_written_and_was_undone_is_no_longer_said_to_be_unsaved(tmp_path: Path) -> None:
    file = of_client(tmp_path / "acme.yaml", "Nordwind")
    work, content = ak.open(file), file.read_bytes()
    file.unlink()
    work.answer("regulated", "yes")
    with pytest.raises(AdvisorError):
        work.save()
    assert work.file.refused

    file.write_bytes(content)
    work.undo()
    work.save()
    assert not work.file.refused


def test_a_session_opened_while_its_folder_was_elsewhere_finds_the_file_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, away = tmp_path / "client", tmp_path / "away"
    here.mkdir()
    file = of_client(here / "acme.yaml", "Nordwind")
    (here / "notebooks").mkdir()
    monkeypatch.chdir(here / "notebooks")
    here.rename(away)
    work = ak.open("../acme.yaml")
    away.rename(here)

    file.write_text(file.read_text(encoding="utf-8").replace("calls_per_month", "calls_a_month"), encoding="utf-8")
    with pytest.raises(EngagementError, match="unknown criterion"):
        work.catch_up()
    of_client(file, "Südwind")
    work.catch_up()
    assert work.engagement.client == "Südwind"


def test_marks_are_read_again_only_when_something_else_stands_in_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They were read at every edit, a fifth of its time. What was written within the same moment, at the same length, counts all the same."""
    for end in ("yaml", "csv"):
        shutil.copy(samples.path("marked-pilot").with_suffix(f".{end}"), tmp_path)
    file, marks = tmp_path / "marked-pilot.yaml", tmp_path / "marked-pilot.csv"
    seen = list[str]()
    monkeypatch.setattr(pilots, "read_results", lambda path, choice: seen.append(str(path)) or read_results(path, choice))
    work = ak.open(file)
    for minutes in (5, 6, 7):
        work.assume(review_minutes=minutes)
        assert work.judged().pilot is not None
    assert seen == [str(marks)]

    before, stat = work.judged().pilot, marks.stat()
    text = marks.read_text(encoding="utf-8")
    marks.write_text(re.sub(r"^(\d+),yes,", r"\1, no,", text, count=40, flags=re.MULTILINE), encoding="utf-8")
    os.utime(marks, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    work.assume(review_minutes=8)
    after = work.judged().pilot
    assert before and after and (before.diagnoses[-1].right.hits, after.diagnoses[-1].right.hits) == (80, 44)  # eight of the forty marks are one of two on a case, and take half of it
    assert (seen, marks.stat().st_size) == ([str(marks)] * 2, stat.st_size)
    marks.unlink()
    with pytest.raises(AdvisorError, match="there is no such file"):
        work.assume(review_minutes=9)
