"""A batch as its user sees it: what is refused, what is made, what is left alone the second time."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

import fsspec
import pytest
from batch_faults.stage import FORMATS, WORK, end_state, jobs, make, notebook, renderer_on_path  # noqa: F401
from hypothesis import given, strategies as st

from advisorkit.batch.folders import Folder, network_system, sync_service
from advisorkit.batch.inputs import gather
from advisorkit.batch.notebooks import check_template, find_template
from advisorkit.batch.runner import ID, path_of, produce
from advisorkit.batch.values import Job, Template
from advisorkit.export.brand import Brand
from advisorkit.values.messages import EngagementError, Fault, UsageError

TRIAL = notebook(WORK)
ENGAGEMENT = "advisorkit: 1\nclient: Client {0}\ncurrency: EUR\nas_of: 2026-11-20\nworkflows:\n  - id: mail\n    name: Mail\n"


def test_a_batch_makes_every_report_and_a_page_that_leads_to_each(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    result = make(TRIAL, jobs(3), tmp_path, progress=lambda *news: told.append(news[:2]))

    assert [row.path for row in result.deliverables] == [f"client-{n}_trial.html" for n in range(3)]
    assert told == [(1, 3), (2, 3), (3, 3)]
    index = (tmp_path / "index.html").read_text()
    assert all(f'<a href="client-{n}_trial.html">' in index and f"Client {n}" in index for n in range(3))

    other = replace(jobs(3)[0], client="Another", document=jobs(3)[1].document)
    assert make(TRIAL, [other], tmp_path).notices == ("client-0_trial.html took the place of one made for Client 0",)


def test_files_of_an_earlier_state_that_are_not_made_anew_are_told(tmp_path: Path) -> None:
    """A workbook of yesterday's figures beside a page of today's, or a page whose engagement can no longer be read."""
    one, two = jobs(2)
    produce(TRIAL, [one, two], tmp_path, FORMATS | {"htm": FORMATS["html"]})
    later = make(TRIAL, [replace(one, document=two.document), two], tmp_path)
    failed = make(TRIAL, [replace(one, faults=(Fault("a.yaml", "", "is empty"),))], tmp_path)

    assert later.notices == ("of an earlier state, and not made anew: client-0_trial.htm",)
    assert failed.notices == ("of an earlier state, and not made anew: client-0_trial.html",)


def test_rows_follow_the_contract_and_describe_the_files(tmp_path: Path) -> None:
    result = make(TRIAL, jobs(1), tmp_path)

    (row,) = result.document()["deliverables"]
    content = (tmp_path / row["path"]).read_bytes()
    assert set(row) == {"client", "engagement", "workflow", "template", "format", "path", "bytes", "sha256", "seconds", "status", "error", "headline"}
    assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert json.loads((tmp_path / "manifest.json").read_text())["deliverables"] == [row]


def test_a_second_run_leaves_alone_what_is_there_and_makes_what_is_missing_or_changed(tmp_path: Path) -> None:
    make(TRIAL, jobs(4), tmp_path)
    before = end_state(tmp_path)
    (tmp_path / "client-1_trial.html").unlink()
    (tmp_path / "client-2_trial.html").write_text("spoilt")
    changed = tuple(replace(job, document=job.document.replace("903", "904")) for job in jobs(4))

    statuses = [row.status for row in make(TRIAL, changed, tmp_path).deliverables]

    assert statuses == ["unchanged", "made", "made", "made"]
    assert {name: content for name, content in end_state(tmp_path).items() if name != "client-3_trial.html"} == {
        name: content for name, content in before.items() if name != "client-3_trial.html"
    }


def test_another_template_or_option_makes_a_report_anew(tmp_path: Path) -> None:
    make(TRIAL, jobs(1), tmp_path)

    assert make(replace(TRIAL, notebook=notebook(WORK, "1").notebook), jobs(1), tmp_path).deliverables[0].status == "made"
    assert make(TRIAL, jobs(1), tmp_path, options={"interactive": True}).deliverables[0].status == "made"
    assert make(TRIAL, jobs(1), tmp_path, options={"interactive": True}).deliverables[0].status == "unchanged"


def test_a_damaged_journal_is_put_aside_and_everything_made_anew(tmp_path: Path) -> None:
    make(TRIAL, jobs(2), tmp_path)
    (tmp_path / ".advisorkit" / "journal.sqlite").write_bytes(b"not a database" * 1000)

    again = make(TRIAL, jobs(2), tmp_path)

    assert [row.status for row in again.deliverables] == ["made", "made"]
    assert (tmp_path / ".advisorkit" / "journal.damaged").exists()


def test_a_faulty_engagement_fails_alone_and_is_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text(ENGAGEMENT.format(name))
    (tmp_path / "b.yaml").write_text(ENGAGEMENT.format("b").replace("client:", "cliemt:").replace("EUR", "EURO"))

    result = make(notebook("import json; json.load(open(job))['engagement']['client']"), gather([tmp_path]).jobs, tmp_path / "out")

    assert [(row.engagement, row.status) for row in result.deliverables] == [("a", "made"), ("b", "failed"), ("c", "made")]
    assert "cliemt" in result.failed[0].error
    assert "EURO" in result.failed[0].error


@pytest.mark.parametrize("engine", ["advisorkit", "kernel"])
def test_what_a_template_finds_wrong_with_a_client_is_told_of_the_client_and_fails_alone(engine: str, tmp_path: Path) -> None:
    for name, currency in (("a", "EUR"), ("b", "ISK")):
        (tmp_path / f"{name}.yaml").write_text(ENGAGEMENT.format(name).replace("EUR", currency))
    template = notebook("from advisorkit.report import open_job", "[one.bill.currency for one in open_job(job).workflows]")

    result = make(template, gather([tmp_path]).jobs, tmp_path / "out", engine=engine)

    assert [(row.engagement, row.status) for row in result.deliverables] == [("a", "made"), ("b", "failed")]
    assert result.failed[0].error.startswith(f"{tmp_path / 'b.yaml'}: no exchange rate from EUR to ISK")
    assert "cell" not in result.failed[0].error
    assert not (tmp_path / "out" / "failed").exists()


def test_an_address_that_asks_for_credentials_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(EngagementError, match="output folder cannot be used: .*redentials; sign in to it, or name a local folder"):
        make(TRIAL, jobs(1), "s3://bucket/night")

    assert list((tmp_path / "data" / "advisorkit" / "batches").iterdir()) == []


def test_an_address_of_an_unknown_kind_is_refused_in_words() -> None:
    with pytest.raises(EngagementError, match="output folder ftpz://host/night cannot be used: .*ftpz"):
        make(TRIAL, jobs(1), "ftpz://host/night")


def test_a_refused_batch_leaves_no_folder_behind_and_none_of_the_users_gone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for wanted, settings in (((Job("ACME", "A", "{}"),), {}), (jobs(1), {"jobs_at_once": 0}), (jobs(1), {"executor": "dsk"})):
        with pytest.raises((EngagementError, UsageError)):
            make(TRIAL, wanted, tmp_path / "mine" / "new" / "deep", **settings)  # type: ignore[arg-type]
        assert list((tmp_path / "mine").iterdir()) == []


def test_everything_unfit_is_named_at_once_before_the_first_report(tmp_path: Path) -> None:
    names = ("acme", "acme", "ACME", "../up", "a/b", "a\\b", "", "cafe\u0301")
    wanted = tuple(Job(name, f"Client {n}", "{}", source=f"file{n}.yaml") for n, name in enumerate(names))
    template = notebook("1", parameters="jop = ''", name="../letter")

    with pytest.raises(EngagementError) as refused:
        produce(template, wanted, tmp_path / "out", {"html": "plain_page:render", "a/b": "plain_page:render"})

    said = str(refused.value)
    assert "template name '../letter' cannot be part of a file name" in said and "'a/b' cannot be part" in said
    assert "no cell tagged 'parameters' that sets job" in said
    assert all(repr(name) in said for name in names[2:])
    assert not (tmp_path / "out").exists()


def test_nothing_to_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngagementError, match="no engagement was named"):
        make(TRIAL, (), tmp_path)
    with pytest.raises(EngagementError, match="no format was named"):
        produce(TRIAL, jobs(1), tmp_path, ())
    with pytest.raises(UsageError, match="holds no engagement file"):
        gather([tmp_path])


def test_unknown_formats_templates_executors_and_slots_are_refused_with_what_there_is(tmp_path: Path) -> None:
    for settings, said in (
        ({"formats": ("htm",)}, "no format htm; there is html, pdf, docx, pptx, xlsx"),
        ({"executor": "daks"}, "no executor 'daks'; there is dask"),
        ({"jobs_at_once": 0}, "use 1 or more"),
    ):
        with pytest.raises(UsageError, match=said):
            produce(**{"template": TRIAL, "jobs": jobs(1), "out": tmp_path, "formats": FORMATS, **settings})  # type: ignore[arg-type]


def test_a_template_that_is_not_there_is_named_with_the_other_faults(tmp_path: Path) -> None:
    with pytest.raises(EngagementError, match="(?s)no template 'client_reprot'; there is client_report.*'ACME' cannot be part"):
        make("client_reprot", (Job("ACME", "A", "{}"), *jobs(1)), tmp_path)  # type: ignore[arg-type]


def test_a_link_in_the_place_of_a_deliverable_is_replaced_and_what_it_leads_to_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "precious.txt").write_text("precious")
    (tmp_path / "out" / "client-0_trial.html").symlink_to(tmp_path / "precious.txt")

    assert make(TRIAL, jobs(1), tmp_path / "out").ok

    assert (tmp_path / "precious.txt").read_text() == "precious"
    assert not (tmp_path / "out" / "client-0_trial.html").is_symlink()


def test_results_beside_their_inputs_and_hidden_files_are_no_inputs_of_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ENGAGEMENT.format("a"))
    (tmp_path / "._a.yaml").write_bytes(b"\0\5\x16\7")
    make(TRIAL, jobs(1), tmp_path)

    assert [job.engagement for job in gather([tmp_path]).jobs] == ["a"]
    assert [job.engagement for job in gather([tmp_path / "manifest.json"]).jobs] == ["manifest"]


def test_faults_of_all_inputs_are_named_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("id,nmae\nA,B\n")
    with pytest.raises(EngagementError) as refused:
        gather([tmp_path / "one.csv", tmp_path / "two.csv"])
    with pytest.raises(UsageError, match="'EURO' is not a currency code; did you mean EUR\\?\n.*nowhere: there is no such"):
        gather([tmp_path / "nowhere"], currency="EURO")

    assert {fault.file for fault in refused.value.faults} == {str(tmp_path / "one.csv"), str(tmp_path / "two.csv")}


def test_a_file_in_the_place_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(EngagementError, match="it is a file, not a folder"):
        make(TRIAL, jobs(1), tmp_path / "out")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [("job = ''", ""), ("job: str = ''", ""), ("jop = 1", "sets job; it sets jop"), ("job = ''\nrate = 5", "nothing fills: rate"), ("job = (", "no cell tagged")],
)
def test_a_template_has_the_one_parameter_job(parameters: str, said: str) -> None:
    assert said in "".join(check_template(notebook("1", parameters=parameters)))
    assert bool(said) == bool(check_template(notebook("1", parameters=parameters)))


def test_a_file_that_a_viewer_locks_for_a_moment_is_written_when_it_is_free(tmp_path: Path) -> None:
    folder, locked = Folder(str(tmp_path)), tmp_path / "report.html"
    folder.write("report.html", b"old")
    if subprocess.run(["chattr", "+i", str(locked)], capture_output=True, check=False).returncode:
        pytest.skip("this test makes a file immutable, which needs the right to and a file system that can")
    freed = threading.Timer(0.5, subprocess.run, (["chattr", "-i", str(locked)],), {"check": True})
    freed.start()

    folder.write("report.html", b"new")

    freed.join()
    assert locked.read_bytes() == b"new"


def test_what_is_not_a_notebook_is_no_template(tmp_path: Path) -> None:
    half = '{"cells": [{"metadata": {"tags": ["parameters"]}, "source": "job = 1"}]}'
    for name, text in (("a", "{}"), ("b", "not json"), ("c", "[]"), ("d", '{"cells": [1]}'), ("e", half), ("f", "[" * 100_000)):
        assert check_template(Template(name, text)) == (f"template {name} is not a notebook",)
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        find_template(tmp_path / "bytes.ipynb")


@given(st.from_regex(ID, fullmatch=True), st.text(max_size=20))
def test_a_deliverable_lies_in_its_folder_whatever_the_client_is_called(engagement: str, client: str) -> None:
    path = PurePosixPath(path_of(Job(engagement, client, "{}"), TRIAL, "html"))

    assert len(path.parts) == 1
    assert path.name == f"{engagement}_trial.html"


@given(st.lists(st.from_regex(ID, fullmatch=True), min_size=2, max_size=2, unique=True), st.sampled_from(["", "mail"]))
def test_two_ids_never_give_the_same_path(ids: list[str], workflow: str) -> None:
    one, other = (path_of(Job(engagement, "", "{}", workflow=workflow), TRIAL, "html") for engagement in ids)

    assert one.casefold() != other.casefold()


def test_results_go_to_any_address_that_fsspec_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    make(TRIAL, jobs(2), tmp_path / "local")

    assert make(TRIAL, jobs(2), "memory://night/run").ok
    again = make(TRIAL, jobs(2), "memory://night/run")

    files = fsspec.filesystem("memory")
    assert [row.status for row in again.deliverables] == ["unchanged", "unchanged"]
    for name, content in end_state(tmp_path / "local").items():
        assert files.cat_file(f"/night/run/{name}") == content
    assert files.exists("/night/run/index.html")


def test_any_executor_of_the_standard_library_will_do(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert make(TRIAL, jobs(2), tmp_path, executor=pool).ok


def test_the_journal_of_a_synced_folder_is_kept_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    out = tmp_path / "OneDrive - Acme" / "reports"

    result = make(TRIAL, jobs(1), out)

    assert not (out / ".advisorkit").exists()
    assert (Folder(str(out)).state / "journal.sqlite").is_relative_to(tmp_path / "data")
    assert "shared by OneDrive - Acme" in result.notices[0]
    assert make(TRIAL, jobs(1), out).deliverables[0].status == "unchanged"


@pytest.mark.parametrize("part", ["OneDrive", "Dropbox (Acme)", "Google Drive", "iCloud Drive", "Nextcloud", "Box", "Box Sync"])
def test_folders_of_synchronisation_services_are_known(part: str) -> None:
    assert sync_service(PurePosixPath("/home/a") / part / "x") == part


@pytest.mark.parametrize("part", ["Boxes", "dropboxes", "my onedrive notes", "reports"])
def test_other_folders_are_not_taken_for_synchronised_ones(part: str) -> None:
    assert sync_service(PurePosixPath("/home/a") / part / "x") == ""


@pytest.mark.parametrize(("path", "kind"), [("/srv/share/x", "cifs"), ("/srv/share box/x", "nfs4"), ("/srv/other", ""), ("//server/x", "a network share")])
def test_network_file_systems_are_known_by_their_mount(path: str, kind: str) -> None:
    mounts = "/dev/a / ext4 rw 0 0\n//h/s /srv/share cifs rw 0 0\nh:/b /srv/share\\040box nfs4 rw 0 0\n"

    assert network_system(Path(path), mounts) == kind


def test_client_words_are_text_in_the_index_which_is_the_same_after_every_run_and_wears_the_brand(tmp_path: Path) -> None:
    wanted = (Job("acme", "<script>alert(1)</script>", '{"client": 1, "calls": "</td><img src=x>"}'), *jobs(1))
    template = notebook("import json; facts = json.load(open(job))", "assert facts['calls'] == 900, facts['calls']")

    make(template, wanted, tmp_path, brand=Brand("Elm & Oak", cover="#123456"))
    first = (tmp_path / "index.html").read_text()
    make(template, wanted, tmp_path, brand=Brand("Elm & Oak", cover="#123456"))

    assert (tmp_path / "index.html").read_text() == first
    assert "<script" not in first and "<img" not in first
    assert "AssertionError: &lt;/td&gt;&lt;img src=x&gt;" in first and "1 ready, 1 failed" in first
    assert "default-src 'none'" in first
    assert "--cover: #123456;" in first and "Elm &amp; Oak" in first
