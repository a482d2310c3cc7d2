"""Every command of the README runs, in its order, in a folder of its own."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run

README = Path(__file__).parents[1] / "README.md"
ELSEWHERE = {"make test": "it is what runs this", "make demo": "covered by the demo below; it builds an environment"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def commands() -> list[str]:
    lines = [line.split(" #")[0].split("    #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and line not in ELSEWHERE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("readme")
    (made / "ideas.csv").write_text("Our ideas\n\nUse Case Name,Bureau,Personal data?\nInvoice sorting,Finance,a) Yes\nPolicy answers,Legal,b) No\n")
    return made


def in_shell(folder: Path, line: str) -> tuple[int, str]:
    """Exit code and stderr of a line with a shell's own signs, and so of the command as people start it."""
    (folder / "bin").mkdir(exist_ok=True)
    command = folder / "bin" / "advisorkit"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m advisorkit "$@"\n')
    command.chmod(0o755)
    env = {**os.environ, "PATH": os.pathsep.join((str(folder / "bin"), os.environ["PATH"])), "PYTHONPATH": str(README.parent)}
    done = subprocess.run(["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stderr


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_does_its_work(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if ">" in line:
        code, said = in_shell(folder, line)
    else:
        name, *words = shlex.split(line)
        assert name == "advisorkit"
        result = run(*words)
        code, said = result.exit_code, result.stderr

    assert code == 0, said
    assert "Traceback" not in said


def test_a_command_of_the_readme_runs_in_a_shell() -> None:
    assert any(">" in line for line in commands())


def test_the_first_screen_names_both_commands() -> None:
    top = README.read_text(encoding="utf-8").splitlines()[:25]

    assert any(line.startswith("make demo") for line in top)
    assert any(line.startswith("make test") for line in top)


def test_the_python_of_the_readme_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (code,) = blocks("python")
    (folder / "readme.py").write_text(code)

    runpy.run_path("readme.py")


def test_the_demo_says_what_it_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)

    done = run("demo", "--out", "demo")

    assert done.exit_code == 0, done.stderr
    for name in re.findall(r"\S+\.html", done.stdout):
        assert (folder / "demo" / name).stat().st_size > 10_000
