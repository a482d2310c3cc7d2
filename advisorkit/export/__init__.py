"""Executed notebooks as files that can be handed over: one module a format."""
