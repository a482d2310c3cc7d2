"""Servers for a session, and the workbooks that they serve."""

from __future__ import annotations

import ast
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from advisorkit.screens.connection import PromptConnection
from advisorkit.screens.live import WORKBOOKS, _configure, copy_workbooks, live
from advisorkit.values.messages import UsageError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "tests" / "browser" / "harbour.yaml", tmp_path / "acme's.yaml"))


def cells(path: Path) -> list[dict[str, object]]:
    return json.loads(path.read_text())["cells"]  # type: ignore[no-any-return]


def code(path: Path) -> list[dict[str, object]]:
    return [cell for cell in cells(path) if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_has_short_cells_no_logic_and_no_outputs(name: str) -> None:
    coded = code(ROOT / "workbooks" / f"{name}.ipynb")
    for cell in coded:
        source = "".join(cell["source"])  # type: ignore[arg-type]
        assert len(source.splitlines()) <= 5
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert not any(isinstance(node, ast.If | ast.For | ast.FunctionDef | ast.Lambda) for node in ast.walk(ast.parse(source)))
    assert [n for n, cell in enumerate(coded) if cell["metadata"].get("tags") == ["app"]] == [0, len(coded) - 1], "Voilà opens the file and shows the screen"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_is_parts_below_short_headings(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy_workbooks(file)
    monkeypatch.chdir(folder)
    session, shown = {"__name__": "__main__"}, 0
    for cell in cells(folder / f"{name}.ipynb"):
        source = "".join(cell["source"])  # type: ignore[arg-type]
        if cell["cell_type"] == "markdown":
            assert source.startswith("#") and all(len(line) <= 110 for line in source.splitlines())
            continue
        *lines, last = ast.parse(source).body
        exec(compile(ast.Module(lines, []), name, "exec"), session)
        if isinstance(last, ast.Expr):
            assert eval(compile(ast.Expression(last.value), name, "eval"), session) is not None
            shown += 1
        else:
            exec(compile(ast.Module([last], []), name, "exec"), session)
    assert shown >= 5


def test_workbooks_are_copied_with_their_headings_in_the_language_of_the_file(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "language: de\n", encoding="utf-8")

    english, german = (["".join(cell["source"]) for cell in cells(folder / "2_costs.ipynb")] for folder in (ROOT / "workbooks", copy_workbooks(file)))  # type: ignore[arg-type]

    assert german[0].startswith("# Kosten\n\nWas jeder Weg kostet")
    assert [own for own, said in zip(german, english, strict=True) if own == said and own.startswith("#")] == []
    assert german[2:4] == english[2:4], "what runs is the same in every language"


def test_workbooks_are_copied_beside_the_file_and_open_it(file: Path) -> None:
    folder = copy_workbooks(file)

    assert sorted(path.stem for path in folder.glob("*.ipynb")) == sorted(WORKBOOKS)
    source = "".join(code(folder / "1_assessment.ipynb")[0]["source"])  # type: ignore[arg-type]
    assert ast.parse(source)
    assert '"../acme\'s.yaml"' in source


def test_a_workbook_that_was_edited_is_kept(file: Path) -> None:
    edited = copy_workbooks(file) / "2_costs.ipynb"
    edited.write_text("mine")
    copy_workbooks(file)

    assert edited.read_text() == "mine"


def test_both_servers_send_every_message_at_once_and_as_fast_as_they_come(tmp_path: Path) -> None:
    _configure(tmp_path, tmp_path, "secret", 9)

    for name, app in (("jupyter_server_config", "ServerApp"), ("voila", "Voila")):
        told = json.loads((tmp_path / "config" / f"{name}.json").read_text())
        line = import_item(told[app]["kernel_websocket_connection_class"])(config=Config(told))
        assert type(line) is PromptConnection
        assert (line.iopub_msg_rate_limit, line.iopub_data_rate_limit) == (0, 0)


def test_a_missing_file_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"acme\.yaml: no such file.*advisorkit new acme\.yaml"):
        live(tmp_path / "acme.yaml")


def test_a_taken_port_is_said_before_anything_starts(file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="port .* cannot be used"):
            live(file, port=taken.getsockname()[1])


def test_a_folder_that_cannot_be_written_is_said(file: Path) -> None:
    file.with_name("acme's.yaml.workbooks").write_text("a file where the folder should be")

    with pytest.raises(UsageError, match="workbooks cannot be put there"):
        live(file)


def below(pid: int) -> dict[int, str]:
    """Every process that descends from `pid`, with its command line."""
    lines = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [(int(a), int(b), words) for a, b, stat, words in (line.split(None, 3) for line in lines) if not stat.startswith("Z")]
    found, parents = dict[int, str](), {pid}
    while more := {own: words for own, parent, words in rows if parent in parents and own not in found}:
        found |= more
        parents |= more.keys()
    return found


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no terminals to close")
@pytest.mark.parametrize("sent", ["SIGHUP", "SIGTERM"])
def test_closing_the_terminal_ends_server_and_kernels(file: Path, sent: str) -> None:
    command = [sys.executable, "-m", "advisorkit", "live", str(file), "--app", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=file.parent) as served:
        assert served.stdout
        assert "is ready" in served.stdout.readline()
        end = time.monotonic() + 60
        while "ipykernel" not in str(there := below(served.pid)) and time.monotonic() < end:
            time.sleep(0.2)
        assert "voila" in str(there)
        assert "ipykernel" in str(there)

        served.send_signal(getattr(signal, sent))

        assert served.wait(60) == 128 + getattr(signal, sent)
    end = time.monotonic() + 20
    while (left := [pid for pid in there if Path(f"/proc/{pid}").exists()]) and time.monotonic() < end:
        time.sleep(0.2)
    assert left == []
