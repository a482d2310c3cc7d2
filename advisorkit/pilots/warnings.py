"""What weakens a pilot's findings, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.rules import Rules
from advisorkit.pilots.terms import Terms
from advisorkit.values.quantities import percent


def warnings_of(seen: Diagnosis, terms: Terms, rules: Rules) -> tuple[str, ...]:
    """Everything that a reader of the findings should know, most weighty first."""
    return (
        *seen.pilot.results.warnings,
        *_about_cases(seen, rules),
        *_about_terms(seen, terms),
        *_about_marks(seen, rules),
        *_about_parts(seen, terms),
        *_about_harm(seen),
    )


def _about_cases(seen: Diagnosis, rules: Rules) -> Iterator[str]:
    marks = seen.pilot.results.marks
    if seen.right.n < rules.least_cases:
        yield f"Only {seen.right.n:g} answered cases were marked; nothing is decided below {rules.least_cases}."
    chosen = len({mark.case for mark in marks if mark.sampling == "chosen"})
    if chosen:
        yield f"{chosen} cases were chosen, not drawn at random, so daily work may go better or worse than this."
    versions = sorted({mark.version for mark in marks if mark.version})
    if len(versions) > 1:
        yield f"The marks mix {len(versions)} versions ({', '.join(versions[:5])}); no single version was measured by all cases."


def _about_terms(seen: Diagnosis, terms: Terms) -> Iterator[str]:
    if terms.source == "usual":
        yield f"No pass mark was agreed and the value of right and wrong answers is not known; {percent(terms.target)} is assumed."
    if seen.pilot.reason:
        yield f"The pass mark was changed after it was agreed: {seen.pilot.reason}"


def _about_marks(seen: Diagnosis, rules: Rules) -> Iterator[str]:
    if seen.bad_labels:
        yield f"{seen.bad_labels} cases were set aside because the expected answer itself was wrong."
    unclear = seen.failures["unclear"]
    if unclear.share is not None and unclear.share > 0.5:
        yield f"For {unclear.hits:g} of {unclear.n:g} failures nobody could say why they failed."
    if seen.agreement and seen.agreement.kappa < rules.low_agreement:
        same = percent(seen.agreement.same)
        yield f"Two markers gave the same mark in {same} of cases, part of it by chance; agree first what counts as right."
    lacking = seen.failures["information"]
    if lacking.hits and not seen.mended.n:
        yield "Nobody has pasted the right text into the failed cases; an afternoon's test shows what a search could mend."
    elif lacking.hits and seen.mended.share is not None and seen.mended.n >= rules.least_tests and seen.mended.high < rules.oracle_floor:
        yield "Failures marked as missing information were not mended by the right text: look at these marks again."


def _about_parts(seen: Diagnosis, terms: Terms) -> Iterator[str]:
    for name, right in seen.segments.items():
        if right.high < terms.target and right.n < seen.right.n:
            yield f"'{name}' falls short on its own: {percent(right.share or 0)} of {right.n:g} right."
    if seen.declined.hits:
        yield f"{seen.declined.hits:g} of {seen.declined.n:g} cases were declined; they go to a person and count neither as right nor as wrong."


def _about_harm(seen: Diagnosis) -> Iterator[str]:
    critical = seen.severities.get("critical")
    if critical is not None:
        found = "No critical error" if not critical.hits else f"{critical.hits:g} critical errors"
        yield f"{found} in {critical.n:g} cases still allows about {100 * critical.at_most:.1f}%."
