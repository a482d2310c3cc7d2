"""Addresses of models on the network, compared by their parts and never as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

_FORM = re.compile(r"(?i:(https?)://(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?))(?::([0-9]{1,5}))?((?:/[A-Za-z0-9._~-]+)*)/?", re.ASCII)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model answers.

    Example:
        >>> str(Address.of("HTTPS://API.Example.com:443/v1/"))
        'https://api.example.com/v1'
    """

    scheme: str
    """``https``, or ``http`` for this machine."""
    host: str
    """Name or number of the machine, in small letters."""
    port: int
    """Its port."""
    path: str
    """What stands behind, without a slash at its end; may be empty."""

    @classmethod
    def of(cls, text: str) -> Address:
        """The address in a text.

        Raises:
            ValueError: If it is none that may be used; says what to write.
        """
        found = _FORM.fullmatch(text)
        if "@" in text:
            raise ValueError("holds a name or password; leave it out, a key comes from the environment")
        if not found or set(found[4].split("/")) & {".", ".."} or int(found[3] or 1) not in range(1, 65_536):
            raise ValueError("is not the address of a model; write it as https://host/v1, in plain letters, without ? or #")
        scheme, host = found[1].lower(), found[2].lower()
        made = cls(scheme, host, int(found[3] or _PORTS[scheme]), found[4])
        if scheme == "http" and not made.loopback:
            raise ValueError("is not encrypted; only a model on this machine may be reached by http, any other by https")
        return made

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def covers(self, other: Address) -> bool:
        """Whether `other` is this address or lies below it.

        Example:
            >>> allowed = Address.of("https://api.example.com/v1")
            >>> [allowed.covers(Address.of(text)) for text in ("https://api.example.com/v1/eu", "https://api.example.com/v10", "https://api.example.com.evil.net/v1")]
            [True, False, False]
        """
        same = (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)
        return same and f"{other.path}/".startswith(f"{self.path}/")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{'' if self.port == _PORTS[self.scheme] else f':{self.port}'}{self.path}"
