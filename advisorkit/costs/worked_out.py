"""Assumptions that follow from others until somebody sets them.

Layers do not add up: what training removes on top of looking things up is cut by `layers_overlap`, since published
comparisons of both against one alone go either way (Ovadia et al. 2023, arXiv 2312.05934; Zhang et al. 2024, arXiv 2403.10131).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisorkit.costs.sampling import known

Values = Mapping[str, Any]

WORKED_OUT: dict[str, Callable[[Values], Any]] = {
    "example_tokens": lambda v: v["input_tokens"] + v["output_tokens"],
    "minutes_saved": lambda v: v["minutes_per_item"] * v["minutes_saved_share"],
    "error_rate_rag": lambda v: v["error_rate_prompt"] * (1 - v["retrieval_removes"]),
    "error_rate_finetune": lambda v: v["error_rate_prompt"] * (1 - v["training_removes"]),
    "error_rate_hybrid": lambda v: (
        v["error_rate_prompt"] * (1 - v["retrieval_removes"]) * (1 - v["training_removes"] * (1 - v["layers_overlap"]))
    ),
}
"""How each follows, by name."""
BASIS = (
    "input_tokens", "output_tokens", "minutes_per_item", "minutes_saved_share", "error_rate_prompt", "retrieval_removes",
    "training_removes", "layers_overlap",
)
"""What they follow from."""


def completed(values: Values) -> dict[str, Any]:
    """Values with those that are not known worked out from the others where there is a way.

    Example:
        >>> completed({"example_tokens": float("nan"), "input_tokens": 600.0, "output_tokens": 300.0})["example_tokens"]
        900.0
    """
    found = dict(values)
    for name, rule in WORKED_OUT.items():
        if name in values and not known(values[name]):
            found[name] = rule(values)
    return found
