"""Engagement files: read, check, write, describe."""

from advisorkit.store import samples
from advisorkit.store.document import digest, document, to_json
from advisorkit.store.fresh import new
from advisorkit.store.reading import UPGRADES, Loaded, from_json, load, read
from advisorkit.store.schema import schema
from advisorkit.store.writing import text, write

__all__ = ["UPGRADES", "Loaded", "digest", "document", "from_json", "load", "new", "read", "samples", "schema", "text", "to_json", "write"]
