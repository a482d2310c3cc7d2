"""The process that the fork server runs in: what it does before its first fork, so that no report pays for it.

It never reads an order or a job: its children do. It has one thread, since a lock held by a thread that does not exist in
a child would hang it.
"""

import gc
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterable
from contextlib import chdir, suppress
from dataclasses import replace
from importlib import import_module
from multiprocessing.forkserver import main as serve
from pathlib import Path

from advisorkit.batch.forks import Task, adopt_orphans, end_offspring
from advisorkit.batch.inputs import job_of
from advisorkit.batch.making import make, open_shell, parameterised, reseed
from advisorkit.batch.notebooks import find_template
from advisorkit.batch.values import Job, Order, Template
from advisorkit.batch.worker import lay_out
from advisorkit.export.formats import RENDERERS
from advisorkit.store import samples
from advisorkit.store.reading import read

_USE = """job = ''
import pandas, plotly.express as px
table = pandas.DataFrame({'a': ['x', 'y', 'x'], 'b': [1.0, 2.5, 4.0]})
table.groupby('a').agg({'b': ['sum', 'mean']}).style
px.line(table, x='a', y='b', color='a', title='t').show(); px.bar(table, x='a', y='b').show(); px.histogram(table, x='b').show()
"""
"""A use of the libraries that tables and figures of other renderers are made of."""
_REPORT, _OURS = RENDERERS["html"], "advisorkit.export."


def main(listener: str, *renderers: str) -> None:
    """Serve until standard input closes, which happens when the driver closes it or dies; leave nothing behind."""
    adopt_orphans()
    prime(renderers)
    Task.server = os.getpid()
    warnings.filterwarnings("ignore", "forkserver: waitpid")  # it adopts what reports leave behind
    if (count := sum(1 for _ in Path("/proc/self/task").iterdir())) > 1:
        Task.refusal = f"the primed process has {count} threads, so a fork could hang"
    with suppress(SystemExit):
        serve(int(listener), 0, [])
    end_offspring()
    shutil.rmtree(Path(os.environ["IPYTHONDIR"]).parent, ignore_errors=True)
    os._exit(0)


def prime(renderers: Iterable[str]) -> None:
    """Use libraries and renderers once, then forget every name that this left.

    Ours is used on the report of a bundled sample, whose client is invented; others are preceded by pandas and plotly. The
    module of a renderer may have a function `prime`, which is called.
    """
    shell = open_shell()
    import_module("scipy.optimize")  # of a report of several workflows it would be a fiftieth
    for renderer in renderers:
        getattr(import_module(renderer.partition(":")[0]), "prime", int)()
    for ours in sorted({renderer.startswith(_OURS) for renderer in renderers}):
        with tempfile.TemporaryDirectory() as name:
            _use(_sample_report() if ours else _plain_use(), Path(name))
    gc.freeze()
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]
    shell.execution_count = 1
    reseed()


def _use(order: Order, folder: Path) -> None:
    lay_out(order, folder)
    with chdir(folder / "work"):
        make(folder)
    parameterised.cache_clear()  # what was run is not run again
    parameterised((folder / "template.ipynb").read_text(encoding="utf-8"))  # a child changes its own copy
    if reason := json.loads((folder / "outcome.json").read_text(encoding="utf-8")).get("reason"):
        print(f"priming: {reason}", file=sys.stderr)  # noqa: T201  it only costs speed; reports will say why


def _plain_use() -> Order:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": _USE}
    return Order(Template("use", json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})), Job("use", "", "{}"), {})


def _sample_report() -> Order:
    path = samples.path(samples.names()[0])
    engagement = read(path)
    job = job_of(replace(engagement, workflows=engagement.workflows[:1], scenarios={}), path.parent)
    return Order(find_template("client_report"), job, {"html": _REPORT})
