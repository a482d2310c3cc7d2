"""The four patterns, the off-ramps and the companions, and what is said of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from advisorkit.values.written import OWN_KEY

PatternId = Literal["prompt", "rag", "finetune", "hybrid"]
OffRampId = Literal["rule", "query", "search", "tool_call", "predictive_model", "buy", "fix_process", "stop"]
CompanionId = Literal["tool_call", "structured_output", "rule", "human_handover", "classifier"]

PATTERNS: tuple[PatternId, ...] = get_args(PatternId)
"""Simplest first: the order that settles ties."""
NEEDS: Mapping[PatternId, tuple[bool, bool]] = {"prompt": (False, False), "rag": (True, False), "finetune": (False, True), "hybrid": (True, True)}
"""Whether the work that ends with a pattern needs retrieval, and training."""
OFF_RAMPS: tuple[OffRampId, ...] = get_args(OffRampId)
"""What may be recommended instead of any pattern."""
COMPANIONS: tuple[CompanionId, ...] = get_args(CompanionId)
"""What may stand beside a pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a non-technical buyer is told of one pattern, off-ramp or companion."""

    id: Annotated[str, OWN_KEY]
    """Catalogue id, such as ``rag``."""
    name: str
    """Name on screen, such as ``RAG``."""
    long_name: str
    """Name at first mention, such as ``retrieval (RAG)``."""
    what: str
    """What it is, in a sentence or two."""
    right_when: str
    """When it is the right call."""
    fails_when: str
    """How it typically fails."""
    cost_profile: str
    """Where the money goes."""
    examples: tuple[str, ...] = ()
    """Typical uses."""
    sources: tuple[str, ...] = ()
    """Keys of the source list."""
    suggested_by: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Answers that suggest it: any one of these, in which every criterion named has one of its levels."""
