"""A workflow worked out once, as values, frames and JSON documents."""
