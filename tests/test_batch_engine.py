"""One report in its own process: the same as in a kernel, apart from every other, and stopped when it goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import nbformat
import papermill
import pytest
from batch_faults.stage import HERE, WORK, jobs, make, notebook, renderer_on_path, sales  # noqa: F401

from advisorkit.batch.forks import FORKS
from advisorkit.batch.runner import produce
from advisorkit.batch.values import BatchResult, Limits
from advisorkit.batch.worker import NAME
from advisorkit.values.messages import UsageError

OUTPUTS = (
    "import json\nfrom IPython.display import HTML, Markdown, clear_output, display\nfacts = json.load(open(job)); facts",
    "print('one'); print('two', end='\\r'); print('three')\nimport sys; print('to stderr', file=sys.stderr)",
    "handle = display(Markdown('before'), display_id='x')\nfor n in range(3): display(HTML(f'<b>{n}</b>'))",
    "handle.update(Markdown('after'))\n_",
    "print('gone'); clear_output(); print('stays')",
    "%%capture caught\nprint('caught')",
    "caught.stdout, len(Out), __name__",
    ("import matplotlib.pyplot as plt\nimport matplotlib\nmatplotlib.rcParams['svg.hashsalt'] = 'x'\n%config InlineBackend.figure_formats = ['svg']\n"
    "%config InlineBackend.print_figure_kwargs = {'metadata': {'Date': None}}\nplt.plot([1, 2]); plt.show()"),
    "class Plain:\n    def _repr_html_(self): return '<i>own</i>'\nPlain()",
    "!echo from a shell",
    "import random, numpy\nrandom.random(), numpy.random.rand(), numpy.random.default_rng().random(), hash('text')",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "import os\nsorted(name for name in os.environ if 'KEY' in name), os.listdir('.')  # no key of the user, only job.json",
)


def at_once(*calls: Callable[[], BatchResult]) -> list[BatchResult]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def page(out: Path, name: str = "client-0_trial.html") -> str:
    return (out / name).read_text(encoding="utf-8")


def test_a_forked_process_and_a_kernel_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of the consultant")
    whole = ["".join(cell["source"]) for cell in json.loads(sales().notebook)["cells"] if cell["cell_type"] == "code"]
    template = notebook(*OUTPUTS, *(cell for cell in whole if not cell.startswith("job =")))
    for result in at_once(*(partial(make, template, jobs(1), tmp_path / engine, engine=engine) for engine in ("advisorkit", "kernel"))):
        assert result.ok, result.failed[0].error

    assert page(tmp_path / "advisorkit") == page(tmp_path / "kernel")
    assert "data:image/svg+xml" in page(tmp_path / "kernel")
    assert page(tmp_path / "kernel").count('class="figure"') == 4
    for shown in ("([], ['job.json'])", "three", "to stderr", "after", "stays", "own", "from a shell", "awaited"):
        assert shown in page(tmp_path / "advisorkit")


SPY = """
import gc, json, os, random, sys
import numpy as np, pandas as pd
facts = json.load(open(job))
print('attribute', getattr(np, 'left', None), 'environment', os.environ.get('LEFT'), 'option', pd.get_option('display.precision'))
print('files', os.listdir('.'), 'modules', 'left_module' in sys.modules, 'builtin', hasattr(__builtins__, 'left'))
print('secret held', any('SECRET-' in text for text in gc.get_objects() if isinstance(text, str)))
np.left = facts['client']; os.environ['LEFT'] = 'x'; pd.set_option('display.precision', 2)
open('left.txt', 'w').write('x'); sys.modules['left_module'] = sys; random.seed(1); np.random.seed(1)
held = [f"SECRET-{facts['client']}" for _ in range(1000)]
"""


def test_nothing_that_a_report_leaves_behind_reaches_another(tmp_path: Path) -> None:
    result = make(notebook(SPY), jobs(6), tmp_path, jobs_at_once=1)

    assert result.ok
    pages = [page(tmp_path, f"client-{n}_trial.html") for n in range(6)]
    assert len(set(pages)) == 1
    assert "attribute None environment None option 6" in pages[0]
    assert "secret held False" in pages[0]


def test_a_secret_of_one_client_is_in_no_other_file(tmp_path: Path) -> None:
    secret = "canary-7f3a9c"
    (first, *others) = jobs(5)
    marked = type(first)(first.engagement, first.client, json.dumps({"client": "Client 0", "calls": 1, "secret": secret}))
    show = f"{WORK}\nfacts.get('secret')"

    make(notebook(show), (marked, *others), tmp_path, jobs_at_once=2)

    holding = {path.name for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()}
    assert holding == {"client-0_trial.html"}
    assert not any(secret in path.read_text(errors="replace") for path in FORKS.scratch().rglob("*") if path.is_file())


def test_random_numbers_differ_between_reports_and_repeat_on_a_second_run(tmp_path: Path) -> None:
    draw = "import random, numpy\nprint(random.random(), numpy.random.rand(), numpy.random.default_rng().random())"
    for run in ("first", "second"):
        make(notebook(draw), jobs(4), tmp_path / run)

    first, second = ([page(tmp_path / run, f"client-{n}_trial.html") for n in range(4)] for run in ("first", "second"))
    assert first == second
    assert len(set(first)) == 4


FAULTS = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "exits": ("import sys; sys.exit(0)", "ended the report before its last cell"),
    "quits": ("exit()", "ended the report before its last cell"),
    "leaves": ("import os; os._exit(0)", "its process ended before the report was finished"),
    "leaves badly": ("import os; os._exit(3)", "its process ended with status 3"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "its process was ended by SIGSEGV"),
    "hangs": ("import time; time.sleep(600)", "took longer than 3 s"),
    "hangs in C": ("import ctypes; ctypes.CDLL(None).sleep(600)", "took longer than 3 s"),
    "eats memory": ("held = bytearray(4 * 1024**3)", "MemoryError"),
    "asks": ("input('name?')", "EOFError"),
    "does not parse": ("a b", "SyntaxError"),
    "shouts": ("raise ValueError('\\ud800 \\x1b[31m' + 'x' * 10**6)", r"ValueError: \ud800 \x1b[31mxxx"),
}


def test_a_cell_that_goes_wrong_fails_its_report_alone_and_is_shown(tmp_path: Path) -> None:
    branches = "\n".join(f"if facts['fault'] == {name!r}:\n    exec({code!r})" for name, (code, _) in FAULTS.items())
    base = jobs(1)[0]
    wanted = [
        type(base)(name.replace(" ", "-").lower(), name, json.dumps({"client": name, "fault": name})) for name in [*FAULTS, "sound"]
    ]

    result = make(notebook(WORK, branches), tuple(wanted), tmp_path, limits=Limits(seconds=3, megabytes=1024))

    rows = {row.client: row for row in result.deliverables}
    assert [row.client for row in result.deliverables if row.status == "made"] == ["sound"]
    for name, (_, said) in FAULTS.items():
        assert said in rows[name].error and len(rows[name].error) < 2000
        assert "in cell 3 of the template" in rows[name].error
        kept = nbformat.read(tmp_path / "failed" / f"{rows[name].engagement}_trial.ipynb", as_version=4)
        assert name in kept.cells[1].outputs[0].text
        assert "error" in {output.output_type for output in kept.cells[-1].outputs}


def test_what_cells_showed_before_a_crash_is_kept_whatever_signs_it_holds(tmp_path: Path) -> None:
    shown = "Łódź \u2028 \x85 \ud800 end"

    make(notebook(WORK, f"print({shown!a})", "import os; os._exit(3)"), jobs(1), tmp_path)

    kept = json.loads((tmp_path / "failed" / "client-0_trial.ipynb").read_text())
    assert [output["text"] for output in kept["cells"][2]["outputs"]] == [f"{shown}\n"]


def test_a_note_that_was_cut_in_the_middle_of_a_sign_costs_nothing_else(tmp_path: Path) -> None:
    cut = "import os\nwith open('../cells.jsonl', 'ab') as notes:\n    notes.write(b'[\"x\", \"\\xc3')\nos._exit(3)"

    result = make(notebook(WORK, "print('first')", cut), jobs(1), tmp_path)

    assert "ended with status 3\n  in cell 4 of the template" in result.failed[0].error
    kept = json.loads((tmp_path / "failed" / "client-0_trial.ipynb").read_text())
    assert kept["cells"][2]["outputs"][0]["text"] == "first\n"


def test_a_template_that_shows_errors_in_its_own_way_fails_all_the_same(tmp_path: Path) -> None:
    quiet = "get_ipython().set_custom_exc((Exception,), lambda *seen, **more: None)"

    result = make(notebook(WORK, quiet, "1 / 0", "print('went on')"), jobs(1), tmp_path)

    assert "ZeroDivisionError: division by zero\n  in cell 4 of the template" in result.failed[0].error


def test_a_report_may_run_a_notebook_of_its_own_with_the_engine(tmp_path: Path) -> None:
    inner = json.dumps(json.loads(notebook("seen = 6 * 7", "seen").notebook))
    run = (
        f"import papermill; open('inner.ipynb', 'w').write({inner!r})\n"
        "done = papermill.execute_notebook('inner.ipynb', None, engine_name='advisorkit', progress_bar=False)\n"
        "print('inside', done.cells[-1].outputs[0].data['text/plain'], 'seen' in globals())"
    )

    assert make(notebook(WORK, run), jobs(1), tmp_path).ok
    assert "inside 42 False" in page(tmp_path)


def test_a_primed_process_holds_no_file_locks_whose_work_after_every_fork_would_slow_it(tmp_path: Path) -> None:
    make(notebook("import sys\nprint('held', 'filelock' in sys.modules)"), jobs(1), tmp_path)

    assert "held False" in page(tmp_path)


def test_a_report_without_an_answer_in_time_takes_its_own_children_with_it(tmp_path: Path) -> None:
    start = "import subprocess; subprocess.Popen(['sleep', '601'], start_new_session=True)\nimport time; time.sleep(600)"

    result = make(notebook(start), jobs(1), tmp_path, limits=Limits(seconds=2))

    assert "took longer" in result.failed[0].error
    kept = nbformat.read(tmp_path / "failed" / "client-0_trial.ipynb", as_version=4)
    assert kept.cells[-1].outputs[-1].ename == "Stopped"
    assert not [line for line in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines() if line == "sleep 601"]


def test_an_output_that_our_page_cannot_show_fails_the_report(tmp_path: Path) -> None:
    chart = "from IPython.display import display\ndisplay({'application/vnd.plotly.v1+json': {'data': []}}, raw=True)"

    result = produce(notebook(chart), jobs(1), tmp_path, ("html",))

    assert "cell 2 has an output that no renderer knows (application/vnd.plotly.v1+json)" in result.failed[0].error


def test_a_kernel_that_goes_wrong_fails_its_report_and_leaves_no_process(tmp_path: Path) -> None:
    ends = "import sys, ctypes\nsys.exit(0) if facts['calls'] == 900 else ctypes.string_at(0)"
    hangs = "import ctypes; ctypes.PyDLL(None).sleep(600)"

    ended, hung = at_once(
        partial(make, notebook(WORK, ends, "1"), jobs(2), tmp_path / "ended", engine="kernel"),
        partial(make, notebook(WORK, hangs), jobs(1), tmp_path / "hung", engine="kernel", limits=Limits(seconds=8)),
    )

    assert "before its last cell\n  in cell 3 of the template" in ended.deliverables[0].error
    assert "DeadKernelError: Kernel died\n  in cell 3 of the template" in ended.deliverables[1].error
    assert "took longer than 8 s" in hung.failed[0].error
    assert not [entry for entry in Path("/proc").glob("[0-9]*") if f"{FORKS.scratch()}/report-" in environ(entry)]


def environ(entry: Path) -> str:
    with suppress(OSError):
        return (entry / "environ").read_text(errors="replace")
    return ""


def test_a_template_with_widgets_or_in_another_language_goes_to_a_kernel(tmp_path: Path) -> None:
    result = make(notebook("import ipywidgets", "print('drawn by a kernel')"), jobs(1), tmp_path)

    assert result.ok
    assert any("needs a Jupyter kernel" in notice for notice in result.notices)
    assert "drawn by a kernel" in page(tmp_path)


def test_a_primed_process_with_a_second_thread_refuses_to_fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "threaded.py").write_text("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\nfrom plain_page import render\n")
    monkeypatch.setenv("PYTHONPATH", f"{HERE}{os.pathsep}{tmp_path}")
    FORKS.close()
    result = produce(notebook(WORK), jobs(1), tmp_path / "out", {"html": "threaded:render"})
    FORKS.close()

    assert "has 2 threads, so a fork could hang; use --engine kernel" in result.failed[0].error


def test_plain_papermill_finds_the_engine(tmp_path: Path) -> None:
    """As an installation registers it: through the entry point of pyproject.toml."""
    record = tmp_path / "site" / "advisorkit-0.0.0.dist-info"
    record.mkdir(parents=True)
    (record / "entry_points.txt").write_text("[papermill.engine]\nadvisorkit = advisorkit.batch.worker:ForkEngine\n")
    (tmp_path / "in.ipynb").write_text(notebook("import os; job, os.getpid() != os.getppid()", "1 / 0").notebook)
    command = [sys.executable, "-m", "papermill", "--engine", "advisorkit", "in.ipynb", "out.ipynb", "-p", "job", "x.json"]
    paths = os.pathsep.join([str(HERE.parents[1]), str(tmp_path / "site")])

    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)

    assert "ZeroDivisionError" in done.stderr
    kept = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "('x.json', True)" in [o.data["text/plain"] for c in kept.cells if c.cell_type == "code" for o in c.outputs if "data" in o]


def test_papermill_is_told_of_unknown_parameters_and_of_a_notebook_that_ended_without_a_trace(tmp_path: Path) -> None:
    lost = "import os; open(os.environ['TMPDIR'] + '/../cells.jsonl', 'w').close(); os._exit(4)"
    (tmp_path / "lost.ipynb").write_text(notebook("job", lost).notebook)
    for given, said in (({"jop": "x.json"}, "unknown parameter jop; the notebook has job"), ({}, "was not run to its end: its process ended with status 4")):
        with pytest.raises(UsageError, match=said):
            papermill.execute_notebook(tmp_path / "lost.ipynb", None, given, engine_name=NAME, progress_bar=False)


def test_a_report_that_begins_while_the_batch_is_stopped_starts_no_process() -> None:
    folder = FORKS.scratch() / "report-late"
    FORKS.close()

    assert FORKS.run(folder, Limits(), "advisorkit.batch.making:make").reason == "the batch was stopped"
    assert FORKS.pid is None


def test_too_little_memory_fails_the_report_in_words(tmp_path: Path) -> None:
    hungry, little = notebook(WORK, "held = bytearray(10**8)"), Limits(60, 1)
    for result in at_once(*(partial(make, hungry, jobs(1), tmp_path / engine, engine=engine, limits=little) for engine in ("advisorkit", "kernel"))):
        error = result.failed[0].error
        assert "emory" in error or "its process ended" in error


def test_a_second_report_comes_from_the_process_that_the_first_waited_for(tmp_path: Path) -> None:
    make(notebook(WORK), jobs(1), tmp_path / "first")
    primed = FORKS.pid
    make(notebook(WORK, "import os; print('parent', os.getppid())"), jobs(1), tmp_path / "second")

    assert primed is not None and FORKS.pid == primed
    assert f"parent {primed}" in page(tmp_path / "second")
