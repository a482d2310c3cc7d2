"""A session with a client: an engagement open, edited, saved and shown."""

from advisorkit.session.work import Work

__all__ = ["Work"]
