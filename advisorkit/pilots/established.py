"""What marked pilots establish, as one value that advice takes in place of opinions."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisorkit.costs.assumption import GIVEN_FOR
from advisorkit.costs.flows import scene
from advisorkit.costs.inputs import Inputs
from advisorkit.files.texts import Texts
from advisorkit.pilots.decision import AfterPilot, decide, reach, retrieval_blocked, stands
from advisorkit.pilots.diagnosis import Diagnosis, Failing, Needs, Pilot, decibans, diagnose
from advisorkit.pilots.tally import Beta, Share
from advisorkit.pilots.terms import UNINFORMED, Terms, expected_of, terms_for
from advisorkit.values.criteria import PATTERNS, PatternId, Rules
from advisorkit.values.engagement import Answer, Setting
from advisorkit.values.quantities import Estimate, day, number, percent, plain

_say = Texts("pilots").say

COUNTED: frozenset[str] = frozenset({
    "baseline_quality", "prompt_pilot", "information_share", "behaviour_share", "oracle_fix_share", "needs_both",
})
"""Criteria whose weight is inside the decibans of `Established`; adding the catalogue's would count them twice."""
BARE: tuple[PatternId, ...] = ("prompt", "finetune")
"""Patterns that look nothing up."""


@dataclass(frozen=True, slots=True)
class Established:
    """What the marked pilots of one workflow establish.

    How advice takes it, so that everything counts once:

    1. ``answers = {**engagement.answers_of(workflow), **established.answers}``: measured answers replace opinions.
       They are shown, locked, and drive the gates by their levels.
    2. The catalogue's decibans of every criterion in `COUNTED` are left out of the sum, given or measured; the other
       measured answers (search, agreement, test cases) weigh what the catalogue says.
    3. In their place one `EvidenceItem` labelled "the pilot" adds `retrieval_decibans` and `training_decibans`.
    4. `decision` is the next step for now, unless a lasting gate removes its pattern.
    5. `blocked` patterns are out for now, with the reason given; they keep their chance as destinations.
    6. `assumptions` replace the settings of the same name in the cost model, such as ``error_rate_prompt``.
    """

    answers: Mapping[str, Answer]
    """Measured answers by criterion id."""
    retrieval_decibans: float
    """Evidence of the marked failures for needing retrieval."""
    training_decibans: float
    """Evidence of the marked failures for needing training."""
    decision: AfterPilot
    """What to do next."""
    terms: Terms
    """What the newest pilot was judged against."""
    diagnoses: tuple[Diagnosis, ...]
    """Every pilot read, oldest first; `decision` follows from the last."""
    blocked: Mapping[PatternId, str] = field(default_factory=dict)
    """Patterns that the measurements speak against, with the reason in a client's words."""
    assumptions: Mapping[str, Setting] = field(default_factory=dict)
    """Measured settings for the cost model: error rates, tokens, minutes."""
    warnings: tuple[str, ...] = ()
    """What weakens the findings, in plain words."""

    @property
    def prompt_tried(self) -> bool:
        """Whether a prompt was marked, by itself or beside others."""
        return any(one.pilot.pattern == "prompt" for one in self.diagnoses)

    def source(self, assumption: str) -> str:
        """Where an assumption comes from: measured, or for a prompt that was not tried worked out from what was."""
        measured = assumption != "error_rate_prompt" or self.prompt_tried
        rated: dict[str, Sequence[PatternId]] = {"retrieval_removes": BARE, "training_removes": BARE, **{f"error_rate_{pattern}": (pattern,) for pattern in PATTERNS}}
        found = _newest(self.diagnoses, rated.get(assumption, PATTERNS)) or self.diagnoses[-1]
        return Texts("costs").say("measured" if measured else "measured_from", date=day(found.pilot.date))


