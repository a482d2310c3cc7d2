"""The command line without a process of its own: what `advisorkit WORDS` does in the folder where it is called."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from advisorkit.cli import app


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])
