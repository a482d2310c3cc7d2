"""Marked results in: tables, JSON lines, Inspect AI logs and promptfoo output, whole or not at all."""

from advisorkit.marked_results.reading import AGREED, MARKS, SECOND_MARKS, read_results
from advisorkit.marked_results.rows import COLUMNS, REQUIRED

__all__ = ["AGREED", "COLUMNS", "MARKS", "REQUIRED", "SECOND_MARKS", "read_results"]
