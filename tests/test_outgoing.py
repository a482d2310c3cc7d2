"""Client text goes only where the engagement says, with a key from the environment, after a line in the file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from advisorkit.intake.outgoing import KEY, Endpoint, consent, permitted
from advisorkit.store.reading import read
from advisorkit.values.engagement import Engagement, Workflow
from advisorkit.values.errors import EngagementError, UsageError
from advisorkit.values.people import Address, Consent

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
