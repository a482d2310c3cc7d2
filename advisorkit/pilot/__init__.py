"""Marked pilots: what they are worth, what they show and what follows."""

from advisorkit.pilot.established import REPLACED, Action, Decision, Established

__all__ = ["REPLACED", "Action", "Decision", "Established"]
