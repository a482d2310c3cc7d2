"""The bake-off: every pattern on one sample of the client's own cases, paired, and what follows from it."""
