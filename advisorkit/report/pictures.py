"""The charts of an advice and of its costs."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isclose

from advisorkit.advice.acceptability import LEAD
from advisorkit.advice.advice import Advice
from advisorkit.advice.answers import clause, numbers_of, words_of
from advisorkit.advice.belief import EvidenceItem
from advisorkit.advice.decision import tenths
from advisorkit.advice.flips import Flip
from advisorkit.advice.ladder import Rung
from advisorkit.advice.words import how_likely, whole_percents
from advisorkit.charts import kinds
from advisorkit.charts.draw_axes import outline
from advisorkit.charts.kinds import Point
from advisorkit.costs.assumption import Assumption
from advisorkit.costs.flows import Column
from advisorkit.costs.results import CostCurve, Figure, InputSwing, PaidBack, Payback
from advisorkit.report.printed import chance_of, expected, inside, project, say, weeks
from advisorkit.study.study import Study
from advisorkit.values.criteria import PATTERNS, Catalog, Criterion, PatternId
from advisorkit.values.engagement import Answer
from advisorkit.values.messages import locale
from advisorkit.values.places import linked, or_nought, printing
from advisorkit.values.quantities import Band, Estimate, figures, hundredths, money_short, number, percent, plain, round_figures, sampled_parts

ROWS = 10
"""Most answers shown one by one in the evidence chart."""
DOTS = 120
"""Draws shown on the map; the region is drawn from all of them."""
CHANGES = 5
"""Most changes shown in the flips chart."""


def needs(advice: Advice) -> str:
    """What the two beliefs say, in one sentence."""
    retrieval, training = how_likely(advice.belief.retrieval), how_likely(advice.belief.training)
    return say(f"needs.{retrieval}") if retrieval == training else say("reasons.title", retrieval=say(f"retrieval.{retrieval}"), training=say(f"training.{training}"))


@printing
def beyond(study: Study) -> str:
    """Where something else is put into use than the chances speak of, what they then say; nothing where they agree."""
    made = study.decision
    return "" if made.replaced or made.told == made.destination else say("map.beyond", pattern=study.name(made.told))


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
        for p in order if (band := expected(study, p))
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
        ramp = study.simpler_after(flip)
        change = changed_to(study, flip) if ramp or flip.recommended != advice.recommended else criterion.level(flip.after).reason
        row = _flip_row(catalog, change, before, flip.shares, flip.recommended, figures=figures)
        note = say("changes.simpler", name=inside(catalog.off_ramps[ramp.kind].long_name)) if ramp else _note(study, flip)
        rows.append(replace(row, note=note, simpler=ramp is not None))
    names = ", ".join(catalog.patterns[p].name for p in PATTERNS if today[p] > 0)
    return kinds.FlipBars(title=say("changes.chart"), subtitle=say("changes.subtitle", patterns=names), flips=tuple(rows))


@printing
def changed_to(study: Study, flip: Flip) -> str:
    """What an answer is changed to: the fact that its level states, with the number that was tried where it counts, else with the numbers of that level."""
    criterion = study.catalog.criterion(flip.criterion)
    stated = criterion.level(flip.after).reason
    if flip.tried is not None:
        return say("changes.tried", change=stated, amount=words_of(criterion, Answer(amount=Estimate.of(flip.tried)), study.currency))
    found = "" if criterion.words else numbers_of(criterion, flip.after, study.currency)
    return say("changes.numbers", change=stated, numbers=found) if found else stated


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


def path_title(study: Study) -> str:
    """For what each step of the path waits."""
    return say("path.title" if study.decision.next_step.marked else "path.title.unmarked")


def path_stairs(study: Study) -> kinds.PathStairs:
    """The rungs of the path as stairs; what is done says what was marked, no longer what was expected of it or when to begin it."""
    rungs = [(r, r.pattern) for r in climbed(study.decision.path) if r.rung != "diagnose"]
    return kinds.PathStairs(title=say("path.chart"), subtitle=say("path.subtitle"), stairs=tuple(_stair(study, r, p) for r, p in rungs if p))


def climbed(path: Sequence[Rung]) -> tuple[Rung, ...]:
    """The path without the steps that were passed over: of patterns below the one where we are, only what is done."""
    here = next((n for n, rung in enumerate(path) if rung.state == "here"), 0)
    return tuple(rung for n, rung in enumerate(path) if n >= here or rung.state == "done" or rung.pattern is None)


def _stair(study: Study, rung: Rung, pattern: PatternId) -> kinds.Stair:
    state = {"done": "done", "here": "now"}.get(rung.state, "later")
    right = expected(study, pattern)
    marked = [seen.right.share for seen in study.pilot.diagnoses if seen.pilot.pattern == pattern] if study.pilot and state == "done" else []
    newest = study.pilot is not None and study.seen.pilot.pattern == pattern
    share = marked[-1] if marked and marked[-1] else right.p50 if right and state != "done" else None
    share = study.cite(share, "pilot.right.share") if marked and newest else share
    facts = [say("path.right", share=percent(share))] if share is not None else []
    if rung.build is not None:
        time = (", ", weeks(rung.weeks)) if rung.weeks is not None else ()
        facts.append(linked("", (project(rung.build, study.currency), *time)))
    return kinds.Stair(pattern, rung_name(rung, study), state, tuple(facts), "" if state == "done" else rung.enter_when)


def rung_name(rung: Rung, study: Study | None = None) -> str:
    """Name of a rung; on the path of `study` a prompt of which no case is worth marking is no pilot, and a trial where it is ruled out."""
    if study and (rung.rung, rung.state, study.decision.next_step.action, study.decision.next_step.cases) == ("prompt_pilot", "here", "pilot", 0):
        return say("rung.tried") if study.status("prompt") == "ruled_out" else study.name("prompt")
    return say(f"rung.{rung.rung}")


BARS = 8
"""Most assumptions in the tornado chart."""
SMALL = 0.02
"""Smallest swing shown, as a share of the largest."""


def range_bars(study: Study) -> kinds.RangeBars:
    """All in of every pattern that is left, of today and of a bought product, lowest first; where a part is not known, the patterns' own costs alone."""
    compared: tuple[Column, ...] = ("today", *study.in_play)
    whole = not any(study.costs.money[column].at_least for column in compared)
    rows = [_range(study, column, whole=whole) for column in (*PATTERNS, *_ALSO)]
    known = sorted((r for r in rows if r.range), key=lambda r: r.range[1] if r.range else 0)
    missing = [r for r in rows if r.range is None and r.note]
    return kinds.RangeBars(
        title=say("costs.range_all" if whole else "costs.range", months=study.months), currency=study.currency, bars=(*known, *missing),
        subtitle=say("costs.range_subtitle", draws=number(study.costs.draws)),
    )


