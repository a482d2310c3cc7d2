"""A batch run from a notebook: what its author sees meanwhile, and what is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from batch_faults.stage import WORK, notebook
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

CALL = """from advisorkit.batch.runner import produce
from advisorkit.batch.values import Job, Template
template = Template("trial", open("trial.ipynb").read())
wanted = [Job(f"client-{n}", "", '{"client": "x", "calls": ' + str(n) + "}") for n in range(4)]
produce(template, wanted, "night", {"ipynb": "nbformat:writes"}, jobs_at_once=1)"""


class Watched(NotebookClient):
    """Keeps every text that was on the screen."""

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        self.seen = [*getattr(self, "seen", []), msg["content"].get("data", {}).get("text/plain", "")]
        return super().process_message(msg, cell, cell_index)


def test_a_notebook_shows_a_bar_with_rate_and_time_left_and_keeps_one_line_and_the_count(tmp_path: Path) -> None:
    (tmp_path / "trial.ipynb").write_text(notebook(WORK, "time.sleep(0.5)").notebook)
    book = new_notebook(cells=[new_code_cell(CALL)])
    client = Watched(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}})

    client.execute()

    bars = [text for text in client.seen if text.startswith("Reports")]
    assert bars[0] == f"Reports {'░' * 30} 0 of 4 reports"
    assert any(re.fullmatch(r"Reports █{15}░{15} 2 of 4 reports, [\d.]+ a (second|minute), 0:00:\d\d left", bar) for bar in bars)
    kept = [output["data"]["text/plain"] for output in book.cells[0].outputs]
    assert re.fullmatch(r"4 of 4 reports in 0:00:\d\d", kept[0])
    assert kept[1:] == ["4 made, 0 unchanged, 0 failed in night"]