def established(pilots: Sequence[Pilot], terms: Terms, rules: Rules, prompt: Beta = UNINFORMED) -> Established:
    """What the pilots of one workflow establish, oldest first; the newest one decides and replaces earlier ones.

    `prompt` is the belief about a prompt's share right before any of them.

    The need for retrieval is read from the newest pilot without retrieval in it, the need for training from the
    newest without training, as a layer that is in place cannot show that it is missing; where it was tried and clearly
    did better than without, that counts in place of what failures were put down to.
    """
    if not pilots:
        raise ValueError("there is no pilot to read")
    seen = tuple(diagnose(pilot) for pilot in pilots)
    return Established(
        answers=_answers(seen, terms, rules),
        retrieval_decibans=_evidence(seen, BARE, terms, rules)[0],
        training_decibans=_evidence(seen, ("prompt", "rag"), terms, rules)[1],
        decision=_decided(seen, terms, rules),
        terms=terms,
        diagnoses=seen,
        blocked=_blocked(seen[-1], terms, rules),
        assumptions={
            **dict(_error_rates(seen, prompt)), **dict(_of_today(seen[-1], terms)), **dict(_mending(_newest(seen, BARE), rules)),
            **({"search_hit_rate": _range(seen[-1].found)} if seen[-1].found.n else {}),
        },
        warnings=(*_superseded(seen), *seen[-1].pilot.results.warnings, *_about_cases(seen[-1], terms, rules), *_about_marks(seen[-1], terms, rules)),
    )


def _decided(seen: Sequence[Diagnosis], terms: Terms, rules: Rules) -> AfterPilot:
    return decide(seen[-1], terms, rules, _beside(seen[:-1], seen[-1].pilot.trial))


def _superseded(seen: Sequence[Diagnosis]) -> Iterator[str]:
    last = seen[-1]
    larger = [one for one in seen[:-1] if one.pilot.pattern == last.pilot.pattern and one.cases > last.cases]
    if larger:
        yield _say("warn.superseded", was=plain(larger[-1].cases), now=plain(last.cases))


def established_for(inputs: Inputs, pilots: Sequence[Pilot], rules: Rules, wanted: float | None = None) -> Established:
    """What the pilots of a workflow establish, judged by newest pass mark, else by what the client has `wanted`, its own money and error tolerance.

    A larger number of test cases than were marked stays as it was given.
    """
    rules = replace(rules, hit_rate=float(inputs.likely()["search_hit_rate"]))
    marks = [pilot.pass_mark for pilot in pilots if pilot.pass_mark is not None]
    pattern = pilots[-1].pattern
    found = established(pilots, terms_for(inputs, rules, marks[-1] if marks else None, pattern, wanted), rules, expected_of(inputs, "prompt"))
    if marks and wanted and marks[-1] < wanted:
        found = replace(found, warnings=(_say("warn.lower", mark=percent(marks[-1]), wanted=percent(wanted)), *found.warnings))
    measured = rebased(inputs, found.diagnoses[-1].measured, pattern)
    said = inputs.answers.get("test_cases")
    more = {"test_cases"} if said and said.amount and said.amount.likely > found.diagnoses[-1].cases else set()
    answers = {name: answer for name, answer in found.answers.items() if name not in more}
    found = replace(found, answers=answers, assumptions={**found.assumptions, **_of_the_prompt(inputs, found), **measured})
    tried = inputs.levels("cheap_extensions")
    return found if tried and "none" not in tried else _before_extensions(found, rules)


def _before_extensions(found: Established, rules: Rules) -> Established:
    """A prompt that fell short says little about training while more or nearer examples and the like were not tried."""
    last, decided = found.diagnoses[-1], found.decision
    if last.pilot.pattern != "prompt" or last.right.n < rules.least_cases or stands(last, found.terms, rules) != "fail":
        return found
    if decided.action == "climb" and decided.pattern in ("finetune", "hybrid"):
        cases = min(found.terms.most, math.ceil(last.right.n))
        decided = AfterPilot("mark_more", "prompt", cases, _say("decide.extensions", why=decided.why))
    return replace(found, training_decibans=found.training_decibans / 2, decision=decided)


