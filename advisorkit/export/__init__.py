"""Blocks and the formats that they become."""
