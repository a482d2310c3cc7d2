"""What a zygote does before its first fork, so that no report pays for it: import, and use once."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

import matplotlib.backends.backend_svg
import matplotlib.pyplot
import pandas
import plotly.graph_objects
import plotly.io
import scipy.stats

from advisorkit.batch.shell import CaptureShell, open_shell

__all__ = ["prime"]

_CELLS = (
    "import io, json, numpy, pandas, plotly.graph_objects, plotly.io, matplotlib.pyplot, IPython.display",
    "table = pandas.DataFrame({'a': ['x', 'y', 'x'], 'b': [1.0, 2.5, 4.0]}).groupby('a').agg({'b': ['sum', 'mean']})",
    "table.style.format('{:.1f}')",
    "table",
    "figure = matplotlib.pyplot.figure(); axes = figure.subplots(); axes.bar(['x', 'y'], [1, 2], label='l'); axes.plot([1])\n"
    "axes.legend(); axes.set_title('t'); figure.savefig(io.StringIO(), format='svg'); matplotlib.pyplot.close(figure)",
    "plotly.io.to_html(plotly.graph_objects.Figure(plotly.graph_objects.Bar(x=['a'], y=[1])), include_plotlyjs=False)[:0]",
    "IPython.display.Markdown('a'), IPython.display.HTML('a')",
    "print(numpy.random.default_rng(1).lognormal(size=3).sum() * 0)",
)
"""Uses of the libraries that templates are made of; no client's data."""


def prime(modules: Iterable[str]) -> None:
    """Import what reports need and use it once, then forget every name and setting that this left."""
    for name in modules:
        import_module(name)
    shell = open_shell()
    with matplotlib.rc_context():
        for cell in _CELLS:
            _try(shell, cell)
    shell.reset(new_session=True)
    shell.execution_count = 1


def _try(shell: CaptureShell, cell: str) -> None:
    for output in shell.run(cell):
        if output["output_type"] == "error":
            raise RuntimeError(f"priming failed: {output['ename']}: {output['evalue']}")