def _newest(seen: Sequence[Diagnosis], patterns: Sequence[PatternId]) -> Diagnosis | None:
    return next((one for one in reversed(seen) if one.pilot.pattern in patterns), None)


def _evidence(seen: Sequence[Diagnosis], patterns: Sequence[PatternId], terms: Terms, rules: Rules) -> tuple[float, float]:
    newest = _newest(seen, patterns)
    found = decibans(_failing(seen, newest, patterns, rules), _tolerated(terms, rules), rules) if newest else (0.0, 0.0)
    return (min(0.0, found[0]), min(0.0, found[1])) if _in_vain(seen, patterns) else found


_WITH: Mapping[tuple[str, bool], PatternId] = {("prompt", True): "rag", ("finetune", True): "hybrid", ("prompt", False): "finetune", ("rag", False): "hybrid"}
"""What a pattern becomes with retrieval (True) or with training."""


def _failing(seen: Sequence[Diagnosis], bare: Diagnosis, patterns: Sequence[PatternId], rules: Rules) -> Failing:
    """The failures of `bare`, which is of `patterns` without a layer: where the layer was tried and clearly did better, what it put right in place of what each was put down to."""
    found, searched = bare.failing(rules), patterns is BARE
    tried = _newest(seen, (_WITH[bare.pilot.pattern, searched],))
    if tried is None or tried.right.share is None or bare.right.share is None or tried.right.low <= bare.right.high:
        return found
    left = found.wrong * (1 - tried.right.share) / (1 - bare.right.share)
    if searched:
        return replace(found, mended=found.wrong - left, other=left, retrieval_effect=1.0, unmended=0.0)
    return replace(found, mended=left, other=found.wrong - left, unmended=0.0)


def _in_vain(seen: Sequence[Diagnosis], without: Sequence[PatternId]) -> bool:
    """Whether the newest trial tried a layer on the same cases and no pattern with it was better than the best `without`: then failures do not ask for it."""
    same = _beside(seen, seen[-1].pilot.trial)
    bare, layered = ([one.right.share or 0.0 for one in same if (one.pilot.pattern in without) is bare] for bare in (True, False))
    return bool(bare and layered) and max(layered) <= max(bare)


def _beside(seen: Sequence[Diagnosis], trial: str) -> list[Diagnosis]:
    return [one for one in seen if trial and one.pilot.trial == trial]


def _tolerated(terms: Terms, rules: Rules) -> float:
    """Share that may fail; what is usual where none can pay, as that says nothing of why answers fail."""
    return 1 - (rules.pass_marks["unknown"] if terms.source == "break_even" and terms.target >= 1 else terms.target)


def _blocked(seen: Diagnosis, terms: Terms, rules: Rules) -> dict[PatternId, str]:
    why = retrieval_blocked(seen, rules)
    if why:
        return {"rag": why, "hybrid": why}
    if seen.pilot.pattern == "prompt" and reach(seen, rules) < terms.target:
        return {"rag": _say("blocked.reach", reach=percent(reach(seen, rules)), target=percent(terms.target))}
    return {}


def _answers(seen: Sequence[Diagnosis], terms: Terms, rules: Rules) -> dict[str, Answer]:
    last = seen[-1]
    words = {
        "prompt_pilot": "marked_100" if last.right.n >= 100 else "marked_20" if last.right.n >= rules.least_cases else "tried",
        "baseline_quality": _quality_level(seen, terms, rules),
        "needs_both": _both_level(seen, terms, rules),
    }
    counts = {
        "information_share": last.failures["information"],
        "behaviour_share": last.failures["behaviour"],
        "oracle_fix_share": last.mended,
        "search_hit_rate": last.found,
    }
    answers = {name: Answer(levels=(level,), note=_note((_newest(seen, ("prompt",)) if name == "baseline_quality" else None) or last)) for name, level in words.items() if level}
    answers |= {name: Answer(amount=_range(count), note=_note(last)) for name, count in counts.items() if count.n}
    answers["test_cases"] = Answer(amount=Estimate.of(last.cases), note=_note(last))
    if last.agreement:
        answers["expert_agreement"] = Answer(amount=Estimate.of(last.agreement.kappa), note=_say("alike", same=percent(last.agreement.same), measured=_note(last)))
    return answers


