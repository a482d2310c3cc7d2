"""Which edition of advisorkit figures were worked out with: its version, its price book, its other data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from advisorkit.catalog.prices import OWN
from advisorkit.files.typed import DATA
from advisorkit.values.returned import Basis

BESIDE = ("text/", "samples/")
"""Folders of the package's data on which no figure rests."""


@cache
def version() -> str:
    """Version of the package; empty where it is not installed."""
    return next((found.version for found in metadata.distributions(name="advisorkit")), "")


@cache
def shipped() -> Mapping[str, bytes]:
    """The package's data files on which figures rest, by name.

    Example:
        >>> {"assumptions.yaml", "prices/package.csv"} <= set(shipped()), any(name.startswith("samples/") for name in shipped())
        (True, False)
    """
    root = Path(str(DATA))
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: found[name].read_bytes() for name in sorted(found) if not name.startswith(BESIDE)}


def own_prices() -> bytes:
    """The user's own price file; empty where there is none."""
    named = os.environ.get(OWN)
    return Path(named).read_bytes() if named else b""


def edition() -> Basis:
    """What figures rest on today."""
    prices = {name: content for name, content in shipped().items() if name.startswith("prices/")}
    rest = {name: content for name, content in shipped().items() if name not in prices}
    return Basis(version(), _digest({**prices, "own": own_prices()}), _digest(rest))


def _digest(files: Mapping[str, bytes]) -> str:
    return sha256(b"".join(sha256(name.encode() + b"\0" + content).digest() for name, content in files.items())).hexdigest()[:16]
