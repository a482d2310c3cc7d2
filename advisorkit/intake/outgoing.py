"""Client text that leaves the house: only to an address that the engagement lists, only with a key, only after a line that says so."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import import_module
from pathlib import Path

from advisorkit.files.disk import fingerprint
from advisorkit.files.spots import unfit
from advisorkit.store.reading import load
from advisorkit.store.writing import write
from advisorkit.values.engagement import Engagement
from advisorkit.values.messages import UsageError, here
from advisorkit.values.people import Address, Consent

KEY = "ADVISORKIT_API_KEY"
"""The variable of the environment that holds the key."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model to which the client's text may be sent."""

    url: str
    """Its address, such as ``https://api.example.com/v1``; requests go below it."""
    model: str
    """The model's name there."""
    key: str = field(repr=False)
    """What lets us in; empty for a model on this machine that asks for none."""
    socket: str = field(default="", repr=False)
    """The socket file by which a model on this machine is reached; empty where the address alone leads to it."""


def permitted(engagement: Engagement, url: str, model: str, environ: Mapping[str, str] = os.environ) -> Endpoint:
    """The model called `model` at `url`, where the engagement allows it and a key is there.

    Raises:
        UsageError: If the address is odd or not among the engagement's ``endpoints``, or the key is missing; nothing was sent then.

    Example:
        >>> from advisorkit.values.engagement import Workflow
        >>> agreed = Engagement("a", "A", "EUR", date(2026, 11, 20), (Workflow("w", "W"),), endpoints=("https://api.example.com/v1",))
        >>> permitted(agreed, "https://api.example.com/v1/", "small", {"ADVISORKIT_API_KEY": "sk-1"})
        Endpoint(url='https://api.example.com/v1', model='small')
    """
    address = addressed(url)
    _listed(engagement, address)
    if not model.strip() or unfit(model):
        raise UsageError(here("name the model at the endpoint with --model; nothing was sent"))
    return Endpoint(str(address), model.strip(), _key(address, environ))


def addressed(url: str) -> Address:
    """The address in `url`.

    Raises:
        UsageError: If it is none that may be used.
    """
    try:
        return Address.of(url)
    except ValueError as error:
        raise UsageError(here("--endpoint {}; nothing was sent", here(str(error)))) from None


def _listed(engagement: Engagement, address: Address) -> None:
    if not any(Address.of(one).covers(address) for one in engagement.endpoints):
        allowed = here("it lists {}", ", ".join(engagement.endpoints)) if engagement.endpoints else here("it lists none, so nothing is ever sent")
        raise UsageError(here(
            "{}: {} is not among the endpoints that the engagement allows ({}); once the client agrees, write endpoints: [{}] into its file; nothing was sent",
            engagement.id, address, allowed, address,
        ))


def _key(address: Address, environ: Mapping[str, str]) -> str:
    key = environ.get(KEY, "").strip() or _kept(address.host)
    if not key and not address.loopback:
        raise UsageError(here(
            "no key for {}: set {} in the environment, or keep one in the keyring under advisorkit and {}; nothing was sent",
            address, KEY, address.host,
        ))
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(here("the key in {} holds signs that no key has; copy it again; nothing was sent", KEY))
    return key


def _kept(host: str) -> str:
    """The key for a host in the machine's keyring, where the package of that name is installed."""
    with suppress(ImportError):
        keyring = import_module("keyring")
        with suppress(keyring.errors.KeyringError):
            return (keyring.get_password("advisorkit", host) or "").strip()
    return ""


def digest(texts: Sequence[str]) -> str:
    """SHA-256 in hexadecimal of what is sent, one text after the other with a zero byte between them; of one text, that of its UTF-8."""
    return fingerprint("\0".join(texts).encode())


def consent(path: str | Path, endpoint: Endpoint, texts: Sequence[str], by: str, on: date) -> None:
    """Note in the engagement file at `path` that `by` lets `texts` go to `endpoint`; to be called before anything is sent.

    The same line is not written twice; where one stands for these texts and this endpoint, nobody has to be named again.

    Raises:
        EngagementError: If the file has faults.
        UsageError: If nobody is named, the file no longer allows the endpoint, or it cannot be written.
    """
    loaded = load(path)
    _listed(loaded.engagement, Address.of(endpoint.url))
    line = Consent(on, by.strip(), endpoint.url, digest(texts))
    if not line.by and any((one.endpoint, one.sha256) == (line.endpoint, line.sha256) for one in loaded.engagement.consents):
        return
    if not line.by or unfit(line.by):
        raise UsageError(here("no line under consents lets this text go to {}: say with --by who does; nothing was sent", line.endpoint))
    if line not in loaded.engagement.consents:
        write(path, replace(loaded.engagement, consents=(*loaded.engagement.consents, line)), loaded.fingerprint)