def _note(seen: Diagnosis) -> str:
    return _say("measured", date=day(seen.pilot.date), cases=plain(seen.cases))


def _range(count: Share) -> Estimate:
    return UNINFORMED.updated(count.hits, count.n - count.hits).estimate


def _quality_level(seen: Sequence[Diagnosis], terms: Terms, rules: Rules) -> str:
    prompt = _newest(seen, ("prompt",))
    if prompt is None or prompt.right.n < rules.least_cases:
        return ""
    if stands(prompt, terms, rules) == "pass":
        return "good_enough"
    return "far_off" if prompt.right.high < terms.target / 2 else "inconsistent"


def _both_level(seen: Sequence[Diagnosis], terms: Terms, rules: Rules) -> str:
    alone = [_newest(seen, (pattern,)) for pattern in ("rag", "finetune")]
    if seen[-1].pilot.pattern == "hybrid" and all(one is not None and stands(one, terms, rules) == "fail" for one in alone):
        return "shown"
    if sum(seen[-1].mendable) < rules.least_failures and stands(seen[-1], terms, rules) != "pass":
        return ""
    decision = _decided(seen, terms, rules)
    if (decision.action, decision.pattern) == ("climb", "hybrid"):
        return "shown"
    needs = Needs.of(seen[-1].failing(rules), _tolerated(terms, rules), rules)
    return "probably" if min(needs.retrieval, needs.training) >= 0.5 else "no"


def _error_rates(seen: Sequence[Diagnosis], prompt: Beta) -> Iterator[tuple[str, Setting]]:
    for one in seen:
        before = prompt if one.pilot.pattern == "prompt" else UNINFORMED
        right = before.updated(one.right.hits, one.right.n - one.right.hits).estimate
        yield f"error_rate_{one.pilot.pattern}", Estimate(1 - right.high, 1 - right.likely, 1 - right.low)


def _of_the_prompt(inputs: Inputs, found: Established) -> dict[str, Setting]:
    """How often a prompt would be wrong where only a pattern with more in it was marked: at least as often, and more by what that is expected to take away."""
    pattern, prompt = found.diagnoses[-1].pilot.pattern, inputs.rows["error_rate_prompt"]
    wrong, layered = found.assumptions[f"error_rate_{pattern}"], inputs.rows[f"error_rate_{pattern}"]
    if prompt.known or found.prompt_tried or not isinstance(wrong, Estimate) or not prompt.range or not layered.range:
        return {}
    left = layered.range.likely / prompt.range.likely
    return {"error_rate_prompt": Estimate(wrong.low, *(min(1.0, end / min(1.0, left)) for end in (wrong.likely, wrong.high)))}


def _of_today(seen: Diagnosis, terms: Terms) -> Iterator[tuple[str, Setting]]:
    """How people do on the pilot's own cases; on cases that both have, the difference is what counts."""
    if seen.against_today:
        pair, wrong = seen.against_today, 1 - terms.expected.updated(seen.right.hits, seen.right.n - seen.right.hits).quantile(0.5)
        yield "error_rate_today", Estimate(*(min(1.0, max(0.0, wrong + gap)) for gap in (pair.low, min(max(pair.difference, pair.low), pair.high), pair.high)))
    elif seen.today.n:
        yield "error_rate_today", _range(Share(seen.today.n - seen.today.hits, seen.today.n))
    if "today" in seen.minutes:
        yield "minutes_per_item", seen.minutes["today"]