_ALSO: tuple[Column, ...] = ("today", "buy")


def _range(study: Study, column: Column, *, whole: bool) -> kinds.RangeRow:
    pattern = column if column in PATTERNS else ""
    if study.status(column) == "ruled_out":
        return kinds.RangeRow(pattern, study.name(column), None, say("costs.out", reason=ruled_out(study.advice, pattern)))  # type: ignore[arg-type]
    row, own = study.costs.money[column], study.costs.columns[column]
    found: Figure | Band | None = (None if row.at_least else row.all_in) if whole else own.total if pattern else None
    if found is None:
        return kinds.RangeRow(pattern, study.name(column), None, _missing(study).get(column, say("costs.missing.pattern")))
    last = study.cite(own.curve.likely[-1], f"patterns.{column}.curve[{len(own.curve.likely) - 1}].likely") if own.curve else None
    likely = found.likely if isinstance(found, Figure) else found.p50 if last is None else last
    return kinds.RangeRow(pattern, study.name(column), (found.p10, likely, found.p90))


def _missing(study: Study) -> dict[Column, str]:
    ramp, lacks = study.advice.off_ramp, study.costs.money["today"].missing
    sold = ramp is not None and ramp.kind == "buy"
    names = ", ".join(study.inputs.rows[name].assumption.label for name in lacks)
    return {"today": say("costs.missing.today", names=names) if lacks else "", "buy": say("costs.missing.buy") if sold else ""}


def gain_row(study: Study, pattern: PatternId, label: str, lacks: str = "") -> kinds.RangeRow:
    """The gain of `pattern` against today as a range about what the table prints; `lacks` where it is not known."""
    found, likely = study.costs.money[pattern].gain, study.gain(pattern)
    known = found is not None and likely is not None and found.p10 is not None and found.p90 is not None
    return kinds.RangeRow(pattern, label, (found.p10, likely, found.p90) if known else None, lacks)  # type: ignore[union-attr, arg-type]


def cheapest_bars(study: Study) -> kinds.ShareBars | None:
    """Chance that each pattern is the cheapest, largest first; None while no total is known."""
    found = sorted(study.costs.cheapest.items(), key=lambda pair: -pair[1])
    shown = sampled_parts(study.costs.cheapest)
    bars = tuple(kinds.ShareRow(p, study.name(p), share, shown[p]) for p, share in found)
    title, subtitle = say("costs.cheapest_title"), say("costs.cheapest_subtitle", draws=number(study.costs.draws))
    return kinds.ShareBars(title=title, subtitle=subtitle, bars=bars) if bars else None


def curves(study: Study) -> kinds.Curves | None:
    """Cumulative cost of the patterns that are left, with the band of the destination; None while no total is known."""
    found = {p: c for p in PATTERNS if study.advice.patterns[p].status != "ruled_out" and (c := study.costs.columns[p].curve)}
    if not found:
        return None
    first, even, title = study.advice.recommended, None, say("costs.curves", months=study.months)
    back = next((p for p in study.costs.payback if p.column == first), None)
    if back and back.likely and {"prompt", first} <= found.keys():
        names = {"first": study.name(back.column), "second": say("pattern.prompt"), "month": back.likely}
        title, words = say("costs.curves_even", **names), say("costs.even_words", **names)
        even = _crossing(study, back, _at(found[first], back.likely), words)
    return kinds.Curves(
        title=title, subtitle=say("costs.curves_subtitle"), currency=study.currency,
        months=tuple(map(float, next(iter(found.values())).months)), curves=tuple(_curve(study, p, c) for p, c in found.items()), break_even=even,
    )


