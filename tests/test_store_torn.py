"""Whatever stands in a file, reading it gives an engagement or faults that name it; a killed write gives old or new."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import given, strategies as st

from advisorkit.files.disk import SourceText
from advisorkit.store import reading, samples, writing
from advisorkit.store.reading import understand
from advisorkit.values.messages import EngagementError

TEXT = samples.path("source-text").read_text(encoding="utf-8")[:4000]
PIECES = ["&a", "*a", "<<: ", "!!int ", "- ", ": ", "{", "}", "[", "]", "\n", "  ", "\t", "#", '"', "'", "|", ">", "%", "@", "?",
          "null", "-1", "1e999", ".nan", "yes", "id: ", "answers:", "\0", "\x85", "\u2028", "\ufeff", "𝕏"]


def outcome(text: str, file: str) -> None:
    found = None
    try:
        understand(SourceText(file, text, ""))
    except EngagementError as error:
        found = error.faults
    assert found != ()
    assert all(fault.file == file and fault.message and str(fault).isprintable() for fault in found or ())


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200), st.sampled_from(("a.yaml", "a.json")))
def test_any_text_is_read_or_refused(text: str, file: str) -> None:
    outcome(text, file)


@given(st.integers(0, len(TEXT)), st.integers(0, 30), st.lists(st.sampled_from(PIECES), max_size=4))
def test_a_damaged_sample_is_read_or_refused(at: int, cut: int, pieces: list[str]) -> None:
    outcome(TEXT[:at] + "".join(pieces) + TEXT[at + cut :], "a.yaml")


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ("id", "name", "answers", "citations", "value", "workflows", "scenarios", "history", "pilots", "file", "prices")), inner, max_size=4),
    max_leaves=12,
))
def test_any_value_anywhere_is_read_or_refused(value: object) -> None:
    base = json.loads(writing.to_json(reading.read(samples.path("published-deployments"))))
    for key in ("answers", "workflows", "scenarios", "priors", "prices", "history", "id", "advisorkit", "sample"):
        outcome(json.dumps(base | {key: value}), "a.json")


WRITER = """
import sys
from advisorkit.files.disk import write_bytes
print("ready", flush=True)
while True:
    for letter in b"ab":
        write_bytes(sys.argv[1], bytes([letter]) * 3_000_000)
"""


def test_a_write_killed_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a" * 3_000_000)

    for i in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.005 + 0.007 * i)
            writer.send_signal(signal.SIGKILL)
        content = file.read_bytes()
        assert content in (b"a" * 3_000_000, b"b" * 3_000_000)
