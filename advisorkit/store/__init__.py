"""Engagement files: read, check, write, describe."""

from advisorkit.store.reading import Loaded, load, read

__all__ = ["Loaded", "load", "read"]