def _curve(study: Study, pattern: PatternId, curve: CostCurve) -> kinds.Curve:
    ends = {"p10": [one.p10 for one in curve.bands], "likely": curve.likely, "p90": [one.p90 for one in curve.bands]}
    low, likely, high = (tuple(study.cite(one, f"patterns.{pattern}.curve[{n}].{key}") for n, one in enumerate(amounts)) for key, amounts in ends.items())
    return kinds.Curve(pattern, study.name(pattern), *((low, likely, high) if pattern == study.advice.recommended else ((), likely, ())))


def gains(study: Study) -> kinds.Curves | None:
    """Gain of each pattern against today up to each month, with the band of the destination; what it costs where no gain is known."""
    first, rows = study.decision.destination, study.costs.money
    found = {p: rows[p].so_far for p in study.in_play if rows[p].so_far}
    if first not in found:
        return curves(study)
    back, bands = rows[first].payback, [one for one in found[first] if one.p10 is not None and one.p90 is not None]
    ends = {p: points[-1].likely if (gained := study.gain(p)) is None else gained for p, points in found.items()}  # as the table prints it
    low, high_ = (tuple(getattr(one, end) or 0.0 for one in bands) for end in ("p10", "p90"))
    lines = tuple(
        kinds.Curve(p, study.name(p), low if p == first else (), (*(one.likely for one in points[:-1]), ends[p]), high_ if p == first else ())
        for p, points in found.items()
    )
    named = say("gains.back" if back and back.likely else "gains.not_back", pattern=study.name(first), month=back.likely if back else "", months=study.months)
    months, even = tuple(float(one.month) for one in found[first]), _crossing(study, back, 0.0, named)
    return kinds.Curves(title=named, subtitle=say("gains.subtitle"), currency=study.currency, months=months, curves=lines, break_even=even)


def _crossing(study: Study, back: Payback | PaidBack | None, amount: float, words: str) -> kinds.BreakEven | None:
    """Where something is paid back, at `amount`; None where that never comes."""
    if back is None or not back.likely:
        return None
    high = say("costs.even_beyond", months=study.months) if back.p90 is None else say("costs.even_month", month=back.p90)
    return kinds.BreakEven(back.likely, amount, back.p10 or 0, back.p90, words, say("costs.even_range", low=back.p10 or 0, high=high))


def _at(curve: CostCurve, month: float) -> float:
    after = min(bisect_right(curve.months, month), len(curve.months) - 1)
    (m0, m1), (one, other) = curve.months[after - 1 : after + 1], curve.likely[after - 1 : after + 1]
    return one + (other - one) * (month - m0) / (m1 - m0)


def tornado(study: Study, most: int = BARS) -> kinds.Tornado | None:
    """The `most` assumptions that move the gain or saving most; None while that is not known."""
    found = study.costs.tornado
    if found is None or not found.bars:
        return None
    shown = study.gain(found.better)
    turning, gains = [bar for bar in found.bars if min(bar.low, bar.high) < 0 < max(bar.low, bar.high)], found.against == "today"
    some = "none" if not turning else "some" if len(turning) == 1 else "several"
    title = say(f"swing.title.{some}", label=turning[0].label if turning else "")
    return kinds.Tornado(
        title=title, currency=study.currency, base=found.base, swings=tuple(_swing(study, bar) for bar in found.bars[:most] if bar.swing >= SMALL * found.bars[0].swing),
        subtitle=say(
            "swing.gain" if gains else "swing.subtitle", better=study.name(found.better), against="" if gains else say(f"pattern.{found.against}"),
            base=money_short(shown if gains and shown is not None else found.base, study.currency),
        ),
    )


def _swing(study: Study, bar: InputSwing) -> kinds.Swing:
    low, high = (input_words(value, study.inputs.rows[bar.input].assumption, study.currency) for value in (bar.low_value, bar.high_value))
    return kinds.Swing(bar.label, bar.low, bar.high, low, high)


@printing
def input_words(value: float, of: Assumption, currency: str) -> str:
    """An assumption's value in a few letters, for the ends of bars.

    Example:
        >>> values = {"{currency} an item": 3, "{share}": 0.08, "calls a month": 25_000, "calls a day": 3_500}
        >>> [input_words(value, Assumption("a", "A", "", unit, topic="run", source="", checked=""), "EUR") for unit, value in values.items()]
        ['€3', '8%', '25k', '3,500']
    """
    if of.in_money:
        return money_short(value, currency)
    if of.in_percent:
        return locale().share.format(number=figures(value * 100, 2))
    return money_short(value, "").strip() if abs(value) >= 10_000 else plain(round_figures(value, 3))
