"""Engagement files: read, described by a schema, written and edited byte by byte."""
