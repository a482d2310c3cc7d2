"""What is written is what is read, and what did not change keeps its bytes."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from strategies import engagements

from advisorkit.store import reading, samples, writing
from advisorkit.values.engagement import Advised, Answer, Engagement, Workflow
from advisorkit.values.messages import EngagementError, UsageError
from advisorkit.values.quantities import Estimate


@pytest.fixture(scope="module")
def folder() -> Path:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(value=engagements)
def test_an_engagement_written_and_read_is_the_same(folder: Path, value: Engagement) -> None:
    file = folder / "fresh.yaml"
    file.unlink(missing_ok=True)

    writing.write(file, value)

    assert reading.read(file) == value


@given(value=engagements)
def test_the_job_file_holds_the_whole_engagement(folder: Path, value: Engagement) -> None:
    file = folder / "job.json"
    file.write_text(writing.to_json(value), encoding="utf-8")

    assert reading.read(file) == value
    assert writing.to_json(reading.read(file)) == writing.to_json(value)


@given(before=engagements, after=engagements, keep=st.booleans())
def test_changes_written_into_a_file_give_the_new_engagement(
    folder: Path, before: Engagement, after: Engagement, keep: bool
) -> None:
    file = folder / "changed.yaml"
    file.unlink(missing_ok=True)
    if keep:
        first, *_ = before.workflows
        rest = [workflow for workflow in after.workflows if workflow.id != first.id]
        after = replace(after, workflows=(first, *rest), scenarios={})
    written = writing.write(file, before)

    second = writing.write(file, after, written.fingerprint)

    assert reading.read(file) == after
    assert second.notices == ()


COMMENTED = """\
# Our file for Acme
advisorkit: 1
client: "Acme"   # as on the contract
currency: EUR
as_of: 2026-11-20

workflows:
  # the first one
  - id: mail
    name: Sorting mail
    answers:
      # from the workshop
      citations: no          # nobody asked
      calls_per_month: 4e4   # per year / 12
      knowledge_change: [daily, weekly]
    status: draft

  # parked until spring
  - name: Contracts
    id: contracts
    notes:
      citations: >-
        Legal wants
        them
