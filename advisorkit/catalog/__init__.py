"""Reviewed data of our own as values: criteria, gates, prices, assumptions, archetypes, pilot rules."""
