"""Engagement files: read, check, write, describe."""

from advisorkit.store.document import digest, document, to_json
from advisorkit.store.reading import Loaded, load, read
from advisorkit.store.writing import text, write

__all__ = ["Loaded", "digest", "document", "load", "read", "text", "to_json", "write"]
