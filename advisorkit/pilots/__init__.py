"""Marked pilots: results in, what they show, what follows, what the next one should be."""
