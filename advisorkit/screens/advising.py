"""The advice, the verdict and the words above the costs."""

from collections.abc import Iterable, Iterator

from advisorkit.advice.acceptability import LEAD as POINTS, SHARE
from advisorkit.advice.decision import Run
from advisorkit.advice.words import how_likely
from advisorkit.report.printed import lead_points, say
from advisorkit.screens.parts import Doc, lead, tell
from advisorkit.screens.state import Look
from advisorkit.study.study import Study
from advisorkit.values.quantities import day, money_short, percent, sampled_parts


def advice(study: Study, look: Look) -> Doc:
    """What to do now and where it will probably end, in words."""
    words, made = study.advice.words, study.decision
    return {
        "when": "" if look.presenting else tell("advice.when", day=day(study.engagement.as_of)), "clear": made.clear and not made.replaced,
        "headline": list(_coloured(study, study.decision.runs)),
        "summary": "" if look.presenting else " ".join((*filter(None, (made.enough,)), *(words.summary or words.why[:2]))), "beside": _beside(study, look),
    }


def _coloured(study: Study, sentences: Iterable[tuple[Run, ...]]) -> Iterator[Doc]:
    """Sentences of the conclusion in runs; a clear destination stands in its colour."""
    goal = study.decision.destination if study.decision.clear else None
    for n, sentence in enumerate(sentences):
        if n:
            yield {"text": " "}
        for text, pattern in sentence:
            yield {"text": text, "pattern": pattern if pattern == goal else ""}


def _beside(study: Study, look: Look) -> list[str]:
    """What goes along with the advice; before a client only what may take its place."""
    lines = []
    if (ramp := study.advice.off_ramp) is not None:
        lines.append(tell("advice.off_ramp", name=study.catalog.off_ramps[ramp.kind].name, reason=ramp.reason))
    if study.advice.companions and not look.presenting:
        names = ", ".join(study.catalog.companions[c].name for c in study.advice.companions)
        lines.append(tell("advice.companions", names=names))
    return [*lines, *filter(None, (study.decision.override,)), *(() if look.presenting else study.decision.warnings)]


def verdict(study: Study, look: Look) -> Doc:
    """Whether the advice is clear, and by how much; draws are left out in presenter mode."""
    made, order, state = study.decision, study.decision.order, verdict_of(study)
    if made.ended or len(order) < 2:
        return {"clear": made.clear, "state": state, "words": "" if made.ended else tell("verdict.alone", first=study.name(order[0]))}
    words = tell(
        "verdict.words_plain" if look.presenting else "verdict.words",
        first=study.name(order[0]), lead=lead_points(made, study.advice.lead, POINTS), needed=f"{POINTS * 100:g}",
        share=sampled_parts(study.advice.acceptability)[order[0]], share_needed=percent(SHARE),
    )
    return {"clear": made.clear, "state": state, "words": words}


def verdict_of(study: Study) -> str:
    """Whether the destination is clear, in a few words."""
    return tell(f"verdict.{study.decision.sure}")


def cost_advice(study: Study) -> Doc:
    """What the destination gains, or, while that is not known, which pattern is probably cheapest, in one sentence."""
    if gain := study.decision.gain:
        told = [runs for runs in study.decision.runs if "".join(words for words, _ in runs) == gain]
        return lead(gain) | ({"headline": list(_coloured(study, told))} if told else {})
    chances = study.costs.cheapest
    first = next(iter(sorted(chances, key=lambda p: -chances[p])), None)
    total = study.amount(first, "all_in") if first else None
    headline: list[Doc]
    if first is None or total is None:
        headline = [{"text": tell("costs.headline_unknown")}]
    elif chances[first] < SHARE:
        headline = [{"text": tell("costs.headline_open", span=_span(study))}]
    else:
        because = tell("costs.because") if _errors_outweigh(study) else ""
        rest = tell("costs.headline_rest", sure=say(f"sure.{how_likely(chances[first])}"), total=money_short(total, study.currency), because=because)
        headline = [{"text": tell("costs.headline", span=_span(study))}, {"text": study.name(first), "pattern": first}, {"text": rest}]
    return {"when": "", "clear": True, "headline": headline, "summary": "", "beside": []}


def _span(study: Study) -> str:
    return tell(f"span.{study.months}" if study.months in (12, 24, 36, 48, 60) else "span.months", months=study.months)


def _errors_outweigh(study: Study) -> bool:
    """Whether for every pattern that is left wrong answers cost more than building it."""
    pairs = [(study.bill.total(p, "error"), study.bill.total(p, "build")) for p in study.costs.cheapest]
    return all(wrong is not None and build is not None and wrong > build for wrong, build in pairs)


def spoken(headline: Doc, study: Study) -> str:
    """What is read out after a change."""
    parts = headline["headline"]
    assert isinstance(parts, list)
    return " ".join(["".join(str(part["text"]) for part in parts), verdict_of(study)])
