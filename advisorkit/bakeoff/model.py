"""One model behind an OpenAI-compatible address: at most two requests an answer, each answer kept on the disk, a limit on both."""

import asyncio
import json
import math
import re
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import httpx

from advisorkit.catalog.reading import text_classes
from advisorkit.costs.tokens import prices_at
from advisorkit.files.disk import MAX_BYTES, fingerprint, write_bytes
from advisorkit.files.spots import fit
from advisorkit.files.texts import Texts
from advisorkit.intake.outgoing import Endpoint
from advisorkit.values.messages import AdvisorError, UsageError
from advisorkit.values.prices import TokenPrices

say = Texts("bakeoff").say
"""Sentences of the bake-off."""


def ask(key: str, **values: object) -> str:
    """What a model is asked, in English whatever is told in, so that the same plan sends the same words."""
    return Texts("bakeoff", "en").say(f"ask.{key}", **values)


def refused(key: str, **values: object) -> UsageError:
    """Why something is not done."""
    return UsageError(say(f"refused.{key}", **values))


Cause = Literal[
    "key", "busy", "page", "moved", "long", "cut", "empty", "usage", "slow", "unreachable", "refused", "calls", "cost", "stopped", "judge",
]
"""Why there is no answer."""
Message = Mapping[str, str]
"""One turn: ``role`` and ``content``."""
_AGAIN: frozenset[Cause] = frozenset({"busy", "slow", "unreachable"})
_ENDPOINT: frozenset[Cause] = _AGAIN | {"key", "page", "moved", "usage", "refused"}
_DOWN = 20
"""Cases in a row without an answer, because of the endpoint, after which it is asked no more."""
_UNSEEN = 10_000
"""Tokens that an endpoint may add to what it reads."""
_LONG = 3_600
_THOUGHT = re.compile(r"\A.*?</think>\s*", re.DOTALL)
_OVER = ("context", "too long", "too large", "maximum length", "token limit")


def why(noted: str) -> str:
    """What a log notes of a failed call, in the language that is told in.

    Example:
        >>> why("slow 120"), why("an error of another kind")
        ('no answer came within 120 seconds, twice', 'an error of another kind')
    """
    cause, _, detail = noted.partition(" ")
    return say(f"cause.{cause}", detail=detail) if cause in get_args(Cause) else noted


class UnansweredError(AdvisorError):
    """A request that brought no answer: it is left out and never counted as wrong."""

    def __init__(self, cause: Cause, detail: str = "", wait: float = 0.0) -> None:
        self.cause: Cause = cause
        self.wait = wait
        self.message = f"{cause} {detail}".strip()
        """What Inspect writes into its log; `why` says it."""
        super().__init__(why(self.message))


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of a model."""

    text: str
    """What it said."""
    read: int
    """Tokens that it read."""
    written: int
    """Tokens that it wrote, as they are billed."""
    seconds: float
    """How long it took."""
    declined: bool = False
    """Whether the provider's filter held it back."""


