"""Measured tokens and minutes put in the place of assumed ones."""

from __future__ import annotations

from collections.abc import Mapping

from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Inputs
from advisorkit.values.engagement import Setting
from advisorkit.values.patterns import PatternId
from advisorkit.values.quantities import Estimate

_PARTS: Mapping[PatternId, tuple[str, ...]] = {
    "prompt": ("input_tokens", "instruction_tokens", "example_tokens"),
    "rag": ("input_tokens", "instruction_tokens", "example_tokens", "passage_tokens"),
    "finetune": ("input_tokens", "tuned_instruction_tokens"),
    "hybrid": ("input_tokens", "tuned_instruction_tokens", "passage_tokens"),
}
_OWN = frozenset({"input_tokens", "passage_tokens"})
_TIMES = {"example_tokens": "prompt_examples", "passage_tokens": "retrieved_passages"}


def rebased(inputs: Inputs, measured: Mapping[str, Estimate], pattern: PatternId) -> dict[str, Setting]:
    """Settings of the cost model under which one call of `pattern` takes what was measured.

    `input_tokens` of a pilot is everything that the model read, so every part of the request is scaled by one factor:
    what is read in all then agrees, and the parts keep their proportions. A corpus carried whole in the prompt is
    taken off first.
    """
    made: dict[str, Setting] = {}
    if "output_tokens" in measured:
        made["output_tokens"] = measured["output_tokens"]
    if "minutes" in measured:
        made["review_minutes"] = measured["minutes"]
    if "input_tokens" in measured:
        made |= _scaled(inputs, measured["input_tokens"], pattern)
    return made


def _scaled(inputs: Inputs, read: Estimate, pattern: PatternId) -> dict[str, Setting]:
    here = scene(inputs, inputs.likely())
    request, v = here.requests[pattern], here.values
    parts = {name: float(request.example_tokens if name == "example_tokens" else v[name]) for name in _PARTS[pattern]}
    amounts = {name: tokens * float(v[_TIMES[name]] if name in _TIMES else 1.0) for name, tokens in parts.items()}
    standing = sum(tokens for name, tokens in amounts.items() if name not in _OWN)
    own, corpus = sum(amounts.values()), max(0.0, float(request.prefix_tokens) - standing)
    if read.likely <= corpus or own <= 0:
        return {}
    factor = (read.likely - corpus) / own
    spread = [end / read.likely for end in (read.low, read.likely, read.high)]
    return {name: Estimate(*(tokens * factor * end for end in spread)) for name, tokens in parts.items()}
