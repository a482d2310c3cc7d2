"""The process that the fork server runs in: what it does before its first fork, so that no report pays for it.

It never reads an order or a job: its children do. It has one thread, since a lock held by a thread that does not exist in
a child would hang it.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterable
from contextlib import chdir, nullcontext, suppress
from dataclasses import replace
from importlib import import_module
from multiprocessing.forkserver import main as serve
from pathlib import Path

from advisorkit.batch.confining import adopt_orphans, end_offspring, threads
from advisorkit.batch.forks import Task
from advisorkit.batch.inputs import job_of
from advisorkit.batch.making import make, parameterised, reseed
from advisorkit.batch.shell import open_shell
from advisorkit.batch.templates import find_template
from advisorkit.batch.values import Job, Order, Template
from advisorkit.batch.worker import lay_out
from advisorkit.export.formats import RENDERERS
from advisorkit.store import samples
from advisorkit.store.reading import read

_CELLS = (
    "job = ''",
    "import io, json, IPython.display, matplotlib.pyplot as plt, numpy, pandas, plotly.express as px, plotly.graph_objects as go",
    "table = pandas.DataFrame({'a': ['x', 'y', 'x'], 'b': [1.0, 2.5, 4.0], 'c': [1, 2, 3]})",
    "table.groupby('a').agg({'b': ['sum', 'mean'], 'c': ['max']}).round(1)",
    "table.pivot(index='c', columns='a', values='b').style.format('{:,.1f}').background_gradient(axis=None)",
    "figure = plt.figure(); axes = figure.subplots(); axes.bar(['x', 'y'], [1, 2], label='l'); axes.plot([1]);",
    "axes.legend(); axes.set_title('t'); figure.savefig(io.StringIO(), format='svg'); plt.close(figure)",
    "for draw in (px.line, px.bar, px.scatter): draw(table, x='c', y='b', color='a', title='t').show()",
    "px.histogram(table, x='b').show(); px.pie(table, names='a', values='b').show()",
    "drawn = go.Figure(go.Bar(x=['a'], y=[1])).add_scatter(x=[1], y=[1]).update_layout(title='t'); drawn.show()",
    "drawn.to_html(include_plotlyjs=False)[:0]",
    "IPython.display.display(IPython.display.Markdown('a'), IPython.display.HTML('a'))",
    "numpy.quantile(numpy.random.default_rng(1).lognormal(size=30), [0.1, 0.9]), pandas.period_range('2026-01', periods=2, freq='M')",
)
"""Uses of the libraries that templates are made of."""
_REPORT = RENDERERS["html"]


def main(listener: str, *renderers: str) -> None:
    """Serve until standard input closes, which happens when the driver closes it or dies; leave nothing behind."""
    adopt_orphans()
    prime(renderers)
    Task.server = os.getpid()
    warnings.filterwarnings("ignore", "forkserver: waitpid")  # it adopts what reports leave behind
    if (count := threads()) > 1:
        Task.refusal = f"the primed process has {count} threads, so a fork could hang"
    with suppress(SystemExit):
        serve(int(listener), 0, [])
    end_offspring()
    shutil.rmtree(Path(os.environ["IPYTHONDIR"]).parent, ignore_errors=True)
    os._exit(0)


def prime(renderers: Iterable[str]) -> None:
    """Use libraries and renderers once, then forget every name and setting that this left.

    A renderer's module may have a function `prime`, which is called. Ours shows nothing but the blocks of our own
    reports and is used on the report of a bundled sample, whose client is invented; others are preceded by pandas,
    matplotlib and plotly.
    """
    shell, wanted = open_shell(), tuple(renderers)
    plain = any(renderer != _REPORT for renderer in wanted)
    settings = import_module("matplotlib").rc_context() if plain else nullcontext()
    with settings, tempfile.TemporaryDirectory() as name:
        for renderer in wanted:
            getattr(import_module(renderer.partition(":")[0]), "prime", int)()
        for number, order in enumerate(_sample_report() if one == _REPORT else _plain_use() for one in dict.fromkeys(wanted)):
            folder = Path(name) / str(number)
            folder.mkdir()
            lay_out(order, folder)
            with chdir(folder / "work"):
                make(folder)
            parameterised.cache_clear()  # what was run is not run again
            parameterised((folder / "template.ipynb").read_text(encoding="utf-8"))  # a child changes its own copy
            if reason := json.loads((folder / "outcome.json").read_text(encoding="utf-8")).get("reason"):
                print(f"priming: {reason}", file=sys.stderr)  # noqa: T201  it only costs speed; reports will say why
    gc.freeze()
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]
    shell.execution_count = 1
    reseed()


def _plain_use() -> Order:
    cells = [{"cell_type": "code", "metadata": {}, "source": text} for text in _CELLS]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return Order(Template("use", json.dumps(notebook)), Job("use", "", "{}"), {})


def _sample_report() -> Order:
    path = samples.path(samples.names()[0])
    engagement = read(path)
    job = job_of(replace(engagement, workflows=engagement.workflows[:1], scenarios={}), path.parent)
    return Order(find_template("client_report"), job, {"html": _REPORT})
