"""Advice on prompting, retrieval (RAG), fine-tuning or both, worked out with the client."""

__version__ = "0.1.0"
