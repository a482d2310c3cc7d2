"""What weakens a pilot's findings, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from advisorkit.files.texts import Texts
from advisorkit.pilots.diagnosis import Diagnosis
from advisorkit.pilots.rules import Rules
from advisorkit.pilots.terms import Terms
from advisorkit.values.quantities import percent

_say = Texts("pilots").say


def warnings_of(seen: Diagnosis, terms: Terms, rules: Rules) -> tuple[str, ...]:
    """Everything that a reader of the findings should know, most weighty first."""
    parts = (_about_cases(seen, rules), _about_terms(seen, terms), _about_marks(seen, rules), _about_parts(seen, terms))
    return (*seen.pilot.results.warnings, *(said for part in parts for said in part))


def _about_cases(seen: Diagnosis, rules: Rules) -> Iterator[str]:
    marks = seen.pilot.results.marks
    if seen.right.n < rules.least_cases:
        yield _say("warn.few", cases=f"{seen.right.n:g}", least=rules.least_cases)
    if chosen := len({mark.case for mark in marks if mark.sampling == "chosen"}):
        yield _say("warn.chosen", count=chosen)
    versions = sorted({mark.version for mark in marks if mark.version})
    if len(versions) > 1:
        yield _say("warn.versions", count=len(versions), names=", ".join(versions[:5]))


def _about_terms(seen: Diagnosis, terms: Terms) -> Iterator[str]:
    if terms.source == "usual":
        yield _say("warn.usual", target=percent(terms.target))
    if seen.pilot.reason:
        yield _say("warn.changed", reason=seen.pilot.reason)


def _about_marks(seen: Diagnosis, rules: Rules) -> Iterator[str]:
    if seen.bad_labels:
        yield _say("warn.labels", count=seen.bad_labels)
    unclear, lacking, mended = seen.failures["unclear"], seen.failures["information"], seen.mended
    if unclear.share is not None and unclear.share > 0.5:
        yield _say("warn.unclear", count=f"{unclear.hits:g}", failures=f"{unclear.n:g}")
    if seen.agreement and seen.agreement.kappa < rules.low_agreement:
        yield _say("warn.markers", same=percent(seen.agreement.same))
    if lacking.hits and not mended.n:
        yield _say("warn.untested")
    elif lacking.hits and mended.n >= rules.least_tests and mended.high < rules.oracle_floor:
        yield _say("warn.not_mended")


def _about_parts(seen: Diagnosis, terms: Terms) -> Iterator[str]:
    for name, right in seen.segments.items():
        if right.high < terms.target and right.n < seen.right.n:
            yield _say("warn.segment", name=name, share=percent(right.share or 0), cases=f"{right.n:g}")
    if seen.declined.hits:
        yield _say("warn.declined", count=f"{seen.declined.hits:g}", cases=f"{seen.declined.n:g}")
    critical = seen.severities.get("critical")
    if critical is not None:
        key = "warn.critical" if critical.hits else "warn.critical_none"
        yield _say(key, count=f"{critical.hits:g}", cases=f"{critical.n:g}", most=f"{100 * critical.at_most:.1f}")
