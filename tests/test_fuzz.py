"""Files spoilt in every way: each reader reads them or refuses them in words; never anything else, never for long, never with much memory."""

from __future__ import annotations

import io
import os
import random
import resource
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, strategies as st

from advisorkit.calibration.closed_cases import read_cases
from advisorkit.export.brand import read_brand
from advisorkit.files.disk import read_source
from advisorkit.intake.brief import read_reply
from advisorkit.intake.mapping import propose, read_mapping
from advisorkit.intake.portfolio import portfolio
from advisorkit.intake.questionnaire import new_questionnaire, read_questionnaire
from advisorkit.pilots.results import read_results
from advisorkit.store.reading import load
from advisorkit.store.samples import path as sample
from advisorkit.values.messages import AdvisorError

HERE = Path(__file__).parent
NOTES = "Auditors insist on a source for every answer."
SPOILT = [
    *map(str.encode, (
        "\u0000", "'", '"', ":", "-", ",", ";", "\t", "\n", "\r", "..", "[", "]", "{", "}", "&a", "*a", "!!x", "<<:", "#", "\u202e", "\u2028",
        "\u200b", "\u00bd", "1e999", "1.250", "1,250", "-1", "nan", ".inf", "400\u202fpages", "=1+1", "\u001b[31m", "\\ud800", "<!DOCTYPE",
        "😀",
    )),
    b"\xff", b"\xef\xbb\xbf", b"{" * 400, b"[" * 400, b'{"a":' * 300, b"9" * 400, b"x" * 10_001, b"<c/>" * 2_000, b"<row>" * 2_000, b"\n" * 2_000,
]  # fmt: skip
READERS: dict[str, Callable[[Path], object]] = {
    "engagement": load, "table": lambda path: portfolio(path, "EUR", date(2026, 11, 20)), "proposal": propose, "marks": read_results,
    "questionnaire": read_questionnaire, "brand": read_brand, "cases": read_cases, "mapping": read_mapping,
    "reply": lambda path: read_reply(read_source(path).text, NOTES, str(path)),
}  # fmt: skip


@cache
def corpus() -> tuple[tuple[str, str, bytes], ...]:
    """Sound files: their reader, ending and content."""
    with TemporaryDirectory() as folder:
        sheet = Path(folder) / "q.xlsx"
        new_questionnaire(sheet)
        workbook = sheet.read_bytes()
    harbour = (HERE / "browser" / "harbour.yaml").read_bytes()
    return (
        ("engagement", ".yaml", harbour), ("engagement", ".yaml", sample("marked-pilot").read_bytes()),
        ("engagement", ".json",
            b'{"advisorkit":1,"id":"a","client":"A","currency":"EUR","as_of":"2026-11-20","workflows":[{"id":"w","name":"W","answers":{"corpus_tokens":"400 pages","calls_per_month":[1,2]}}]}'),
        ("table", ".csv", b'id,name,citations,calls_per_month,corpus_tokens\na,A,required,"1,5",400 pages\nb,B,,1000..4000,\n'),
        ("proposal", ".csv", b"Use case;Owner;Volume\nMail;Ann;5k\nFAQ;Bob;n/a\n"),
        ("marks", ".csv", sample("marked-pilot").with_suffix(".csv").read_bytes()),
        ("marks", ".jsonl", b'{"case": "1", "right": true, "input_tokens": 12}\n{"case": "2", "right": "no", "failure": "information"}\n'),
        ("marks", ".json", (HERE / "data" / "promptfoo_echo.json").read_bytes()), ("questionnaire", ".xlsx", workbook), ("table", ".xlsx", workbook), ("marks", ".xlsx", workbook),
        ("brand", ".yaml", b'name: A\nlogo: a.svg\nline: "Confidential"\n'), ("reply", ".txt", f"Here:\n```yaml\nanswers:\n  citations: {{value: required, quote: {NOTES}}}\n```\n".encode()),
        ("cases", ".jsonl", (HERE.parent / "advisorkit" / "data" / "cases.jsonl").read_bytes()[:6000]), ("mapping", ".yaml", b"headings:\n  Use case: {to: name}\nclient: A\n"),
    )  # fmt: skip


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """`content` with a few things inserted, cut, doubled or moved."""
    for _ in range(chance.randint(1, 4)):
        at, end = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
        end = min(end, at + chance.choice((1, 8, 200, 5000)))
        match chance.randrange(5):
            case 0 | 1:
                content = content[:at] + chance.choice(SPOILT) + content[at:]
            case 2:
                content = content[:at] + content[end:]
            case 3:
                content = content[:end] + content[at:end] * chance.choice((1, 2, 50)) + content[end:]
            case _:
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    return content[:400_000]


def spoilt_file(ending: str, content: bytes, chance: random.Random) -> bytes:
    """A spoilt file; of a workbook mostly one of its parts is spoilt, so that it still opens."""
    if ending != ".xlsx" or chance.random() < 0.2:
        return spoilt(content, chance)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        hurt = chance.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, spoilt(old.read(name), chance) if name == hurt else old.read(name))
    return made.getvalue()


def read_one(folder: Path, chance: random.Random) -> tuple[str, Path]:
    """Spoil one file of the corpus and have it read, mostly by its own reader."""
    own, ending, content = chance.choice(corpus())
    reader = own if chance.random() < 0.8 else chance.choice(sorted(READERS))
    path = folder / f"file{ending}"
    path.write_bytes(spoilt_file(ending, content, chance))
    with suppress(AdvisorError):
        READERS[reader](path)
    return reader, path


@given(st.integers(0, 2**64))
def test_a_spoilt_file_is_read_or_refused_in_words(seed: int) -> None:
    with TemporaryDirectory() as folder:
        read_one(Path(folder), random.Random(seed))


@pytest.mark.soak
def test_spoilt_files_for_ten_minutes(tmp_path: Path) -> None:
    first, end, count = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic() + float(os.environ.get("SOAK_SECONDS", "600")), 0
    seed = random.randrange(2**64)
    while time.monotonic() < end:
        count, before = count + 1, time.process_time()
        try:
            reader, path = read_one(tmp_path, random.Random(seed + count))
        except BaseException as error:
            raise AssertionError(f"seed {seed + count}: {type(error).__name__}: {error}") from error
        assert time.process_time() - before < 2 or count == 1, f"seed {seed + count}: {reader} took long on {path}"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first < 500_000, "kilobytes"
