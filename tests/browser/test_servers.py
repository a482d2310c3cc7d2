"""What the servers let in, and what they keep to themselves."""

from __future__ import annotations

import subprocess
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from advisorkit.screens.live import Server

pytestmark = pytest.mark.browser


def fetched(address: str) -> str:
    """What anybody on this machine gets to see there; a login page or a refusal is fine."""
    try:
        with urllib.request.urlopen(address) as answer:
            return f"{answer.url} {answer.read().decode(errors='replace')}"
    except HTTPError as refused:
        return f"login needed: {refused.code}" if refused.code in (403, 404) else str(refused)


@pytest.mark.parametrize("route", ["voila", "lab"])
def test_without_the_token_nothing_of_the_client_is_shown(route: str, file: Path, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(route)
    for path in ("voila/render/1_assessment.ipynb", "api/contents", "doc/tree/1_assessment.ipynb", "voila/files/1_assessment.ipynb"):
        seen = fetched(f"{server.address}/{path}")
        assert "login" in seen
        assert "ak.open" not in seen


@pytest.mark.parametrize("route", ["voila", "lab"])
def test_the_token_stands_on_no_command_line(route: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(route)
    processes = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout

    assert server.token not in processes


def test_only_this_machine_is_listened_to(voila: Server) -> None:
    port = int(voila.address.rpartition(":")[2])
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split()[1] for line in lines if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")]

    assert listening == [f"0100007F:{port:04X}"]


def test_a_key_of_the_users_reaches_no_kernel(voila: Server) -> None:
    environ = Path(f"/proc/{voila.process.pid}/environ").read_bytes().decode(errors="replace")
    names = {line.partition("=")[0] for line in environ.split("\0")}

    assert not {name for name in names if "KEY" in name or "SECRET" in name or "TOKEN" in name}
    assert {"PATH", "IPYTHONDIR"} <= names
