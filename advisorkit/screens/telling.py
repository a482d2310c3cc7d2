"""The advice, the verdict and the words above the costs."""

from __future__ import annotations

from advisorkit.advice.acceptability import LEAD as POINTS
from advisorkit.advice.acceptability import SHARE
from advisorkit.advice.words import how_likely
from advisorkit.report.printed import lead_points, ranked
from advisorkit.report.sentences import say
from advisorkit.screens.phrases import tell
from advisorkit.screens.stage import Doc, Stage
from advisorkit.study.study import Study
from advisorkit.values.quantities import day, money, percent


def advice(view: Study) -> Doc:
    """What to do now and where it will probably end, in words."""
    words = view.advice.words
    return {
        "when": tell("advice.when", day=day(view.engagement.as_of)), "clear": view.advice.clear,
        "headline": _coloured(" ".join(words.headline), view), "summary": " ".join(words.summary) or " ".join(words.why[:2]),
        "beside": _beside(view),
    }


def _coloured(sentence: str, view: Study) -> list[Doc]:
    pattern = view.catalog.patterns[view.advice.recommended]
    for name in (pattern.long_name, pattern.name):
        if view.advice.clear and name in sentence:
            before, _, after = sentence.rpartition(name)
            return [{"text": before}, {"text": name, "pattern": pattern.id}, {"text": after}]
    return [{"text": sentence}]


def _beside(view: Study) -> list[str]:
    lines = []
    if (ramp := view.advice.off_ramp) is not None:
        lines.append(tell("advice.off_ramp", name=view.catalog.off_ramps[ramp.kind].name, reason=ramp.reason))
    if view.advice.companions:
        names = ", ".join(view.catalog.companions[c].name for c in view.advice.companions)
        lines.append(tell("advice.companions", names=names))
    if (made := view.advice.override) is not None:
        lines.append(say("override", by=made.by, pattern=view.name(made.pattern), reason=made.reason))
    return lines


def verdict(view: Study, stage: Stage) -> Doc:
    """Whether the advice is clear, and by how much; draws are left out in presenter mode."""
    order = ranked(view.advice)
    state = tell("verdict.clear" if view.advice.clear else "verdict.open")
    if len(order) < 2:
        return {"clear": view.advice.clear, "state": state, "words": tell("verdict.only", first=view.name(order[0]))}
    words = tell(
        "verdict.words_plain" if stage.presenting else "verdict.words",
        first=view.name(order[0]), lead=lead_points(view.advice, POINTS), needed=f"{POINTS * 100:g}",
        share=percent(view.advice.acceptability[order[0]]), share_needed=percent(SHARE),
    )
    return {"clear": view.advice.clear, "state": state, "words": words}


def cost_advice(view: Study) -> Doc:
    """Which pattern is probably cheapest, in one sentence."""
    chances = view.costs.cheapest
    first = next(iter(sorted(chances, key=lambda p: -chances[p])), None)
    total = view.costs.columns[first].total if first else None
    headline: list[Doc]
    if first is None or total is None:
        headline = [{"text": tell("costs.headline_unknown")}]
    elif chances[first] < SHARE:
        headline = [{"text": tell("costs.headline_open", span=_span(view))}]
    else:
        because = tell("costs.because") if _errors_outweigh(view) else ""
        rest = tell("costs.headline_rest", sure=say(f"sure.{how_likely(chances[first])}"), total=money(total.p50, view.currency), because=because)
        headline = [{"text": tell("costs.headline", span=_span(view))}, {"text": view.name(first), "pattern": first}, {"text": rest}]
    return {"when": "", "clear": True, "headline": headline, "summary": "", "beside": []}


def _span(view: Study) -> str:
    return tell(f"span.{view.months}" if view.months in (12, 24, 36, 48, 60) else "span.months", months=view.months)


def _errors_outweigh(view: Study) -> bool:
    """Whether for every pattern that is left wrong answers cost more than building it."""
    pairs = [(view.bill.total(p, "error"), view.bill.total(p, "build")) for p in view.costs.cheapest]
    return all(wrong is not None and build is not None and wrong > build for wrong, build in pairs)


def spoken(headline: Doc, judged: Doc) -> str:
    """What is read out after a change."""
    parts = headline["headline"]
    assert isinstance(parts, list)
    return " ".join(["".join(str(part["text"]) for part in parts), str(judged["state"])])
