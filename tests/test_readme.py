"""Every command of the README runs, in its order, in a folder of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
ELSEWHERE = {"make test": "it is what runs this", "make demo": "covered by the demo below; it builds an environment"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def commands() -> list[str]:
    lines = [line.split(" #")[0].split("    #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line and line not in ELSEWHERE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("readme")
    (place / "bin").mkdir()
    command = place / "bin" / "advisorkit"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m advisorkit "$@"\n')
    command.chmod(0o755)
    return place


def in_folder(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(folder / "bin"), os.environ["PATH"]))
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(README.parent)}
    return subprocess.run(["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_does_its_work(line: str, folder: Path) -> None:
    done = in_folder(folder, line)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_screen_names_both_commands() -> None:
    top = README.read_text(encoding="utf-8").splitlines()[:25]

    assert any(line.startswith("make demo") for line in top)
    assert any(line.startswith("make test") for line in top)


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    (code,) = blocks("python")
    (folder / "readme.py").write_text(code)

    done = in_folder(folder, f"{shlex.quote(sys.executable)} readme.py")

    assert done.returncode == 0, done.stderr


def test_the_demo_says_what_it_made(folder: Path) -> None:
    done = in_folder(folder, "advisorkit demo --out demo")

    assert done.returncode == 0, done.stderr
    for name in re.findall(r"\S+\.html", done.stdout):
        assert (folder / "demo" / name).stat().st_size > 10_000
