"""Sentences of the report."""

from __future__ import annotations

from advisorkit.files.texts import Texts

TEXTS = Texts("report")
say = TEXTS.say
columns = TEXTS.columns
