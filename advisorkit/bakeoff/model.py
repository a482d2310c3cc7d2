"""One model behind an OpenAI-compatible address: at most two requests an answer, each answer kept on the disk, a limit on both."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from advisorkit.catalog.reading import text_classes
from advisorkit.costs.tokens import prices_at
from advisorkit.files.disk import fingerprint, write_bytes
from advisorkit.files.texts import Texts
from advisorkit.intake.outgoing import Endpoint
from advisorkit.values.errors import AdvisorError
from advisorkit.values.prices import TokenPrices

say = Texts("bakeoff").say
"""Sentences of the bake-off."""
Cause = Literal["key", "busy", "page", "long", "cut", "empty", "usage", "slow", "unreachable", "refused", "spent", "judge"]
"""Why there is no answer."""
Message = Mapping[str, str]
"""One turn: ``role`` and ``content``."""
_AGAIN: frozenset[Cause] = frozenset({"busy", "slow", "unreachable"})
_ENDPOINT: frozenset[Cause] = _AGAIN | {"key", "page"}
_DOWN = 20
"""Cases in a row without an answer, because of the endpoint, after which it is asked no more."""
_OVER = ("context", "too long", "too large", "maximum length", "token limit")


class UnansweredError(AdvisorError):
    """A request that brought no answer: it is left out and never counted as wrong."""

    def __init__(self, cause: Cause, detail: str = "", wait: float = 0.0) -> None:
        self.cause: Cause = cause
        self.wait = wait
        self.message = say(f"cause.{cause}", detail=detail)
        """Words of it; Inspect writes them into its log."""
        super().__init__(self.message)


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


@dataclass(slots=True)
class Caller:
    """Asks one endpoint, within limits; safe to be shared by threads."""

    endpoint: Endpoint
    """Where and which model."""
    folder: Path | None = None
    """Where this endpoint's answers are kept, so that the same request is never sent twice; None keeps none."""
    prices: TokenPrices | None = None
    """What tokens cost; None where that is not known."""
    most_cost: float | None = None
    """Money that is not passed."""
    most_calls: int | None = None
    """Requests that are not passed."""
    pause: float = 2.0
    """Seconds before a second try, where the server names none."""
    patience: float = 120.0
    """Seconds after which an answer is no longer waited for."""
    requests: int = 0
    """Requests sent."""
    spent: float = 0.0
    """Money spent, as far as prices are known."""
    read: int = 0
    """Tokens read, of answers from the disk none."""
    written: int = 0
    """Tokens written."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: float = 0.0
    _down: int = 0
    _gone: UnansweredError | None = None
    _newer: bool = False
    _http: httpx.Client | None = None

    def ask(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None, most_tokens: int = 400, model: str = "") -> Told:
        """The model's answer, from the disk where it was given before.

        Raises:
            UnansweredError: If there is none; says why.
        """
        body = self._body(messages, schema, most_tokens, model)
        kept = self._kept(body)
        if kept and kept.exists():
            return Told(**json.loads(kept.read_bytes()))
        if self._gone and self._down >= _DOWN:
            raise self._gone
        try:
            told = self._twice(body, most_tokens)
        except UnansweredError as error:
            self._down, self._gone = self._down + (error.cause in _ENDPOINT), error if error.cause in _ENDPOINT else self._gone
            raise
        self._down = 0
        if kept:
            write_bytes(kept, json.dumps(asdict(told), ensure_ascii=False).encode())
        return told

    def known(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None, most_tokens: int = 400, model: str = "") -> bool:
        """Whether the answer lies on the disk, so that nothing would be sent."""
        kept = self._kept(self._body(messages, schema, most_tokens, model))
        return kept is not None and kept.exists()

    def _body(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, most_tokens: int, model: str) -> dict[str, Any]:
        form = {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}} if schema else {}
        return {"model": model or self.endpoint.model, "messages": [dict(one) for one in messages], "max_tokens": most_tokens, "temperature": 0} | form

    def _kept(self, body: Mapping[str, Any]) -> Path | None:
        return self.folder / f"{fingerprint(json.dumps(body, sort_keys=True).encode())}.json" if self.folder else None

    def cost(self, read: float, written: float) -> float:
        """Money for so many tokens; 0 where no price is known."""
        if self.prices is None:
            return 0.0
        given = prices_at(self.prices, read)
        return float(read * given[0] + written * given[1]) / 1e6

    def close(self) -> None:
        """Let the connections go."""
        if self._http:
            self._http.close()
            self._http = None

    def _twice(self, body: Mapping[str, Any], most_tokens: int) -> Told:
        try:
            return self._sent(body, most_tokens)
        except UnansweredError as error:
            if error.cause not in _AGAIN:
                raise
            time.sleep(error.wait)
            return self._sent(body, most_tokens)

    def _sent(self, body: Mapping[str, Any], most_tokens: int) -> Told:
        worst = self.cost(text_classes()["prose"].of_characters(len(json.dumps(body))).high, most_tokens)
        with self._lock:
            if self.most_calls is not None and self.requests >= self.most_calls:
                raise UnansweredError("spent", say("limit.calls", count=self.most_calls))
            if self.most_cost is not None and self.spent + self._held + worst > self.most_cost:
                raise UnansweredError("spent", say("limit.cost", cost=f"{self.most_cost:.2f}"))
            self.requests += 1
            self._held += worst
            self._http = self._http or httpx.Client(timeout=self.patience, follow_redirects=False, trust_env=False)
        try:
            return self._answered(self._http, body, most_tokens)
        finally:
            with self._lock:
                self._held -= worst

    def _answered(self, http: httpx.Client, body: Mapping[str, Any], most_tokens: int) -> Told:
        sent = {name: value for name, value in body.items() if name not in ("max_tokens", "temperature")} | {"max_completion_tokens": most_tokens} if self._newer else body
        start = time.monotonic()
        headers = {"Authorization": f"Bearer {self.endpoint.key}"} if self.endpoint.key else {}
        try:
            found = http.post(f"{self.endpoint.url.rstrip('/')}/chat/completions", json=sent, headers=headers)
        except httpx.TimeoutException:
            raise UnansweredError("slow", f"{self.patience:g}") from None
        except httpx.HTTPError as error:
            raise UnansweredError("unreachable", type(error).__name__) from None
        seconds = time.monotonic() - start
        try:
            document = found.json()
        except ValueError:
            document = None
        if found.status_code != 200 or not isinstance(document, dict):
            self._failed(found, document, sent)
        return self._understood(document, seconds, most_tokens)

    def _failed(self, found: httpx.Response, document: Any, sent: Mapping[str, Any]) -> None:
        status, said = found.status_code, json.dumps(document).casefold() if document is not None else ""
        if status == 400 and "max_completion_tokens" in said and "max_tokens" in sent:
            self._newer = True
            raise UnansweredError("busy", str(status))
        if status in (401, 403):
            raise UnansweredError("key", str(status))
        if status == 429 or status >= 500:
            asked = found.headers.get("retry-after", "")
            raise UnansweredError("busy", str(status), min(30.0, float(asked)) if asked.replace(".", "", 1).isdigit() else self.pause)
        if document is None:
            raise UnansweredError("page", str(status))
        raise UnansweredError("long" if status in (400, 413) and any(word in said for word in _OVER) else "refused", str(status))

    def _understood(self, document: Mapping[str, Any], seconds: float, most_tokens: int) -> Told:
        usage, choices = document.get("usage"), document.get("choices")
        read, written = (found if isinstance(found := (usage if isinstance(usage, dict) else {}).get(name), int) else -1 for name in ("prompt_tokens", "completion_tokens"))
        if read < 1 or not 0 <= written <= 2 * most_tokens:
            raise UnansweredError("usage")
        with self._lock:
            self.read, self.written = self.read + read, self.written + written
            self.spent += self.cost(read, written)
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message, ended = found if isinstance(found := first.get("message"), dict) else {}, first.get("finish_reason")
        text, declined = message.get("content") or message.get("refusal"), ended == "content_filter" or bool(message.get("refusal"))
        if ended == "length":
            raise UnansweredError("cut")
        if not declined and (not isinstance(text, str) or not text.strip()):
            raise UnansweredError("empty")
        return Told(str(text or ""), read, written, seconds, declined)
