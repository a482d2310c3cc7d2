"""What the answers say: gates, evidence and the chances of the four patterns."""

from advisorkit.evidence.belief import (
    GUESS,
    MEASURED,
    Assessment,
    Belief,
    EvidenceItem,
    believe,
    best,
    corners,
    removed,
    shuts,
    spread,
    weigh,
)
from advisorkit.evidence.cases import Case, answerable, frequencies, placed
from advisorkit.evidence.gates import Facts, GateHit, closed_gates, closure, pointless, read_by, shares, sure, told_by
from advisorkit.evidence.steps import PILOT, step_for_now, waiting
from advisorkit.evidence.tables import Array, Same, Table, chance, table
from advisorkit.evidence.whatif import Change, Changed, Outlook, best_of, possible_answers, shared_out
from advisorkit.evidence.worked_out import contradicted, worked_out

__all__ = [
    "GUESS",
    "MEASURED",
    "PILOT",
    "Array",
    "Assessment",
    "Belief",
    "Case",
    "Change",
    "Changed",
    "EvidenceItem",
    "Facts",
    "GateHit",
    "Outlook",
    "Same",
    "Table",
    "answerable",
    "believe",
    "best",
    "best_of",
    "chance",
    "closed_gates",
    "closure",
    "contradicted",
    "corners",
    "frequencies",
    "placed",
    "pointless",
    "possible_answers",
    "read_by",
    "removed",
    "shared_out",
    "shares",
    "shuts",
    "spread",
    "step_for_now",
    "sure",
    "table",
    "told_by",
    "waiting",
    "weigh",
    "worked_out",
]
