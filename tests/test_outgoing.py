"""Client text goes only where the engagement says, with a key from the environment, after a line in the file."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from scripted_server import WRONG_USAGE, Said, scripted

from advisorkit.bakeoff.model import Caller, UnansweredError
from advisorkit.intake.outgoing import KEY, Endpoint, consent, permitted
from advisorkit.store.reading import read
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.messages import EngagementError, UsageError
from advisorkit.values.people import Address, Consent
from advisorkit.values.prices import TokenPrices

ALLOWED = "https://api.example.com/v1"
ENGAGEMENT = Engagement("acme", "Acme", "EUR", date(2026, 11, 20), (Workflow("w", "W"),), endpoints=(ALLOWED, "http://127.0.0.1:8080/v1"))
SECRET = "sk-canary-7f3a"
WITH_KEY = {KEY: SECRET}
FILE = f"""# Acme, kept by hand
advisorkit: 1
id: acme
client: Acme
currency: EUR
as_of: 2026-11-20
workflows:
  - {{id: w, name: W}}
endpoints: [{ALLOWED}]   # agreed with Legal
"""


def test_without_endpoints_nothing_is_ever_sent() -> None:
    with pytest.raises(UsageError, match="it lists none, so nothing is ever sent"):
        permitted(replace(ENGAGEMENT, endpoints=()), ALLOWED, "small", WITH_KEY)


@pytest.mark.parametrize("url", [ALLOWED, "HTTPS://API.EXAMPLE.COM/v1", "https://api.example.com:443/v1/", "https://api.example.com/v1/eu"])
def test_an_allowed_address_may_be_written_in_several_ways_and_lead_below(url: str) -> None:
    assert Address.of(ALLOWED).covers(Address.of(permitted(ENGAGEMENT, url, "small", WITH_KEY).url))


LOOK_ALIKES = [
    "https://api.example.com.evil.net/v1", "https://evil.net/api.example.com/v1", "https://api-example.com/v1", "https://api.example.com:444/v1",
    "https://api.example.com/v10", "https://api.example.com/", "https://api.example.com/v2", "https://api.example.com/v1/../v2", "https://api.example.com./v1",
    "https://api.example.com@evil.net/v1", "https://user:pass@api.example.com/v1", "https://api.example.com\\@evil.net/v1", "https://api.example.com/v1#@evil.net",
    "https://api.example.com/v1?to=evil", "https://аpi.example.com/v1", "https://api.example.com/v1%2f..%2fv2", "https:/api.example.com/v1", "https:///v1",
    "http://api.example.com/v1", "file:///etc/passwd", "ftp://api.example.com/v1", "javascript:alert(1)", "//api.example.com/v1", "api.example.com/v1", "",
    "https://api.example.com/v1\n", " https://api.example.com/v1", "https://api.example.com:0/v1", "https://api.example.com:99999/v1", "https://api.example.com//v1",
    "http://localhost.evil.net:8080/v1", "http://127.0.0.1.evil.net:8080/v1", "http://2130706433:8080/v1", "http://0.0.0.0:8080/v1", "http://127.0.0.2:8080/v1",
]  # fmt: skip


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_an_odd_address_or_a_look_alike_is_refused_and_no_password_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent") as refused:
        permitted(ENGAGEMENT, url, "small", WITH_KEY)

    assert SECRET not in str(refused.value) and "pass@" not in str(refused.value)


@given(st.text(max_size=12), st.sampled_from(["{0}.example.com/v1", "api.example.com{0}/v1", "api.example.com/{0}", "api.example.com/v1{0}"]))
def test_whatever_is_added_what_is_allowed_has_the_host_and_begins_with_the_path(part: str, form: str) -> None:
    try:
        url = permitted(ENGAGEMENT, "https://" + form.format(part), "small", WITH_KEY).url
    except UsageError:
        return
    assert url == ALLOWED or url.startswith(ALLOWED + "/")


def test_a_key_is_needed_except_on_this_machine_and_never_shown() -> None:
    with pytest.raises(UsageError, match=f"set {KEY} in the environment"):
        permitted(ENGAGEMENT, ALLOWED, "small", {})
    with pytest.raises(UsageError, match="signs that no key has") as refused:
        permitted(ENGAGEMENT, ALLOWED, "small", {KEY: SECRET + "\nX-Other: 1"})

    assert permitted(ENGAGEMENT, "http://127.0.0.1:8080/v1", "small", {}).key == ""
    assert SECRET not in repr(permitted(ENGAGEMENT, ALLOWED, "small", WITH_KEY)) + str(refused.value)


def test_a_model_needs_a_name() -> None:
    with pytest.raises(UsageError, match="--model"):
        permitted(ENGAGEMENT, ALLOWED, " ", WITH_KEY)


def test_a_consent_is_a_line_in_the_file_and_every_other_byte_stays(tmp_path: Path) -> None:
    path, endpoint = tmp_path / "acme.yaml", Endpoint(ALLOWED, "small", SECRET)
    path.write_bytes(FILE.replace("\n", "\r\n").encode())

    consent(path, endpoint, ["The notes.\nAll of them."], "Bo", date(2026, 11, 30))
    consent(path, endpoint, ["The notes.\nAll of them."], "Bo", date(2026, 11, 30))  # said already

    expected = hashlib.sha256(b"The notes.\nAll of them.").hexdigest()
    assert read(path).consents == (Consent(date(2026, 11, 30), "Bo", ALLOWED, expected),)
    first = path.read_bytes()
    assert first.startswith(FILE.replace("\n", "\r\n").rstrip().encode()) and SECRET.encode() not in first

    consent(path, endpoint, ["One.", "Two."], "Bo", date(2026, 12, 1))

    assert read(path).consents[1].sha256 == hashlib.sha256(b"One.\0Two.").hexdigest()
    assert path.read_bytes().startswith(first.rstrip())


@pytest.mark.parametrize(("by", "file"), [("", FILE), (" ", FILE), ("Bo\x07", FILE), ("Bo", FILE.replace("https://api", "https://ap1"))])
def test_no_consent_without_a_name_or_where_the_file_no_longer_allows_it(by: str, file: str, tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(file)

    with pytest.raises(UsageError, match="nothing was sent"):
        consent(path, Endpoint(ALLOWED, "small", SECRET), ["The notes."], by, date(2026, 11, 30))

    assert path.read_text() == file


def test_a_file_with_an_odd_endpoint_or_consent_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(FILE.replace(f"[{ALLOWED}]", "[http://api.example.com/v1]") + f"consents: [{{date: 2026-11-30, by: Bo, endpoint: {ALLOWED}, sha256: abc}}]\n")

    with pytest.raises(EngagementError) as refused:
        read(path)

    lines = [str(fault) for fault in refused.value.faults]
    assert [words in line for words, line in zip(("line 9, endpoints[0]: 'http://api.example.com/v1' is not encrypted", "line 10, consents[0].sha256"), lines, strict=True)] == [True, True]


def told(content: Any = "six", usage: Any = None, finish: str | None = "stop", **more: Any) -> str:
    """A completion as servers of other makes write it."""
    message = {"role": "assistant", "content": content} | more
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": float("nan")}] * 2, "usage": usage or {"prompt_tokens": 5, "completion_tokens": 1}})


def raw(content: bytes, head: str = "", status: str = "200 OK") -> Said:
    return Said(raw=f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(content)}\r\n{head}\r\n".encode("latin-1") + content)


GOOD: Mapping[str, Said] = {
    "as a web page": Said(page=told()),
    "packed": raw(gzip.compress(told().encode()), "Content-Encoding: gzip\r\n"),
    "in UTF-16": raw(told().encode("utf-16")),
    "in parts": Said(page=told([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "si"}, {"type": "text", "text": "x"}])),
    "after a thought": Said(page=told("<think>\nIs it five?\n</think>\n\nsix", reasoning_content="Is it five?")),
    "with no reason to stop": Said(page=told(finish=None)),
}
ODD: Mapping[str, tuple[str, Said]] = {
    "a stream": ("page", raw(b'data: {"choices": [{"delta": {"content": "six"}}]}\n\ndata: [DONE]\n\n', "Content-Type: text/event-stream\r\n")),
    "another host": ("moved", raw(b"", "Location: http://127.0.0.1:9/v1\r\n", "308 Permanent Redirect")),
    "no content": ("page", raw(b"", status="204 No Content")),
    "a bomb": ("page", raw(gzip.compress(b'{"a": "' + b"0" * 30_000_000 + b'"}'), "Content-Encoding: gzip\r\n")),
    "packed as it says": ("unreachable", raw(told().encode(), "Content-Encoding: gzip\r\n")),
    "a deep one": ("page", raw(b"[" * 200_000)),
    "a list": ("refused", raw(b"[1, 2]")),
    "half of it": ("unreachable", Said(raw=raw(told().encode()).raw[:-20])),
    "another protocol": ("unreachable", Said(raw=b"\x16\x03\x01\x02\x00" * 9)),
    "drop by drop": ("slow", Said(raw=raw(told().encode()).raw, drip=0.05)),
    "heads without end": ("slow", Said(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 99, drip=0.05)),
    "a tool": ("empty", Said(page=told(None, finish="tool_calls", tool_calls=[{"id": "1", "type": "function", "function": {"name": "six", "arguments": "{}"}}]))),
    "only thoughts": ("empty", Said(page=told("", reasoning_content="six"))),
    "a number": ("empty", Said(page=told(6))),
    "the limit of another maker": ("cut", Said(page=told(finish="max_tokens"))),
    "no number of tokens": ("usage", Said(page=told(usage={"prompt_tokens": float("nan"), "completion_tokens": 1}))),
    "a truth for a number": ("usage", Said(page=told(usage={"prompt_tokens": True, "completion_tokens": True}))),
    "more than was sent": ("usage", Said(page=told(usage={"prompt_tokens": 10**30, "completion_tokens": 1}))),
    "a day to wait for": ("busy", Said(status=429, error="busy", headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"})),
    "an odd time to wait": ("busy", raw(b"{}", "Retry-After: \N{SUPERSCRIPT TWO}\r\n", "429 Too Many")),
}


@pytest.mark.parametrize("said", GOOD.values(), ids=GOOD)
def test_a_right_answer_is_understood_in_whatever_wrapping_it_comes(said: Said) -> None:
    with scripted([said]) as server:
        caller = Caller(Endpoint(server.url, "m", ""))
        assert caller.ask([{"role": "user", "content": "hello"}]).text == "six"


def test_a_model_behind_a_socket_file_is_reached_without_any_network(tmp_path: Path) -> None:
    place = tmp_path / "model.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        with ThreadPoolExecutor(1) as pool:
            heard = pool.submit(_heard, listening, raw(told().encode()).raw)
            answer = Caller(Endpoint("http://localhost/v1", "m", "", str(place))).ask([{"role": "user", "content": "hello"}])

    assert answer.text == "six" and heard.result().startswith(b"POST /v1/chat/completions ")
    assert str(place) not in repr(Endpoint("http://localhost/v1", "m", "", str(place)))


def _heard(listening: socket.socket, answer: bytes) -> bytes:
    """What the first to call says, answered once its body has come."""
    with listening.accept()[0] as called:
        said = called.recv(65536)
        while b"hello" not in said:
            said += called.recv(65536)
        called.sendall(answer)
    return said


@pytest.mark.parametrize(("cause", "said"), ODD.values(), ids=ODD)
def test_what_is_no_answer_has_a_cause_and_takes_no_longer_than_we_wait(cause: str, said: Said) -> None:
    with scripted([said]) as server:
        caller = Caller(Endpoint(server.url, "m", SECRET), pause=0, patience=0.5 if said.drip else 20)
        with pytest.raises(UnansweredError) as caught:
            caller.ask([{"role": "user", "content": "hello"}])

        assert caught.value.cause == cause and SECRET not in caught.value.message
        assert caller.requests == len(server.bodies) == (2 if cause in ("busy", "slow", "unreachable") else 1)


def test_signs_that_no_file_may_hold_are_blanks_in_what_is_kept(tmp_path: Path) -> None:
    with scripted([Said(page=told("si\ud800x\x00 \x1b[31m\u202e"))]) as server:
        caller = Caller(Endpoint(server.url, "m", ""), tmp_path)
        texts = [caller.ask([{"role": "user", "content": "hello"}]).text for _ in range(2)]

        for url in ("https://[:::]/v1", "https://a..b/v1", f"https://{'a' * 70}.example/v1"):
            caller.endpoint = replace(caller.endpoint, url=url)
            with pytest.raises(UnansweredError, match="cannot be reached"):
                caller.ask([{"role": "user", "content": "hello elsewhere"}])
        caller.endpoint = replace(caller.endpoint, url=server.url.replace("http:", "https:"))
        with pytest.raises(UnansweredError, match=r"cannot be reached \(\[SSL"):
            caller.ask([{"role": "user", "content": "hello again"}])

    assert texts == ["si x   [31m "] * 2 and len(server.bodies) == 1


def test_what_an_answer_cost_that_nobody_counted_rightly_stays_within_the_limit() -> None:
    with scripted([WRONG_USAGE]) as server:
        caller = Caller(Endpoint(server.url, "m", ""), prices=TokenPrices(2, 10), most_cost=0.01)
        for i, words in enumerate(["counts no tokens"] * 2 + ["could pass the limit"]):
            with pytest.raises(UnansweredError, match=words):
                caller.ask([{"role": "user", "content": f"case {i}"}])

    assert len(server.bodies) == 2
