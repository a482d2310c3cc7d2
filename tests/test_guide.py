"""The pages for consultants hold what runs: the guide in its order, the example template as a notebook."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from advisorkit.batch.inputs import gather
from advisorkit.batch.runner import produce
from advisorkit.cli import main
from advisorkit.store import samples

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
            assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append, clear_globs=False).failed == 0, "".join(told)
            names = test.globs
        else:
            assert [line for line in text.splitlines() if line.strip() and run(line, monkeypatch) != 0] == []
    assert (tmp_path / "harbour.yaml").is_file()
    assert list((tmp_path / "reports").glob("*.html"))


def test_the_example_template_makes_a_document(tmp_path: Path) -> None:
    page = (GUIDE.parent / "templates.md").read_text(encoding="utf-8")
    parameters, *cells = (new_code_cell(text.strip()) for _, text in BLOCK.findall(page))
    parameters.metadata["tags"] = ["parameters"]
    notebook = new_notebook(cells=[parameters, *cells], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    nbformat.write(notebook, tmp_path / "board_note.ipynb")
    made = produce(tmp_path / "board_note.ipynb", gather([samples.path("marked-pilot")]).jobs, tmp_path / "out")

    (row,) = made.deliverables
    assert row.error == ""
    text = (tmp_path / "out" / row.path).read_text(encoding="utf-8")
    assert "Two names by Friday" in text
    assert "Where this probably ends" in text
    assert "Chart. Summer is quieter. Hours: May, 120" in text
    assert "Chart. More searching, more complaints. Months: 120, 3; Months: 140, 5; Months: 95, 2." in text
    assert re.search(r"<caption>.*?Hours spent on searching.*?</caption>.*?Month.*?Hours.*?June.*?140", text, re.DOTALL)
    assert 'aria-label="Hours spent on searching rise in June and fall in July"' in text
    assert "<svg" in text
