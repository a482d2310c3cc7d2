"""Weights fitted and scored on closed cases."""
