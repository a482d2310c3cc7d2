"""Whatever is killed, full or locked: no half-written deliverable, and a second run ends where an undisturbed one does."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from batch_faults.stage import WORK, driver, end_state, jobs, make, notebook, renderer_on_path  # noqa: F401
from filelock import FileLock

from advisorkit.batch.forks import FORKS, Forks
from advisorkit.values.messages import EngagementError, UsageError

REPORTS = 6
SLOW = notebook(WORK, "time.sleep(0.5); print('x' * 20000)")
CHANCE = random.Random(20261122)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed")
    assert make(SLOW, jobs(REPORTS), out).ok
    return dict(end_state(out))


def whole(out: Path, undisturbed: dict[str, bytes]) -> int:
    """How many deliverables stand under their final names; every one of them must be complete."""
    found = {name: content for name, content in end_state(out).items() if not name.startswith(".")} if out.exists() else {}
    assert all(undisturbed[name] == content for name, content in found.items())
    return len(found)


def finish(out: Path, undisturbed: dict[str, bytes]) -> None:
    """Run again: only what is missing is made, and the folder ends like an undisturbed one."""
    times = {path: path.stat().st_mtime_ns for path in out.glob("*.html")}
    result = make(SLOW, jobs(REPORTS), out)

    assert result.ok
    assert dict(end_state(out)) == undisturbed
    kept = [row.path for row in result.deliverables if row.status == "unchanged"]
    assert all((out / path).stat().st_mtime_ns == times[out / path] for path in kept)


def primed(out: Path) -> set[int]:
    """Primed processes of drivers that write to `out`, and their children: known by the temporary folder they were given."""
    found = set()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and f"TMPDIR={out.parent}" in (entry / "environ").read_text():
                found.add(int(entry.name))
    return found


def wait_for(met: object, seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if met():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def kill_drivers(times: int, out: Path, undisturbed: dict[str, bytes]) -> None:
    for _ in range(times):
        run = driver(SLOW, REPORTS, out)
        with run:
            wait_for((out / ".advisorkit").exists, 20)
            time.sleep(CHANCE.uniform(0, 6))
            run.kill()
        whole(out, undisturbed)
        assert wait_for(lambda: not primed(out), 40), "a primed process outlived its driver"
    finish(out, undisturbed)


def test_killing_the_driver_at_any_moment_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    kill_drivers(3, tmp_path / "out", undisturbed)


@pytest.mark.soak
def test_killing_the_driver_fifty_times_loses_nothing(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    for _ in range(10):
        kill_drivers(5, tmp_path / f"out-{_}", undisturbed)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in text.read_text().split()] if text.exists() else []


class Killer(threading.Thread):
    """Kills the primed process, or one of its children, at random moments while a batch runs."""

    def __init__(self, victim: str, times: int) -> None:
        super().__init__(daemon=True)
        self.victim, self.left, self.over = victim, times, threading.Event()

    def run(self) -> None:
        while self.left and not self.over.wait(CHANCE.uniform(0.05, 0.6)):
            pid = FORKS.pid
            at_work = children(pid) if pid else []
            target = pid if self.victim == "primed" else CHANCE.choice(at_work) if at_work else None
            if target and at_work:
                os.kill(target, signal.SIGKILL)
                self.left -= 1


def kill_under_way(victim: str, times: int, out: Path, undisturbed: dict[str, bytes]) -> None:
    killer = Killer(victim, times)
    killer.start()
    while killer.left:
        make(SLOW, jobs(REPORTS), out)
        whole(out, undisturbed)
        if killer.left:
            (out / "client-0_trial.html").unlink(missing_ok=True)
            (out / "client-1_trial.html").unlink(missing_ok=True)
    killer.over.set()
    killer.join()
    finish(out, undisturbed)


@pytest.mark.parametrize("victim", ["primed", "child"])
def test_killing_a_process_of_the_batch_at_any_moment_loses_nothing(victim: str, tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    kill_under_way(victim, 3, tmp_path / "out", undisturbed)


@pytest.mark.soak
@pytest.mark.parametrize("victim", ["primed", "child"])
def test_killing_a_process_of_the_batch_fifty_times_loses_nothing(victim: str, tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    kill_under_way(victim, 50, tmp_path / "out", undisturbed)


def test_one_killed_child_is_begun_anew_within_the_same_batch(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    killer = Killer("child", 1)
    killer.start()

    result = make(SLOW, jobs(REPORTS), tmp_path)

    killer.over.set()
    assert killer.left == 0
    assert result.ok
    assert dict(end_state(tmp_path)) == undisturbed


def test_stopping_a_batch_by_keyboard_leaves_whole_files_and_no_process(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    run = driver(SLOW, REPORTS, out)
    with run:
        assert wait_for(lambda: list(out.glob("*.html")), 30)
        run.send_signal(signal.SIGINT)
        assert run.wait(20) != 0

    assert 0 < whole(out, undisturbed) < REPORTS
    assert wait_for(lambda: not primed(out), 40)
    finish(out, undisturbed)


def test_two_batches_never_share_a_folder(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    run = driver(SLOW, REPORTS, out)
    with run:
        assert wait_for(lambda: list(out.glob("*.html")), 30)
        with pytest.raises(UsageError, match="another batch is at work"):
            make(SLOW, jobs(REPORTS), out)
        assert run.wait(60) == 0

    assert dict(end_state(out)) == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.5 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(disk)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this test mounts a small disk, which needs the right to mount")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_without_room_for_the_batch_is_seen_before_the_first_report(small_disk: Path) -> None:
    with pytest.raises(EngagementError, match=r"the disk has 1\.6 MB free, and 50 files need about 15\.0 MB"):
        make(SLOW, jobs(50), small_disk / "out")


def test_a_disk_that_fills_up_fails_what_does_not_fit_and_leaves_no_half_file(small_disk: Path, tmp_path: Path) -> None:
    wide = notebook(WORK, "print('x' * 100_000)")
    make(wide, jobs(4), tmp_path / "roomy")
    (small_disk / "ballast").write_bytes(b"0" * 100_000)
    out = small_disk / "out"

    result = make(wide, jobs(4), out)

    expected = end_state(tmp_path / "roomy")
    assert 0 < len(result.failed) < 4
    assert all("could not be written: the disk is full" in row.error for row in result.failed)
    assert all(expected[name] == content for name, content in end_state(out).items())
    (small_disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert make(wide, jobs(4), out).ok
    assert end_state(out) == expected


def test_a_folder_that_may_not_be_written_is_refused_at_once(small_disk: Path) -> None:
    (small_disk / "out").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(EngagementError, match="may not be written to"):
        make(SLOW, jobs(2), small_disk / "out")


def test_temporary_files_of_a_killed_batch_are_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "failed").mkdir()
    for name in (".client-0_trial.html.abcd1234.tmp", "failed/.client-0_trial.ipynb.abcd1234.tmp"):
        (tmp_path / name).write_text("half")
    for name in (".kept", ".notes.savefile.tmp"):
        (tmp_path / name).write_text("the user's own")

    make(SLOW, jobs(1), tmp_path)

    assert set(end_state(tmp_path)) == {"client-0_trial.html", ".kept", ".notes.savefile.tmp"}
    assert not (tmp_path / "failed").exists()


SECRET = "canary-5e1f"
TELLING = notebook(WORK, "import sys; print(facts['secret'], file=sys.stderr); time.sleep(0.5)", "assert facts['calls'] % 2, facts['secret']")


@pytest.mark.parametrize("engine", ["advisorkit", "kernel"])
def test_a_killed_batch_leaves_no_process_and_no_client_word_in_lists_of_processes_or_temporary_files(engine: str, tmp_path: Path) -> None:
    out, seen = tmp_path / "temporary" / "out", ""
    out.parent.mkdir()
    run = driver(TELLING, 4, out, {"secret": SECRET}, engine=engine)
    with run:
        assert wait_for(lambda: list(out.glob("*.html")) and len(primed(out)) > 1, 120)
        for pid in primed(out) - {run.pid}:
            for name in ("cmdline", "environ", "comm"):
                with suppress(OSError):
                    seen += Path(f"/proc/{pid}/{name}").read_text(errors="replace")
        seen += "".join(path.read_text(errors="replace") for path in out.parent.glob("advisorkit-batch-*/*.log"))
        run.kill()

    assert "TMPDIR" in seen and SECRET not in seen
    assert wait_for(lambda: not primed(out), 40)
    if engine == "kernel":  # nobody is left who could tidy up; the next batch does
        driver(TELLING, 1, out, {"secret": ""}).communicate(timeout=120)
    assert {path.name for path in out.parent.iterdir()} == {"out"}


def test_what_failed_is_made_by_the_next_run_alone_and_nothing_is_left_of_its_failure(tmp_path: Path) -> None:
    gone_wrong = tmp_path / "gone-wrong"
    template = notebook(WORK, f"import os\nif facts['calls'] == 901 and os.path.exists({str(gone_wrong)!r}): os.kill(os.getpid(), 11)")
    make(template, jobs(3), tmp_path / "undisturbed")
    gone_wrong.touch()

    first = make(template, jobs(3), tmp_path / "out")
    gone_wrong.unlink()
    second = make(template, jobs(3), tmp_path / "out")

    assert [row.status for row in first.deliverables] == ["made", "failed", "made"]
    assert [row.status for row in second.deliverables] == ["unchanged", "made", "unchanged"]
    assert end_state(tmp_path / "out") == end_state(tmp_path / "undisturbed")
    assert not (tmp_path / "out" / "failed").exists()


@pytest.mark.parametrize(("end", "times"), [("1 / 0", 1), ("import os; os._exit(3)", 1), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 3)])
def test_only_a_report_whose_process_was_taken_away_is_begun_again(end: str, times: int, tmp_path: Path) -> None:
    result = make(notebook(f"open({str(tmp_path / 'begun')!r}, 'a').write('x')", end), jobs(1), tmp_path / "out")

    assert not result.ok
    assert (tmp_path / "begun").read_text() == "x" * times


@pytest.mark.parametrize("engine", ["advisorkit", "kernel"])
def test_the_notebook_of_a_report_that_failed_numbers_its_cells_from_its_first(engine: str, tmp_path: Path) -> None:
    make(notebook("1 + 1", "1 / 0", "3"), jobs(1), tmp_path, engine=engine)

    kept = json.loads((tmp_path / "failed" / "client-0_trial.ipynb").read_text(encoding="utf-8"))
    assert [cell["execution_count"] for cell in kept["cells"]] == [1, 2, 3, None]


@pytest.mark.parametrize("line", ["[[1], 2]", '"x"', "7", '["trial-1", 5]', '["trial-1", [{"output_type": "stream", "name": "stdout"}]]'])
def test_what_a_template_writes_among_the_notes_of_its_cells_hides_neither_reason_nor_notebook(line: str, tmp_path: Path) -> None:
    note = f"import os; open(os.environ['TMPDIR'] + '/../cells.jsonl', 'a').write({line!r} + chr(10)); os._exit(3)"
    failed = make(notebook("1 + 1", note), jobs(1), tmp_path).failed[0]

    assert failed.error.startswith("its process ended with status 3\n  in cell 3 of the template:")
    kept = json.loads((tmp_path / "failed" / "client-0_trial.ipynb").read_text(encoding="utf-8"))
    assert [cell["execution_count"] for cell in kept["cells"]] == [1, 2, 3]
    assert kept["cells"][1]["outputs"][0]["data"] == {"text/plain": "2"}


def test_a_batch_with_faults_leaves_its_files_its_journal_and_the_notebook_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    run = driver(TELLING, 2, tmp_path / "temporary" / "out", {"secret": SECRET})
    words = run.communicate(timeout=120)

    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert run.returncode == 1 and words[1] == ""
    assert left == {
        f"temporary/out/{name}" for name in (
            "client-1_trial.html", "index.html", "manifest.json", ".advisorkit/journal.sqlite", ".advisorkit/lock",
            "failed/client-0_trial.ipynb",
        )
    }


def test_what_a_killed_process_left_in_the_temporary_folder_goes_with_the_next_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, living = (tmp_path / f"advisorkit-batch-{name}" for name in ("left", "living"))
    for folder in (left, living):
        folder.mkdir()
        (folder / "job.json").write_text(json.dumps({"client": "secret"}))
        (folder / "held").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    FORKS.close()

    with FileLock(living / "held"):
        FORKS.scratch()
        FORKS.close()

    assert not left.exists()
    assert living.exists()


def test_batches_that_begin_at_once_do_not_take_each_others_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sweeps what killed ones left before it makes its own, and may come upon a folder that is not held yet."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def begin(times: int) -> int:
        found = 0
        for _ in range(times):
            forks = Forks()
            found += forks.scratch().exists() and forks.scratch().exists()
            forks.close()
        return found

    try:
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(begin, [200] * 3)) == [200] * 3
    finally:
        sys.setswitchinterval(switching)


def test_a_folder_that_the_system_cleared_away_is_made_anew(tmp_path: Path) -> None:
    make(notebook(WORK), jobs(1), tmp_path / "before")
    shutil.rmtree(FORKS.scratch())

    assert make(notebook(WORK), jobs(1), tmp_path / "after").ok


def test_what_a_report_started_ends_with_a_killed_driver_even_apart_and_without_its_environment(tmp_path: Path) -> None:
    aside = "import subprocess; subprocess.Popen(['/bin/sleep', '604'], start_new_session=True, env={})"

    def sleeping() -> bool:
        return "/bin/sleep 604" in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()

    run = driver(notebook(WORK, aside, "time.sleep(600)"), 1, tmp_path / "out")
    with run:
        assert wait_for(sleeping, 60)
        run.kill()

    assert wait_for(lambda: not sleeping(), 40)
    assert wait_for(lambda: not primed(tmp_path / "out"), 40)