@dataclass
class Caller:
    """Asks one endpoint, within limits; safe to be shared by threads."""

    endpoint: Endpoint
    """Where and which model."""
    folder: Path | None = None
    """Where this endpoint's answers are kept, so that the same request is never sent twice, and what all runs spent there; None keeps none."""
    prices: TokenPrices | None = None
    """What tokens cost; None where that is not known."""
    most_cost: float | None = None
    """Money that all runs together do not pass."""
    most_calls: int | None = None
    """Requests that all runs together do not pass."""
    pause: float = 2.0
    """Seconds before a second try, where the server names none."""
    patience: float = 120.0
    """Seconds after which an answer is no longer waited for."""
    requests: int = 0
    """Requests sent in this run."""
    spent: float = 0.0
    """Money spent in this run, as far as prices are known."""
    read: int = 0
    """Tokens read, of answers from the disk none."""
    written: int = 0
    """Tokens written."""
    before: tuple[int, float] = field(init=False)
    """Requests and money of earlier runs; what was under way when one was killed counts at its worst."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: float = 0.0
    _down: int = 0
    _gone: UnansweredError | None = None
    _newer: bool = False

    def __post_init__(self) -> None:
        """Read what earlier runs came to.

        Raises:
            UsageError: If the file that keeps it cannot be read: no limit could be held.
        """
        self.before = 0, 0.0
        if self.folder and self._ledger.exists():
            try:
                kept = json.loads(self._ledger.read_bytes())
                self.before = int(kept["requests"]), float(kept["cost"])
            except (OSError, ValueError, LookupError, TypeError):
                self.before = -1, 0.0
            if not (self.before[0] >= 0 and 0 <= self.before[1] < math.inf):
                raise refused("ledger", file=self._ledger)

    @property
    def _ledger(self) -> Path:
        return (self.folder or Path()).with_name("spent.json")

    def _noted(self) -> None:
        if self.folder:
            whole = {"requests": self.before[0] + self.requests, "cost": self.before[1] + self.spent + self._held}
            write_bytes(self._ledger, json.dumps(whole).encode())

    def ask(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None, most_tokens: int = 400, model: str = "") -> Told:
        """The model's answer, from the disk where it was given before.

        Raises:
            UnansweredError: If there is none; says why.
        """
        body = self._body(messages, schema, most_tokens, model)
        if kept := self._kept(body):
            return kept
        if self._gone:
            raise self._gone.with_traceback(None)  # else it grows with every case
        try:
            told = self._twice(body)
        except UnansweredError as error:
            self._down += error.cause in _ENDPOINT
            self._gone = self._gone or (error if self._down >= _DOWN else None)
            raise
        self._down = 0
        if self.folder:
            write_bytes(self._place(body), json.dumps(asdict(told), ensure_ascii=False).encode())
        return told

    def known(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None, most_tokens: int = 400, model: str = "") -> bool:
        """Whether the answer lies on the disk, so that nothing would be sent."""
        return self._kept(self._body(messages, schema, most_tokens, model)) is not None

    def _body(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, most_tokens: int, model: str) -> dict[str, Any]:
        form = {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}} if schema else {}
        return {"model": model or self.endpoint.model, "messages": [*map(dict, messages)], "max_tokens": most_tokens, "temperature": 0} | form

    def _place(self, body: Mapping[str, Any]) -> Path:
        return (self.folder or Path()) / f"{fingerprint(json.dumps(body, sort_keys=True).encode())}.json"

    def _kept(self, body: Mapping[str, Any]) -> Told | None:
        """What was answered before; None where nothing whole is kept."""
        with suppress(OSError, ValueError, TypeError):
            return Told(**json.loads(self._place(body).read_bytes())) if self.folder else None
        return None

    def cost(self, read: float, written: float) -> float:
        """Money for so many tokens; 0 where no price is known."""
        if self.prices is None:
            return 0.0
        given = prices_at(self.prices, read)
        return float(read * given[0] + written * given[1]) / 1e6

    def stop(self) -> None:
        """Send nothing more; what is asked then has no answer."""
        self._gone = UnansweredError("stopped")

    def _twice(self, body: Mapping[str, Any]) -> Told:
        try:
            return self._sent(body)
        except UnansweredError as error:
            if error.cause not in _AGAIN:
                raise
            time.sleep(error.wait)
            return self._sent(body)

    def _sent(self, body: Mapping[str, Any]) -> Told:
        size = len(json.dumps(body))
        worst = self.cost(text_classes()["prose"].of_characters(size).high, body["max_tokens"])
        with self._lock:
            asked, spent = self.before
            if self.most_calls is not None and asked + self.requests >= self.most_calls:
                raise UnansweredError("calls", str(self.most_calls))
            if self.most_cost is not None and spent + self.spent + self._held + worst > self.most_cost:
                raise UnansweredError("cost", f"{self.most_cost:g}")
            self.requests += 1
            self._held += worst
            self._noted()
        try:
            return self._understood(*self._answered(body), size, body["max_tokens"])
        except UnansweredError as error:
            worst *= error.cause not in ("slow", "usage")  # nobody knows what those cost, so it stays held
            raise
        finally:
            with self._lock:
                self._held -= worst
                self._noted()

    def _answered(self, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], float]:
        """What came back, and after how many seconds."""
        start, sent = time.monotonic(), dict(body)
        if self._newer:
            del sent["temperature"]
            sent["max_completion_tokens"] = sent.pop("max_tokens")
        try:
            found, raw = asyncio.run(asyncio.wait_for(_fetched(self.endpoint, sent), self.patience))
        except TimeoutError:
            raise UnansweredError("slow", f"{self.patience:g}") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # the last of names that no machine can have
            detail = str(error) if isinstance(error, httpx.ConnectError) else type(error).__name__
            raise UnansweredError("unreachable", detail) from None
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            document = None
        if found.status_code != 200 or not isinstance(document, dict) or (document.get("error") and not document.get("choices")):
            self._failed(found, document, sent)
        return document, time.monotonic() - start

    def _failed(self, found: httpx.Response, document: Any, sent: Mapping[str, Any]) -> None:
        status, said = found.status_code, json.dumps(document).casefold()
        if status == 400 and "max_completion_tokens" in said and "max_tokens" in sent:
            self._newer = True
            raise UnansweredError("busy", str(status))
        if status in (401, 403):
            raise UnansweredError("key", str(status))
        if status == 429 or status >= 500:
            asked = found.headers.get("retry-after", "")
            raise UnansweredError("busy", str(status), min(30.0, float(asked)) if asked.isascii() and asked.isdigit() else self.pause)
        if 300 <= status < 400:
            raise UnansweredError("moved", str(status))
        if document is None:
            raise UnansweredError("page", str(status))
        raise UnansweredError("long" if status in (400, 413) and any(word in said for word in _OVER) else "refused", str(status))

    def _understood(self, document: Mapping[str, Any], seconds: float, size: int, most_tokens: int) -> Told:
        usage, choices = document.get("usage"), document.get("choices")
        read, written = (usage.get(name) if isinstance(usage, dict) else None for name in ("prompt_tokens", "completion_tokens"))
        if type(read) is not int or type(written) is not int or not 0 < read <= size + _UNSEEN or not 0 <= written <= 2 * most_tokens:
            raise UnansweredError("usage")
        with self._lock:
            self.read, self.written = self.read + read, self.written + written
            self.spent += self.cost(read, written)
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message, ended = found if isinstance(found := first.get("message"), dict) else {}, first.get("finish_reason")
        text, declined = _words(message.get("content") or message.get("refusal")), ended == "content_filter" or bool(message.get("refusal"))
        if ended in ("length", "max_tokens"):
            raise UnansweredError("cut")
        if not declined and not text.strip():
            raise UnansweredError("empty")
        return Told(text, read, written, seconds, declined)


def _words(content: Any) -> str:
    """What a message says, in one piece or several, without thoughts before it and signs that no file of ours may hold."""
    parts = content if isinstance(content, list) else [{"text": content}]
    said = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type", "text") in ("text", "output_text"))
    return fit(_THOUGHT.sub("", "".join(one for one in said if isinstance(one, str))))


@cache
def _trusted() -> Any:
    return httpx.create_ssl_context(trust_env=False)


async def _fetched(endpoint: Endpoint, body: Mapping[str, Any]) -> tuple[httpx.Response, bytes]:
    """What comes back; whoever waits sets the time, as a server that drips its answer passes every timeout of a socket."""
    headers, raw = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}, b""
    url = f"{endpoint.url.rstrip('/')}/chat/completions"
    by_socket = httpx.AsyncHTTPTransport(uds=endpoint.socket) if endpoint.socket else None
    async with (
        httpx.AsyncClient(transport=by_socket, timeout=_LONG, follow_redirects=False, trust_env=False, verify=_trusted()) as http,
        http.stream("POST", url, json=body, headers=headers) as found,
    ):
        async for part in found.aiter_bytes():
            raw += part
            if len(raw) > MAX_BYTES:
                raise UnansweredError("page", f"> {MAX_BYTES // 1_000_000} MB")
    return found, raw
