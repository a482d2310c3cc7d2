"""The charts of an advice."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isclose

from advisorkit.advice.acceptability import LEAD
from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import clause, words_of
from advisorkit.advice.belief import EvidenceItem
from advisorkit.advice.decision import tenths
from advisorkit.advice.flips import Flip
from advisorkit.advice.ladder import Rung
from advisorkit.advice.words import how_likely, whole_percents
from advisorkit.charts import kinds
from advisorkit.charts.draw_axes import outline
from advisorkit.charts.kinds import Point
from advisorkit.report.printed import chance_of, inside, project, say, weeks
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, Catalog, Criterion, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import linked, or_nought, printing
from advisorkit.values.quantities import hundredths, percent

ROWS = 10
"""Most answers shown one by one in the evidence chart."""
DOTS = 120
"""Draws shown on the map; the region is drawn from all of them."""
CHANGES = 5
"""Most changes shown in the flips chart."""


def needs(advice: Advice) -> str:
    """What the two beliefs say, in one sentence."""
    belief = advice.belief
    return say(
        "reasons.title", retrieval=say(f"retrieval.{how_likely(belief.retrieval)}"), training=say(f"training.{how_likely(belief.training)}")
    )


def belief_map(study: Study) -> kinds.BeliefMap:
    """The two beliefs on the map of the four patterns, with draws of them over unknown answers and weights."""
    advice = study.advice
    return kinds.BeliefMap(
        title=needs(advice),
        corners=tuple(_corner(study, p) for p in PATTERNS),
        belief=(advice.belief.retrieval, advice.belief.training),
        draws=advice.beliefs[:DOTS],
        region=outline(advice.beliefs),
    )


def _corner(study: Study, pattern: PatternId) -> kinds.ShareRow:
    found, name, made = study.advice.patterns[pattern], study.name(pattern), study.decision
    if found.status == "ruled_out":
        return kinds.ShareRow(pattern, name, None, say("costs.out", reason=ruled_out(study.advice, pattern)))
    note = f", {say('short.provisional')}" if found.status == "provisional" else ""
    return kinds.ShareRow(pattern, name, found.probability, linked("", (chance_of(made, pattern), note)))


def ruled_out(advice: Advice, pattern: PatternId) -> str:
    """Why `pattern` is ruled out, in a few words."""
    hits = [h for h in advice.patterns[pattern].gates if h.kind == "lasting" and not h.provisional]
    return (hits[0].short or hits[0].reason).rstrip(".") if hits else ""


def destinations(study: Study) -> kinds.ShareBars:
    """Where the work will probably end, likeliest first; what is ruled out comes last."""
    catalog, advice, made = study.catalog, study.advice, study.decision
    kept = made.order
    notes = {p: _awaited(catalog, advice, p) for p in kept}
    bars = [kinds.ShareRow(p, catalog.patterns[p].name, advice.patterns[p].probability, chance_of(made, p), notes[p], say("short.provisional") if notes[p] else "") for p in kept]
    out = [p for p in PATTERNS if p not in kept]
    gone = [kinds.ShareRow(p, catalog.patterns[p].name, None, say("costs.out", reason=ruled_out(advice, p))) for p in out]
    return kinds.ShareBars(title=say("shares.title"), bars=(*bars, *gone))


def _awaited(catalog: Catalog, advice: Advice, pattern: PatternId) -> str:
    """What must be known before `pattern` can be relied on; empty when it can."""
    found = advice.patterns[pattern]
    if found.status != "provisional":
        return ""
    label = next(catalog.criteria[h.criterion].label for h in found.gates if h.kind == "lasting" and h.provisional)
    return say("shares.provisional", label=inside(label))


def right_bars(study: Study) -> kinds.RightBars | None:
    """Share right of the patterns that are left, as marked or as expected, against what is asked for; None where no share is asked for, or none can do."""
    held, goal, order = study.decision.prospects, study.decision.destination, study.decision.order
    if (needed := held.target.share or 0.0) > 1 or not needed or study.decision.replaced:
        return None
    last = study.pilot.diagnoses[-1] if study.pilot else None
    seen = last.pilot.pattern if last else ""
    marked = {seen: last.right.share} if last and last.right.share is not None else {}
    bars = [
        kinds.RangeRow(p, study.name(p), (band.p10, marked.get(p, band.p50), band.p90), reached(or_nought(held.reach[p])))
        for p in order if (band := held.expected_right.get(p))
    ]  # fmt: skip
    return kinds.RightBars(
        title=say(f"right.title.{held.outlook(goal)}", pattern=study.name(goal), needed=percent(needed)), bars=tuple(bars), needed=needed,
        subtitle=say("right.marked", pattern=study.name(seen)) if seen else say("right.expected"), words=(say("right.needed", needed=percent(needed)), say("right.reaches")),
    )  # fmt: skip


@printing
def reached(chance: float) -> str:
    """A chance to reach what is asked for, in a few words."""
    return tenths(chance) if 0.05 <= chance <= 0.95 else say("figure.reach.most" if chance > 0.5 else "figure.reach.least")


def evidence(advice: Advice) -> kinds.Waterfall:
    """How the answers add up on both axes; small effects are summed in one row, a marked pilot has its own."""
    belief = advice.belief
    items = sorted((i for i in belief.items if _size(i) >= 0.05), key=_size, reverse=True)
    steps = [kinds.Step(i.label, i.retrieval, i.training, say("evidence.guess") if i.guess else "") for i in items[:ROWS]]
    rest = [i for i in belief.items if i not in items[:ROWS]]
    if any(_size(i) >= 0.05 for i in rest):
        steps.append(kinds.Step(say("evidence.other", count=len(rest)), *_sums(rest)))
    pilot = [end - start - total for end, start, total in zip(_decibans(advice), belief.prior, _sums(belief.items), strict=True)]
    if not all(isclose(value, 0, abs_tol=0.01) for value in pilot):
        steps.insert(0, kinds.Step(say("evidence.pilot"), pilot[0], pilot[1]))
    title = say("evidence.title", label=steps[0].label) if steps else say("evidence.none")
    return kinds.Waterfall(
        title=title, subtitle=say("evidence.subtitle"), prior=belief.prior, steps=tuple(steps),
        belief=_decibans(advice), chances=(belief.retrieval, belief.training),
    )


def _size(item: EvidenceItem) -> float:
    return abs(item.retrieval) + abs(item.training)


def _sums(items: Iterable[EvidenceItem]) -> Point:
    found = list(items)
    return sum(i.retrieval for i in found), sum(i.training for i in found)


def _decibans(advice: Advice) -> Point:
    return advice.belief.retrieval_decibans, advice.belief.training_decibans


def flip_bars(study: Study, *, figures: bool = False, staying: int = 0) -> kinds.FlipBars:
    """Today's shares, then what single other answers would make of them, with `figures` for a consultant; one change a criterion.

    Last stand so many answers as are `staying`: those that move the beliefs most and change nothing.
    """
    catalog, advice, currency = study.catalog, study.advice, study.currency
    today = {p: advice.patterns[p].probability for p in PATTERNS}
    first: dict[str, Flip] = {}
    for flip in advice.flips:
        first.setdefault(flip.criterion, flip)
    rows = [_flip_row(catalog, say("changes.today"), "", today, advice.recommended, figures=figures)]
    for flip in (*list(first.values())[:CHANGES], *advice.stays[:staying]):
        criterion = catalog.criterion(flip.criterion)
        before = clause(_today(criterion, flip.before, currency)) if flip.before else say("changes.unknown")
        row = _flip_row(catalog, criterion.level(flip.after).reason, before, flip.shares, flip.recommended, figures=figures)
        ramp = study.simpler_after(flip)
        note = say("changes.simpler", name=inside(catalog.off_ramps[ramp.kind].long_name)) if ramp else _note(study, flip)
        rows.append(replace(row, note=note, simpler=ramp is not None))
    names = ", ".join(catalog.patterns[p].name for p in PATTERNS if today[p] > 0)
    return kinds.FlipBars(title=say("changes.chart"), subtitle=say("changes.subtitle", patterns=names), flips=tuple(rows))


def _today(criterion: Criterion, answer: Answer, currency: str) -> str:
    """An answer in words that stand beside what another would be: a level as the fact that it states."""
    stated = [level.reason for level in criterion.levels if (level.id,) == answer.levels]
    return stated[0] if stated else words_of(criterion, answer, currency)


def _note(study: Study, flip: Flip) -> str:
    first, second = sorted(flip.shares.values(), reverse=True)[:2]
    stays = say("changes.stays") if flip.recommended == study.advice.recommended else ""
    return say("changes.close") if first - second < LEAD else stays


def _flip_row(catalog: Catalog, change: str, today: str, shares: Mapping[PatternId, float], leader: PatternId, *, figures: bool) -> kinds.FlipRow:
    """A row without a note, and without chances where no `figures` are wanted, as a client sees them once, on the map."""
    words = {p: hundredths(n) if figures else "" for p, n in whole_percents(shares).items()}
    parts = tuple(kinds.ShareRow(p, catalog.patterns[p].name, shares[p], words[p]) for p in _FIXED if shares[p] > 0)
    return kinds.FlipRow(change, today, parts, leader, f"{catalog.patterns[leader].name} {words[leader]}".rstrip())


_FIXED: tuple[PatternId, ...] = ("prompt", "rag", "hybrid", "finetune")


def path_stairs(study: Study) -> kinds.PathStairs:
    """The rungs of the path as stairs."""
    rungs = [(r, r.pattern) for r in study.decision.path if r.rung != "diagnose"]
    return kinds.PathStairs(title=say("path.chart"), subtitle=say("path.subtitle"), stairs=tuple(_stair(study, r, p) for r, p in rungs if p))


def _stair(study: Study, rung: Rung, pattern: PatternId) -> kinds.Stair:
    state = {"done": "done", "here": "now"}.get(rung.state, "later")
    right = study.decision.prospects.expected_right.get(pattern)
    marked = [seen.right.share for seen in study.pilot.diagnoses if seen.pilot.pattern == pattern] if study.pilot and state == "done" else []
    newest = study.pilot is not None and study.seen.pilot.pattern == pattern
    share = marked[-1] if marked and marked[-1] else right.p50 if right else None
    share = study.cite(share, "pilot.right.share") if marked and newest else share
    facts = [say("path.right", share=percent(share))] if share is not None else []
    if rung.build is not None:
        time = (", ", weeks(rung.weeks)) if rung.weeks is not None else ()
        facts.append(linked("", (project(rung.build, study.currency), *time)))
    return kinds.Stair(pattern, rung_name(rung), state, tuple(facts), rung.enter_when)


def rung_name(rung: Rung) -> str:
    """Name of a rung."""
    return say(f"rung.{rung.rung}")
