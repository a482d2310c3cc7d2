"""A model that answers by script: OpenAI's chat completions on loopback, with faults, counting what it is asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
"""What a client asks: model, messages, response_format and the rest."""


@dataclass(frozen=True)
class Said:
    """One answer of the script; by default a good one."""

    text: str = ""
    """What the model says."""
    finish: str = "stop"
    """Why it stopped; ``length`` when it was cut off."""
    status: int = 200
    error: str = ""
    """Code of the error where `status` is one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: Any = None
    """What is claimed in place of the true usage."""
    choices: bool = True
    page: str = ""
    """An HTML page in place of JSON, as a proxy or portal gives it."""
    wait: float = 0.0
    """Seconds before it answers."""
    raw: bytes = b""
    """What is written on the line in place of an answer, after which the line is cut."""
    drip: float = 0.0
    """Seconds between single bytes of that."""


UNAUTHORISED = Said(status=401, error="invalid_api_key")
TOO_MANY = Said(status=429, error="rate_limit_exceeded", headers={"Retry-After": "0"})
UNAVAILABLE = Said(status=503, error="overloaded", headers={"Retry-After": "0"})
PORTAL = Said(page="<!doctype html><title>Sign in</title><p>Please sign in to the network.")
OVERFLOW = Said(status=400, error="context_length_exceeded")
TRUNCATED = Said("answers:\n  citations: {value: requ", finish="length")
EMPTY = Said(choices=False)
WRONG_USAGE = Said("yes", usage={"prompt_tokens": -5, "completion_tokens": 10**12, "total_tokens": 7})
SLOW = Said("late", wait=3.0)
FAULTS = {
    "401": UNAUTHORISED, "429": TOO_MANY, "503": UNAVAILABLE, "html": PORTAL, "overflow": OVERFLOW,
    "truncated": TRUNCATED, "empty": EMPTY, "slow": SLOW,
}  # fmt: skip
"""What is no answer, by name; a wrong usage beside a good answer is `WRONG_USAGE`."""
Script = Callable[[Body], "str | Said"] | Sequence["str | Said"]
"""Answers by what is asked, or one after the other, the last again and again."""


def tokens(text: str) -> int:
    """How the server counts: words."""
    return len(text.split())


class ScriptedServer(ThreadingHTTPServer):
    """The server with what it was asked; make it by `scripted`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: Script, key: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.key, self.lock = script, key, threading.Lock()
        self.bodies: list[Body] = []
        """Every request for an answer, in order."""
        self.seen: list[tuple[str, dict[str, str]]] = []
        """Path and headers of every request, answered or not."""
        self.input_tokens = self.output_tokens = self.open = self.most_open = 0

    @property
    def url(self) -> str:
        """Its address, as an engagement's ``endpoints`` names it."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def asked(self) -> list[str]:
        """The text of every request, all its messages."""
        return [text_of(body) for body in self.bodies]

    def answer(self, body: Body) -> Said:
        """What the script says to a request, counted."""
        with self.lock:
            self.bodies.append(body)
            place = len(self.bodies) - 1
        found = self.script(body) if callable(self.script) else self.script[min(place, len(self.script) - 1)]
        said = found if isinstance(found, Said) else Said(found)
        if said.status == 200 and said.choices and not said.page:
            with self.lock:
                self.input_tokens += tokens(text_of(body))
                self.output_tokens += tokens(said.text)
        return said

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no fault of the server."""


def text_of(body: Body) -> str:
    """All that the messages of a request say."""
    parts = [message.get("content") or "" for message in body.get("messages", [])]
    return "\n".join(part if isinstance(part, str) else "\n".join(piece.get("text", "") for piece in part) for part in parts)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ScriptedServer

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        self._send(404, json.dumps({"error": {"message": "there is nothing here"}}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.seen.append((self.path, dict(self.headers)))
            self.server.open += 1
            self.server.most_open = max(self.server.most_open, self.server.open)
        try:
            self._answer(body)
        finally:
            with self.server.lock:
                self.server.open -= 1

    def _answer(self, body: Body) -> None:
        if not self.path.endswith("/chat/completions"):
            self._send(404, json.dumps({"error": {"message": f"no {self.path}"}}).encode())
            return
        rightful = self.server.key in ("", self.headers.get("Authorization", "").removeprefix("Bearer "))
        said = self.server.answer(body) if rightful else UNAUTHORISED
        time.sleep(said.wait)
        if said.raw:
            for at in range(0, len(said.raw), 1 if said.drip else 100_000):
                self.wfile.write(said.raw[at : at + (1 if said.drip else 100_000)])
                time.sleep(said.drip)
            self.close_connection = True
        elif said.page:
            self._send(said.status, said.page.encode(), {"Content-Type": "text/html", **said.headers})
        elif said.status != 200:
            error = {"message": f"refused: {said.error}", "type": "invalid_request_error", "code": said.error, "param": None}
            self._send(said.status, json.dumps({"error": error}).encode(), said.headers)
        else:
            self._send(200, json.dumps(_completion(body, said, len(self.server.bodies))).encode(), said.headers)

    def _send(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _completion(body: Body, said: Said, number: int) -> dict[str, Any]:
    sent, told = tokens(text_of(body)), tokens(said.text)
    usage = {"prompt_tokens": sent, "completion_tokens": told, "total_tokens": sent + told}
    message = {"role": "assistant", "content": said.text}
    choices = [{"index": 0, "message": message, "finish_reason": said.finish, "logprobs": None}]
    return {
        "id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_800_000_000, "model": body.get("model", ""),
        "choices": choices if said.choices else [], "usage": said.usage or usage,
    }  # fmt: skip


@contextmanager
def scripted(script: Script, key: str = "") -> Iterator[ScriptedServer]:
    """A server that answers by `script`, and only to whoever shows `key` where one is given."""
    server = ScriptedServer(script, key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
