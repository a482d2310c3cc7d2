"""Sentences of the report."""

from advisorkit.files.texts import Texts

TEXTS = Texts("report")
say = TEXTS.say
columns = TEXTS.columns
