"""JupyterLab or Voilà for one engagement file: on this machine only, behind a token, with nothing fetched."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path

from advisorkit.batch.forks import environment
from advisorkit.files.texts import speaking
from advisorkit.screens.state import workbook_folder
from advisorkit.store.reading import read
from advisorkit.values.messages import UsageError, here

WORKBOOKS = ("1_assessment", "2_costs", "3_pilot", "4_portfolio", "5_deliver", "6_bakeoff")
"""Names of the workbooks, in the order of a session."""
_OPENING = 'ak.open("engagement.yaml")'
_HOST = "127.0.0.1"
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """A running JupyterLab or Voilà."""

    address: str
    """Where it answers, without the token."""
    token: str
    """What a browser must present once; never on a command line."""
    app: bool
    """Whether it is Voilà."""
    process: subprocess.Popen[bytes]
    """The server's process, leader of its own group."""

    def url(self, workbook: str = WORKBOOKS[0]) -> str:
        """Address of one workbook, token included."""
        path = f"voila/render/{workbook}.ipynb" if self.app else f"doc/tree/{workbook}.ipynb"
        return f"{self.address}/{path}?token={self.token}"


def live(file: Path, *, app: bool = False, port: int | None = None, browser: bool = True, say: Callable[[str], object] = print) -> int:
    """Serve the workbooks of `file` until the user stops it, by Ctrl+C, TERM or closing the terminal; returns an exit code.

    Raises:
        UsageError: If the file is missing, the port is taken, or the `live` extra is not installed.
    """
    with _ended_by_signals(), running(file, app=app, port=port) as server:
        say(f"{'Voilà' if app else 'JupyterLab'} is ready: {server.url()}\nStop it with Ctrl+C.")
        with tempfile.TemporaryDirectory() as folder:
            if browser:
                _show(server.url(), Path(folder))
            try:
                return server.process.wait()
            except KeyboardInterrupt:
                return 0


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """TERM or a closed terminal (HUP) leaves what is inside as an error would, so that server and kernels are stopped."""

    def end(number: int, _: object) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        raise SystemExit(128 + number)

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {one: signal.signal(one, end) for one in wanted if signal.getsignal(one) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def running(file: Path, *, app: bool = False, port: int | None = None) -> Iterator[Server]:
    """A server for the workbooks of `file`, stopped at the end with its kernels.

    Raises:
        UsageError: As `live`.
    """
    _require("voila" if app else "jupyterlab")
    folder, number = copy_workbooks(file), _port(port)
    with tempfile.TemporaryDirectory(prefix="advisorkit-") as scratch:
        token = secrets.token_urlsafe(24)
        _configure(Path(scratch), folder, token, number)
        server = Server(f"http://{_HOST}:{number}", token, app, _start(Path(scratch), folder, app))
        try:
            _await(server, number, Path(scratch) / "log")
            yield server
        finally:
            _stop(server.process)


def copy_workbooks(file: Path) -> Path:
    """Put the workbooks beside `file`, in its language and a folder of its whole name; those already there are kept as they are.

    Raises:
        UsageError: If there is no such file, or the folder cannot be written.
        EngagementError: With every fault of the file: only what it holds tells whose workbooks are opened.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file. `advisorkit new {file.name}` starts one")
    file = file.parent.resolve() / file.name
    engagement = read(file)
    opening = f"ak.open({f'../{file.name}'!r})"
    folder = workbook_folder(file, engagement)
    try:
        workbook_folder(file, engagement, make=True)
        with speaking(engagement.language):
            for name in WORKBOOKS:
                if not (folder / f"{name}.ipynb").exists():
                    (folder / f"{name}.ipynb").write_text(_opened(_packaged(name), opening), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: the workbooks cannot be put there: {error.strerror or error}") from None
    return folder


def _opened(workbook: Path, opening: str) -> str:
    notebook = json.loads(workbook.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace(_OPENING, opening)
        if cell["cell_type"] == "markdown":
            cell["source"] = re.sub(r"^(#* ?)(.+)", lambda line: line[1] + here(line[2]), cell["source"], flags=re.MULTILINE)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _packaged(name: str) -> Path:
    folder = _PACKAGE / "_workbooks"
    return (folder if folder.is_dir() else _PACKAGE.parent / "workbooks") / f"{name}.ipynb"


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise UsageError(f"{package} is not installed: pip install 'advisorkit[live]'")


def _port(wanted: int | None) -> int:
    with socket.socket() as probe:
        try:
            probe.bind((_HOST, wanted or 0))
        except (OSError, OverflowError):
            raise UsageError(f"port {wanted} cannot be used; leave --port out to have a free one chosen") from None
        return int(probe.getsockname()[1])


def _configure(scratch: Path, folder: Path, token: str, port: int) -> None:
    address = {"ip": _HOST, "port": port, "port_retries": 0, "open_browser": False, "root_dir": str(folder), "kernel_websocket_connection_class": "advisorkit.screens.connection.PromptConnection"}
    sockets = {"ZMQChannelsWebsocketConnection": {"iopub_data_rate_limit": 0, "iopub_msg_rate_limit": 0}}
    lab = {
        "ServerApp": {**address, "allow_root": True}, "IdentityProvider": {"token": token}, **sockets,
        "LabApp": {"news_url": None, "check_for_updates_class": "jupyterlab.NeverCheckForUpdate"},
    }
    voila = {
        "Voila": {**address, "token": token}, **sockets,
        "VoilaConfiguration": {"template": "advisorkit", "show_tracebacks": True, "extension_allowlist": _ALLOWED, "preheat_kernel": True},
        "VoilaKernelManager": {"kernel_pools_config": {"default": {"pool_size": 0}, f"{WORKBOOKS[0]}.ipynb": {"pool_size": 1}}},
    }
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True, **dict.fromkeys(_foreign(), True)}}
    _write(scratch / "config" / "jupyter_server_config.json", lab)
    _write(scratch / "config" / "voila.json", voila)
    _write(scratch / "config" / "labconfig" / "page_config.json", quiet)
    _write(scratch / "ipython" / "profile_default" / "ipython_kernel_config.json", {"HistoryManager": {"enabled": False}})


def _foreign() -> list[str]:
    """Extensions of the browser page that the workbooks do not need; some would send a notebook elsewhere."""
    folders = [Path(path) for path in jupyter_path("labextensions") if Path(path).is_dir()]
    found = {entry.parent.relative_to(folder).as_posix() for folder in folders for entry in folder.glob("**/package.json") if "node_modules" not in entry.parts}
    return sorted(found - {*_ALLOWED, "jupyterlab_pygments"})


_ALLOWED = ["anywidget", "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def _start(scratch: Path, folder: Path, app: bool) -> subprocess.Popen[bytes]:
    own = {
        "JUPYTER_CONFIG_PATH": str(scratch / "config"),
        "JUPYTER_CONFIG_DIR": str(scratch / "own"),
        "JUPYTER_PATH": os.pathsep.join(filter(None, [str(_PACKAGE / "screens" / "jupyter"), os.environ.get("JUPYTER_PATH")])),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
    }
    variables = {name: value for name, value in environment(os.environ, scratch).items() if name != "TZ"}
    zone = {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}
    command = [sys.executable, "-m", "voila", str(folder)] if app else [sys.executable, "-m", "jupyterlab"]
    with (scratch / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            command, cwd=scratch, env={**variables, **zone, **own}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _await(server: Server, port: int, log: Path, limit: float = 60) -> None:
    end = time.monotonic() + limit
    while server.process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((_HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise UsageError(f"the server did not start; its last words: {log.read_text(errors='replace')[-600:].strip()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _show(url: str, folder: Path) -> None:
    page = folder / "open.html"
    page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={url}"><title>advisorkit</title>', encoding="utf-8")
    page.chmod(0o600)
    webbrowser.open(page.as_uri())
