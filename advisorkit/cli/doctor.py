"""What is missing or unsafe on this machine, found by trying it."""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from advisorkit.batch.folders import network_system, sync_service
from advisorkit.batch.forks import can_fork
from advisorkit.batch.runner import produce
from advisorkit.batch.values import Job, Limits, Template

_EXTRAS = {
    "live": (("jupyterlab", "voila"), "the live workbook"),
    "dask": (("distributed",), "--executor dask"),
    "bakeoff": (("inspect_ai", "bm25s", "Stemmer", "httpx", "sklearn"), "the bake-off and a model's reading of notes"),
    "formats": (("docx", "pptx", "typst", "fontpkg_arimo"), "Word, PowerPoint and PDF files"),
}
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_ROOM = 1_000_000_000
_TRIAL = """{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "id": "trial",
"metadata": {"tags": ["parameters"]}, "source": "job = ''", "outputs": [], "execution_count": null}]}"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    state: Literal["ok", "note", "unsafe", "missing"]
    """`note` costs speed or a feature, `unsafe` may cost data or secrets, `missing` keeps the main job from working."""
    name: str
    """What was looked at."""
    found: str
    """What was found."""
    advice: str = ""
    """What to do about it; empty when nothing is to be done."""


def checks(folder: Path | None = None) -> tuple[Check, ...]:
    """Everything that advisorkit needs or that endangers a client's data here; takes some seconds.

    Args:
        folder: Where deliverables would go; the current folder when left out.
    """
    place = (folder or Path.cwd()).resolve()
    return (_python(), *_packages(), _kernel(), _report(), *_extras(), *_cluster(), *_folder(place), *_temporary(), *_privacy())


def _python() -> Check:
    return Check("ok", "Python", platform.python_version())


def _packages() -> Iterator[Check]:
    """Required packages by the distribution's own list; nothing when advisorkit runs from a bare checkout."""
    try:
        wanted = [text for text in metadata.requires("advisorkit") or () if "extra ==" not in text]
    except metadata.PackageNotFoundError:
        yield Check("note", "installation", "runs from a folder, not installed", "python -m pip install --editable .")
        return
    names = [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in wanted]
    absent = [name for name in names if not any(True for _ in metadata.distributions(name=name))]
    if absent:
        yield Check("missing", "packages", ", ".join(absent), "python -m pip install " + " ".join(absent))
    else:
        yield Check("ok", "packages", f"all {len(names)} are there")


def _kernel() -> Check:
    try:
        found = KernelSpecManager().get_kernel_spec("python3").display_name
    except NoSuchKernel:
        return Check("missing", "Jupyter kernel", "there is no python3 kernel", "python -m pip install ipykernel")
    return Check("ok", "Jupyter kernel", found)


def _report() -> Check:
    """Executes a small notebook as a report would be."""
    with tempfile.TemporaryDirectory() as name:
        job, template = Job("doctor", "", "{}"), Template("trial", _TRIAL)
        result = produce(template, [job], name, {"ipynb": "nbformat:writes"}, limits=Limits(seconds=120))
    if result.failed:
        return Check("missing", "making a report", result.failed[0].error.splitlines()[0], "see the text; then --engine kernel")
    if not can_fork():
        return Check("note", "making a report", "works, in a Jupyter kernel each", "on Linux a batch is many times faster")
    return Check("ok", "making a report", "works, in a forked process each")


def _extras() -> Iterator[Check]:
    for extra, (modules, purpose) in _EXTRAS.items():
        absent = [module for module in modules if find_spec(module) is None]
        advice = f'python -m pip install "advisorkit[{extra}]"'
        yield Check("note", purpose, f"without {', '.join(absent)}", advice) if absent else Check("ok", purpose, "installed")


def _cluster() -> Iterator[Check]:
    if find_spec("distributed") and find_spec("cryptography") is None:
        said = "workers of --executor dask accept connections of every user of this machine"
        yield Check("unsafe", "Dask without certificates", said, "python -m pip install cryptography")


def _folder(place: Path) -> Iterator[Check]:
    if not os.access(place, os.W_OK):
        yield Check("missing", "output folder", f"{place} may not be written to", "name another with --out")
    free = shutil.disk_usage(place).free
    if free < _ROOM:
        yield Check("note", "disk", f"{free / 1e6:,.0f} MB free", "make room before a large batch")
    if shared := sync_service(place) or network_system(place):
        said = f"{place} is shared by {shared}"
        yield Check("unsafe", "shared folder", said, "client files leave this machine; the journal is kept on it")
    else:
        yield Check("ok", "output folder", f"{place} is on this machine")


def _temporary() -> Iterator[Check]:
    place = Path(tempfile.gettempdir())
    if shared := sync_service(place) or network_system(place):
        yield Check("unsafe", "temporary folder", f"{place} is shared by {shared}", "set TMPDIR to a local folder")


def _privacy() -> Iterator[Check]:
    if secrets := sorted(name for name in os.environ if _SECRET.search(name)):
        yield Check("ok", "keys in the environment", f"{', '.join(secrets)}: not passed on to reports")
    history = Path(os.environ.get("IPYTHONDIR", Path.home() / ".ipython")) / "profile_default" / "history.sqlite"
    if os.name != "nt" and history.exists() and history.stat().st_mode & 0o077:
        said = f"{history} holds what was typed in notebooks and others may read it"
        yield Check("unsafe", "notebook history", said, f"chmod 600 {history}")