def _mending(seen: Diagnosis | None, rules: Rules) -> Iterator[tuple[str, Setting]]:
    """What looking up and training would remove, from failures of what looks nothing up that were explained."""
    if seen is None or sum(seen.mendable) < rules.least_tests:
        return
    pasted = _range(Share(seen.mendable[0], sum(seen.mendable)))
    mended = pasted if seen.mended.n else _product(pasted, rules.fix_rate)
    manner, lacking = seen.failures["behaviour"].hits, seen.failures["information"].hits
    yield "retrieval_removes", Estimate(mended.low * GIVEN_FOR, mended.likely * GIVEN_FOR, mended.high * GIVEN_FOR)
    if seen.pilot.pattern == "prompt":
        yield "training_removes", _product(_range(Share(manner, manner + lacking)), rules.training_mends)


def _product(one: Estimate, other: Estimate) -> Estimate:
    """Product of two shares that vary apart."""
    likely = one.likely * other.likely
    low, high = (math.hypot(*(math.log(part) for part in parts)) for parts in ((one.likely / one.low, other.likely / other.low), (one.high / one.likely, other.high / other.likely)))
    return Estimate(likely * math.exp(-low), likely, min(1.0, likely * math.exp(high)))


def _about_cases(seen: Diagnosis, terms: Terms, rules: Rules) -> Iterator[str]:
    marks = seen.pilot.results.marks
    if seen.right.n < rules.least_cases:
        yield _say("warn.few", cases=plain(seen.right.n), least=rules.least_cases)
    if chosen := len({mark.case for mark in marks if mark.sampling == "chosen"}):
        yield _say("warn.chosen", count=chosen)
    versions = sorted({mark.version for mark in marks if mark.version})
    if len(versions) > 1:
        yield _say("warn.versions", count=len(versions), names=", ".join(versions[:5]))
    if terms.source == "usual":
        yield _say("warn.usual", target=percent(terms.target))
    if seen.pilot.reason:
        yield _say("warn.changed", reason=seen.pilot.reason)


def _about_marks(seen: Diagnosis, terms: Terms, rules: Rules) -> Iterator[str]:
    if seen.bad_labels:
        yield _say("warn.labels", count=seen.bad_labels)
    unclear, lacking, mended = seen.failures["unclear"], seen.failures["information"], seen.mended
    if unclear.share is not None and unclear.share > 0.5:
        yield _say("warn.unclear", count=plain(unclear.hits), failures=plain(unclear.n))
    if seen.agreement and seen.agreement.kappa < rules.low_agreement:
        yield _say("warn.markers", same=percent(seen.agreement.same))
    if lacking.hits and not mended.n:
        yield _say("warn.untested")
    elif lacking.hits and mended.n >= rules.least_tests and mended.high < rules.oracle_floor:
        yield _say("warn.not_mended")
    for name, right in seen.segments.items():
        if right.high < terms.target and right.n < seen.right.n:
            yield _say("warn.segment" if right.hits == round(right.hits) else "warn.segment.parts", name=name, share=percent(right.share or 0), cases=plain(right.n))
    if seen.declined.hits:
        yield _say("warn.declined", count=plain(seen.declined.hits), cases=plain(seen.declined.n))
    critical = seen.severities.get("critical")
    if critical is not None:
        key = "warn.critical_none" if not critical.hits else "warn.critical_one" if critical.hits == 1 else "warn.critical"
        yield _say(key, count=plain(critical.hits), cases=plain(critical.n), most=number(100 * critical.at_most, 1))


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

    `output_tokens` of a pilot is all that is billed as written, hidden reasoning included. `input_tokens` is everything that the model read, so every part of the request is scaled by one factor:
    what is read in all then agrees, and the parts keep their proportions. A corpus carried whole in the prompt is
    taken off first.
    """
    made: dict[str, Setting] = {}
    if "output_tokens" in measured:
        made |= {"output_tokens": measured["output_tokens"], "reasoning_tokens": Estimate.of(0)}
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
