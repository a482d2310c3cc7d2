"""What a zygote does before its first fork, so that no report pays for it: import, and use once."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

import matplotlib as mpl

from advisorkit.batch.shell import CaptureShell, open_shell

__all__ = ["prime"]

_CELLS = (
    "import io, json, IPython.display, matplotlib.pyplot as plt, numpy, pandas, plotly.graph_objects, plotly.io, scipy.stats",
    "table = pandas.DataFrame({'a': ['x', 'y', 'x'], 'b': [1.0, 2.5, 4.0]}).groupby('a').agg({'b': ['sum', 'mean']})",
    "table.style.format('{:.1f}')",
    "table",
    "figure = plt.figure(); axes = figure.subplots(); axes.bar(['x', 'y'], [1, 2], label='l'); axes.plot([1]);",
    "axes.legend(); axes.set_title('t'); figure.savefig(io.StringIO(), format='svg'); plt.close(figure)",
    "plotly.io.to_html(plotly.graph_objects.Figure(plotly.graph_objects.Bar(x=['a'], y=[1])), include_plotlyjs=False)[:0]",
    "IPython.display.display(IPython.display.Markdown('a'), IPython.display.HTML('a'))",
    "print(numpy.random.default_rng(1).lognormal(size=3).sum())",
)
"""Uses of the libraries that templates are made of; no client's data."""


def prime(modules: Iterable[str]) -> None:
    """Import what reports need and use it once, then forget every name and setting that this left.

    Raises:
        RuntimeError: If a library does not work; the driver then sees the zygote as lost.
    """
    for name in modules:
        import_module(name)
    shell = open_shell()
    with mpl.rc_context():
        for cell in _CELLS:
            _use(shell, cell)
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]
    shell.execution_count = 1


def _use(shell: CaptureShell, cell: str) -> None:
    for output in shell.run(cell):
        if output["output_type"] == "error":
            raise RuntimeError(f"priming failed: {output['ename']}: {output['evalue']}")
