"""The guide's commands and Python lines run, in the order in which they stand on the page."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from advisorkit.cli import main

GUIDE = Path(__file__).parents[1] / "docs" / "guide.md"
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", shlex.split(line, comments=True))
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_everything_on_the_page_runs_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for place, (language, text) in enumerate(BLOCK.findall(GUIDE.read_text(encoding="utf-8"))):
        if language == "python":
            test = doctest.DocTestParser().get_doctest(text, names, f"block {place}", GUIDE.name, 0)
            told: list[str] = []
            assert doctest.DocTestRunner().run(test, out=told.append, clear_globs=False).failed == 0, "".join(told)
            names = test.globs
        else:
            assert [line for line in text.splitlines() if line.strip() and run(line, monkeypatch) != 0] == []
    assert (tmp_path / "harbour.yaml").is_file()
    assert list((tmp_path / "reports").glob("*.html"))
