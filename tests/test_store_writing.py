"""What is written is what is read, and what did not change keeps its bytes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import engagements

from advisorkit import store
from advisorkit.engagement import Engagement


@pytest.fixture(scope="module")
def folder() -> Path:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(value=engagements)
def test_an_engagement_written_and_read_is_the_same(folder: Path, value: Engagement) -> None:
    file = folder / "fresh.yaml"
    file.unlink(missing_ok=True)

    store.write(file, value)

    assert store.read(file) == value


@given(value=engagements)
def test_the_job_file_holds_the_whole_engagement(folder: Path, value: Engagement) -> None:
    file = folder / "job.json"
    file.write_text(store.to_json(value), encoding="utf-8")

    assert store.read(file) == value
    assert store.to_json(store.read(file)) == store.to_json(value)


@settings(max_examples=60)
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
    written = store.write(file, before)

    second = store.write(file, after, written.fingerprint)

    assert store.read(file) == after
    assert second.notices == ()
