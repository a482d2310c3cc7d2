"""Marked pilots: what they are worth, what they show and what follows."""

from advisorkit.pilot.decision import decide, further_cases, reach, retrieval_blocked, stands
from advisorkit.pilot.diagnosis import Diagnosis, Pilot, diagnose
from advisorkit.pilot.findings import COUNTED, REPLACED, Action, Decision, Established
from advisorkit.pilot.history import agreed_pass_mark, with_advised, with_pilot
from advisorkit.pilot.intervals import Beta, at_most, kappa, wilson
from advisorkit.pilot.ladder import NextRung, next_rungs
from advisorkit.pilot.marked import (
    FAILURES,
    OUTCOMES,
    SEVERITIES,
    Failure,
    MarkedCase,
    MarkedResults,
    Outcome,
    Severity,
)
from advisorkit.pilot.needs import Failing, Needs, decibans
from advisorkit.pilot.planning import Plan, Width, pilot_plan
from advisorkit.pilot.reading import established, established_for
from advisorkit.pilot.rebasing import rebased
from advisorkit.pilot.rules import Rules
from advisorkit.pilot.tally import Agreement, Share
from advisorkit.pilot.terms import UNINFORMED, Terms, stakes_of, terms_for
from advisorkit.pilot.value import PilotSize, Stakes, best_size, evpi, evsi, sizes_valued

__all__ = [
    "COUNTED", "FAILURES", "OUTCOMES", "REPLACED", "SEVERITIES", "UNINFORMED", "Action", "Agreement", "Beta", "Decision",
    "Diagnosis", "Established", "Failing", "Failure", "MarkedCase", "MarkedResults", "Needs", "NextRung", "Outcome", "Pilot",
    "PilotSize", "Plan", "Rules", "Severity", "Share", "Stakes", "Terms", "Width", "agreed_pass_mark", "at_most", "best_size", "decibans",
    "decide", "diagnose", "established", "established_for", "evpi", "evsi", "further_cases", "kappa", "next_rungs", "pilot_plan",
    "reach", "rebased", "retrieval_blocked", "sizes_valued", "stakes_of", "stands", "terms_for", "wilson", "with_advised", "with_pilot",
]  # fmt: skip
