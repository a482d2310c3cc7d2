"""What the answers say: gates, evidence and the chances of the four patterns."""

from advisorkit.evidence.belief import (
    GUESS,
    Assessment,
    Belief,
    EvidenceItem,
    believe,
    best,
    corners,
    decibans_of,
    removed,
    spread,
    weigh,
)
from advisorkit.evidence.gates import Facts, GateHit, closed_gates, closure, pointless, shares, sure
from advisorkit.evidence.steps import PILOT, step_for_now, waiting
from advisorkit.evidence.tables import Array, Table, chance, table

__all__ = [
    "GUESS",
    "PILOT",
    "Array",
    "Assessment",
    "Belief",
    "EvidenceItem",
    "Facts",
    "GateHit",
    "Table",
    "believe",
    "best",
    "chance",
    "closed_gates",
    "closure",
    "corners",
    "decibans_of",
    "pointless",
    "removed",
    "shares",
    "spread",
    "step_for_now",
    "sure",
    "table",
    "waiting",
    "weigh",
]