history: []
# the end
"""


def saved(folder: Path, text: str, change: Callable[[Engagement], Engagement]) -> list[str]:
    """Lines that differ after a change was written, old ones with -, new ones with +."""
    file = folder / "acme.yaml"
    file.write_bytes(text.encode())
    loaded = reading.load(file)
    assert writing.write(file, change(loaded.engagement), loaded.fingerprint).notices == ()
    assert reading.read(file) == change(loaded.engagement)
    after = file.read_bytes().decode()
    found = difflib.ndiff(text.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\n") for line in found if line[0] in "+-"]


def answered(value: Engagement, at: int = 0, /, **answers: Answer | None) -> Engagement:
    flows = list(value.workflows)
    kept = {name: answer for name, answer in {**flows[at].answers, **answers}.items() if answer is not None}
    flows[at] = replace(flows[at], answers=kept)
    return replace(value, workflows=tuple(flows))


def test_a_file_without_a_change_keeps_every_byte(tmp_path: Path) -> None:
    assert saved(tmp_path, COMMENTED, lambda value: value) == []


def test_a_changed_answer_changes_one_line_and_keeps_its_comment(tmp_path: Path) -> None:
    lines = saved(tmp_path, COMMENTED, lambda value: answered(value, citations=Answer(("required",))))

    assert lines == ["-       citations: no          # nobody asked", "+       citations: required          # nobody asked"]


def test_a_new_answer_is_one_new_line(tmp_path: Path) -> None:
    lines = saved(tmp_path, COMMENTED, lambda value: answered(value, operator=Answer(("nobody",), note="asked, twice")))

    assert lines == ['+       operator: {value: nobody, note: "asked, twice"}']


def test_an_answer_taken_back_is_one_line_less(tmp_path: Path) -> None:
    lines = saved(tmp_path, COMMENTED, lambda value: answered(value, knowledge_change=None))

    assert lines == ["-       knowledge_change: [daily, weekly]"]


def test_all_answers_taken_back_leave_the_comments(tmp_path: Path) -> None:
    gone = {"citations": None, "calls_per_month": None, "knowledge_change": None}
    lines = saved(tmp_path, COMMENTED, lambda value: answered(value, **gone))

    assert [line[0] for line in lines] == ["-", "-", "-"]
    assert "# from the workshop" in (tmp_path / "acme.yaml").read_text()


def test_the_first_answer_of_a_workflow_stands_below_it(tmp_path: Path) -> None:
    lines = saved(tmp_path, COMMENTED, lambda value: answered(value, 1, citations=Answer(("no",))))

    assert lines == ["+     answers: {citations: no}"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_added_to_a_fresh_file_stands_below_the_comments_of_what_is_above(tmp_path: Path, end: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(writing.new("acme", "Acme", "EUR", date(2026, 11, 20)), encoding="utf-8", newline=end)
    loaded = reading.load(file)
    flow = replace(loaded.engagement.workflows[0], assumptions={"label_price": Estimate.of(2.0)})
    advised = Advised(date(2026, 11, 20), "first-workflow", "prompt", "prompt", "no pilot yet")

    writing.write(file, replace(loaded.engagement, workflows=(flow, Workflow("second", "Second")), history=(advised,)), loaded.fingerprint)

    text = file.read_bytes().decode()
    taken = text.replace("# input_tokens:", "input_tokens:").replace("# engineer_day_rate:", "engineer_day_rate:")
    file.write_bytes(taken.encode())
    read = reading.read(file)
    assert text.count(end) == text.count("\n")
    assert [one.id for one in read.workflows] == ["first-workflow", "second"]
    assert read.workflows[0].workload["input_tokens"].likely == 600
    assert read.workflows[0].assumptions["label_price"].likely == 2
    assert read.assumptions["engineer_day_rate"].likely == 900
    assert read.history == (advised,)


def test_a_removed_workflow_takes_only_its_own_lines(tmp_path: Path) -> None:
    lines = saved(tmp_path, COMMENTED, lambda value: replace(value, workflows=value.workflows[:1]))

    assert [line[0] for line in lines] == ["-"] * 6
    assert "# parked until spring" in (tmp_path / "acme.yaml").read_text()


def test_advice_given_is_added_to_an_empty_history(tmp_path: Path) -> None:
    given_now = Advised(date(2026, 11, 20), "mail", "finetune", "prompt", "because")
    lines = saved(tmp_path, COMMENTED, lambda value: replace(value, history=(given_now,)))

    assert lines[0] == "- history: []"
    assert lines[1:3] == ["+ history:", "+   - date: 2026-11-20"]


def test_line_ends_of_windows_stay(tmp_path: Path) -> None:
    text = COMMENTED.replace("\n", "\r\n")
    lines = saved(tmp_path, text, lambda value: answered(value, operator=Answer(("nobody",))))

    assert lines == ["+       operator: nobody\r"]


def test_a_file_changed_by_somebody_else_while_ours_is_written_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, sync = tmp_path / "acme.yaml", os.fsync
    file.write_text(COMMENTED)
    loaded = reading.load(file)

    def slow_disk(handle: int) -> None:
        file.write_text(COMMENTED + "# their line\n")
        sync(handle)

    monkeypatch.setattr(os, "fsync", slow_disk)
    with pytest.raises(UsageError, match="changed by somebody else"):
        writing.write(file, replace(loaded.engagement, client="Ours"), loaded.fingerprint)

    assert file.read_text() == COMMENTED + "# their line\n"
    assert [path.name for path in tmp_path.iterdir()] == ["acme.yaml"]


def test_a_file_that_somebody_else_puts_there_while_ours_is_written_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, sync = tmp_path / "acme.yaml", os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (file.write_text(COMMENTED), sync(handle)))

    with pytest.raises(UsageError, match="put there by somebody else"):
        writing.write(file, Engagement("acme", "Ours", "EUR", date(2026, 11, 27), (Workflow("w", "W"),)))

    assert file.read_text() == COMMENTED


def test_a_file_changed_by_somebody_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(COMMENTED)
    loaded = reading.load(file)
    file.write_text(COMMENTED + "# their line\n")

    with pytest.raises(UsageError, match="changed by somebody else"):
        writing.write(file, loaded.engagement, loaded.fingerprint)

    assert file.read_text().endswith("# their line\n")


def test_a_file_that_is_gone_is_not_made_again_unasked(tmp_path: Path) -> None:
    loaded = writing.write(tmp_path / "a.yaml", reading.read(samples.path("source-text")))
    (tmp_path / "a.yaml").unlink()

    with pytest.raises(UsageError, match="is gone"):
        writing.write(tmp_path / "a.yaml", loaded.engagement, loaded.fingerprint)


def test_a_faulty_file_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(COMMENTED.replace("citations: no ", "citations: perhaps "))

    with pytest.raises(EngagementError, match="perhaps"):
        writing.write(file, reading.read(samples.path("source-text")))

    assert "perhaps" in file.read_text()


def test_what_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    value = reading.read(samples.path("source-text"))

    with pytest.raises(EngagementError, match="control character"):
        writing.write(tmp_path / "new.yaml", replace(value, client="bell \x07"))
    with pytest.raises(UsageError, match="cannot be written"):
        writing.write(tmp_path / "no such folder" / "new.yaml", value)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", samples.names())
def test_the_comments_of_a_sample_survive_an_edit(tmp_path: Path, name: str) -> None:
    text = samples.path(name).read_text(encoding="utf-8")
    lines = saved(tmp_path, text, lambda value: answered(value, calls_per_month=Answer(amount=Estimate.of(5))))

    assert [line[0] for line in lines] == ["-", "+"]


def test_a_file_in_braces_is_written_anew_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("{advisorkit: 1, client: A, currency: EUR, as_of: 2026-11-20, workflows: [{id: w, name: W}]} # c\n")
    loaded = reading.load(file)

    again = writing.write(file, answered(loaded.engagement, citations=Answer(("no",))), loaded.fingerprint)

    assert "comments in it were not kept" in again.notices[0]
    assert reading.read(file) == again.engagement
