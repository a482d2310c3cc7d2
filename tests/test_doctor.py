"""What `advisorkit doctor` looks at, on a healthy machine and on spoilt ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisorkit.cli.doctor import Check, checks


def by_name(found: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in found}


def test_a_healthy_machine_has_nothing_missing(tmp_path: Path) -> None:
    found = checks(tmp_path)

    assert [check for check in found if check.state == "missing"] == []
    assert by_name(found)["making a report"].found == "works, in a forked process each"
    assert all(check.advice for check in found if check.state != "ok")


def test_unsafe_places_and_files_are_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = tmp_path / "ipython" / "profile_default" / "history.sqlite"
    synced = tmp_path / "OneDrive - Acme"
    for folder in (history.parent, synced):
        folder.mkdir(parents=True)
    history.write_bytes(b"typed")
    history.chmod(0o644)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("ACME_API_KEY", "x")
    monkeypatch.setenv("JUPYTER_PATH", "")

    found = by_name(checks(synced))

    assert found["shared folder"].state == found["notebook history"].state == "unsafe"
    assert "OneDrive - Acme" in found["shared folder"].found
    assert found["notebook history"].advice == f"chmod 600 {history}"
    assert "ACME_API_KEY" in found["keys in the environment"].found
    assert "ACME_API_KEY=x" not in str(found)
