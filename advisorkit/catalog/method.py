"""The method page: formula, every weight, gates and sources, written from the catalogue (`python -m advisorkit.catalog.method`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from advisorkit.advice.belief import GUESS
from advisorkit.catalog.price_rows import load as load_prices
from advisorkit.catalog.reading import DATA, load
from advisorkit.catalog.tables import assumptions
from advisorkit.catalog.vocabulary import archetypes
from advisorkit.costs.assumption import DRAWS, Assumption
from advisorkit.costs.bill import Line, bill
from advisorkit.costs.inputs import inputs_for
from advisorkit.costs.sampling import CORRELATION
from advisorkit.values.criteria import AskIf, Catalog, Criterion, Gate, Level
from advisorkit.values.engagement import Answer, Engagement, Setting, Workflow
from advisorkit.values.patterns import Pattern
from advisorkit.values.prices import STALE_DAYS, WARN_DAYS
from advisorkit.values.quantities import Estimate, day, number, percent

PAGE = Path("docs/method.md")
"""Where the page is kept, relative to the checkout."""

_DAY = date(2026, 11, 20)
_REVIEWED = ("day", "hour", "label", "judge", "gpu", "throughput", "store", "rerank", "hosting", "tool")
"""Kinds of price rows that no price package has; prices of models are listed by `advisorkit prices`."""

_FORMULA = """# How the advice is worked out

Written from the catalogue by `make docs`; edit the data files, not this page.

## The sum

Two questions are asked of every workflow: does it *need retrieval* (facts that the model does not have), and does it
*need training* (a manner that instructions do not bring about)? The four patterns are the four answers:

| pattern | needs retrieval | needs training | chance |
|---|---|---|---|
| Prompt | no | no | (1 − R) × (1 − T) |
| RAG | yes | no | R × (1 − T) |
| Fine-tune | no | yes | (1 − R) × T |
| Hybrid | yes | yes | R × T |

Each answer adds decibans to one or both questions. A deciban is a tenth of a factor of ten in the odds: +10 makes a need
ten times as likely against its absence, +3 doubles the odds, −3 halves them. R and T follow from the sums:
`chance = 1 / (1 + 10^(−decibans / 10))`.

- An unknown answer adds nothing.
- A range, or people who disagree, add the average over the levels, weighted by how much of the answer lies in each.
- An answer marked as a guess counts for {guess} of its decibans.
- Within one cause (below), the strongest answer for and the strongest against count in full and each weaker one for {damping}:
  `d × sum + (1 − d) × (largest above 0 + smallest below 0)`, so a higher answer never lowers the sum.
- A marked pilot takes the place of the opinions that it answers, and counts once.
- Gates stand outside the sum. *Lasting* ones remove a pattern from the destination and the rest is made to add up to 1;
  *for now* ones only bind today's step. A tie goes to the simpler pattern.
"""


def page(catalog: Catalog) -> str:
    """The whole page in Markdown; the same catalogue gives the same text.

    Example:
        >>> page(load()).splitlines()[0]
        '# How the advice is worked out'
    """
    parts = (
        [_FORMULA.format(guess=percent(GUESS), damping=percent(catalog.damping))],
        _start(catalog),
        _causes(catalog),
        _weights(catalog),
        _gates(catalog),
        _patterns(catalog),
        _archetypes(),
        [cost_method()],
        _sources(catalog),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    yield ""


def _start(catalog: Catalog) -> Iterator[str]:
    retrieval, training = (number(decibans, 1) for decibans in catalog.prior_decibans)
    yield f"## Where we start\n\nRetrieval {retrieval} decibans, training {training}. {catalog.prior_source}\n"


def _causes(catalog: Catalog) -> Iterator[str]:
    yield f"## Answers that share a cause\n\n{catalog.damping_source}\n"
    members = {cause: [c.label for c in catalog.criteria.values() if c.cause == cause] for cause in catalog.causes}
    yield from _table(("cause", "criteria"), ((said, ", ".join(members[cause])) for cause, said in catalog.causes.items()))


def _weights(catalog: Catalog) -> Iterator[str]:
    yield (
        "## Every weight\n\nDecibans for each answer. *Expert* is the judgement before any data; *used* is what the sum takes, "
        "fitted to published deployments where a fit ships and the expert's otherwise.\n"
    )
    for topic, name in catalog.topics.items():
        yield f"### {name}\n"
        for criterion in catalog.criteria.values():
            if criterion.topic == topic:
                yield from _criterion(criterion)


def _criterion(criterion: Criterion) -> Iterator[str]:
    yield f"#### {criterion.label} (`{criterion.id}`)\n\n{criterion.question}\n"
    if criterion.source_text:
        yield f"From the source text: {criterion.source_text}\n"
    yield f"{criterion.rationale} Sources: {', '.join(criterion.sources)}. {_asked(criterion)}\n"
    if criterion.fit_note:
        yield f"Fitted weights: {criterion.fit_note}\n"
    if any(_moves(level) for level in criterion.levels):
        head = ("answer", "retrieval, expert", "retrieval, used", "training, expert", "training, used")
        yield from _table(head, (_level(level, banded=criterion.words) for level in criterion.levels))
    else:
        yield f"No evidence on either question. Answers: {', '.join(level.label for level in criterion.levels)}.\n"


def _moves(level: Level) -> bool:
    return any((level.retrieval, level.training, *level.expert))


def _level(level: Level, *, banded: bool) -> tuple[str, ...]:
    weights = (level.expert_retrieval, level.retrieval, level.expert_training, level.training)
    band = f", measured below {level.below:g}" if banded and level.below is not None and level.below > 0 else ""
    return (f"{level.label} (`{level.id}`{band})", *(number(decibans, 1) for decibans in weights))


def _asked(criterion: Criterion) -> str:
    if criterion.derived:
        return "Never asked: worked out from the pilot or from other answers."
    moment = {"pre_work": "before the workshop", "workshop": "in the workshop", "after": "after the workshop"}
    return f"Asked of {criterion.who} {moment[criterion.when]}{_condition(criterion.ask_if)}."


def _condition(ask: AskIf | None) -> str:
    if ask is None:
        return ""
    if ask.axis:
        return f", unless {ask.axis} is less likely than {percent(ask.at_least)}"
    return f", when {_is(ask)} or unknown"


def _is(ask: AskIf) -> str:
    return f"`{ask.criterion}` is {' or '.join(f'`{level}`' for level in ask.levels)}"


def _gates(catalog: Catalog) -> Iterator[str]:
    yield "## Gates\n\nNo amount of evidence buys one off. A pattern that is ruled out stays in view with what would re-open it.\n"
    yield from _table(("when", "takes away", "kind", "why", "re-opened when"), map(_gate, catalog.gates))


def _gate(gate: Gate) -> tuple[str, ...]:
    levels = [f"`{level}`" for level in gate.levels] + (["unknown"] if gate.unknown_closes else [])
    when = f"`{gate.criterion}` is {' or '.join(levels)}" if levels else f"`{gate.criterion}`"
    tested = f"{' and' if levels else ':'} {gate.computed.replace('_', ' ')} (computed)" if gate.computed else ""
    unless = f", unless {_is(gate.unless)}" if gate.unless else ""
    return f"{when}{tested}{unless}", ", ".join(gate.removes) or "unattended use", gate.kind.replace("_", " "), gate.reason, gate.reopens


def _patterns(catalog: Catalog) -> Iterator[str]:
    groups = (("The four patterns", catalog.patterns), ("Instead of any pattern", catalog.off_ramps))
    for title, patterns in (*groups, ("Beside a pattern", catalog.companions)):
        yield f"## {title}\n"
        head = ("", "what it is", "right when", "fails when", "where the money goes", "sources")
        yield from _table(head, map(_pattern, patterns.values()))


def _pattern(pattern: Pattern) -> tuple[str, ...]:
    told = (pattern.what, pattern.right_when, pattern.fails_when, pattern.cost_profile)
    return (f"**{pattern.name}**", *told, ", ".join(pattern.sources))


def _archetypes() -> Iterator[str]:
    yield "## Quick starts\n\nEach fills in usual answers as guesses, to be confirmed with the client.\n"
    rows = ((f"{one.name} (`{one.id}`)", one.what, str(len(one.answers))) for one in archetypes().values())
    yield from _table(("quick start", "what it does", "answers"), rows)


def _sources(catalog: Catalog) -> Iterator[str]:
    yield "## Sources\n"
    rows = ((s.key, s.title, s.where, day(s.checked)) for s in catalog.sources.values())
    yield from _table(("key", "title", "how it was read", "checked"), rows)


def cost_method() -> str:
    """The cost model in words and formulas, in Markdown.

    Example:
        >>> "## How a bill is worked out" in cost_method()
        True
    """
    text = DATA.joinpath("text", "en", "method_costs.md").read_text(encoding="utf-8")
    example, defaults, prices = ("\n".join(part).rstrip() for part in (_example(), _defaults(), _prices()))
    return text.format(
        correlation=f"{CORRELATION:g}", screen=f"{DRAWS:,}", report=f"{DRAWS * 4:,}",
        example=example, defaults=defaults, prices=prices, warn=WARN_DAYS, stale=STALE_DAYS,
    )


def _example() -> Iterator[str]:
    """A prompt for 10,000 calls a month, everything else at its default, worked out by hand."""
    said = {"calls_per_month": Answer(amount=Estimate.of(10_000)), "human_review": Answer(levels=("never",))}
    whole = Engagement("example", "Example", "USD", _DAY, (Workflow("mail", "Mail", answers=said),))
    made = bill(inputs_for(whole, whole.workflows[0], load_prices(_DAY), assumptions()))
    yield (
        f"A prompt for 10,000 calls a month, nobody checks, all else at its default, over {made.horizon_months} months, in {made.currency} "
        f"on {_DAY:%d %B %Y}, at likely values:\n"
    )
    known = [line for line in made.of("prompt") if line.amount is not None]
    total = ("**Total of what is known**", "", "", "", "", f"**{sum(line.amount or 0 for line in known):,.2f}**")
    yield from _table(("line", "quantity", "unit", "price", "months", "amount"), [*map(_line, known), total])


def _line(line: Line) -> tuple[str, ...]:
    quantity, price, months = (f"{x:,.6g}" if x is not None else "" for x in (line.quantity, line.price, line.months))
    return line.component, quantity, line.unit, price, months, f"{line.amount:,.2f}"


def _defaults() -> Iterator[str]:
    rows = (
        (f"`{one.name}`", one.meaning, _default(one), one.unit_in("currency", "share"), one.moves_with, one.source)
        for one in assumptions().values()
    )
    yield from _table(("name", "what", "default", "unit", "moves with", "source"), rows)


def _prices() -> Iterator[str]:
    rows = (
        (f"`{price.id}`", _value(price.amount), f"{price.currency} {price.unit}".strip(), day(price.checked), price.source)
        for price in load_prices(_DAY).prices.values()
        if price.id.partition(":")[0] in _REVIEWED
    )
    yield from _table(("id", "price", "unit", "as of", "source"), rows)


def _default(one: Assumption) -> str:
    by = one.by_answer
    told = [f"by `{one.fed_by}`"] if one.answer else []
    told += [f"`{by.criterion}`: {'; '.join(f'{level} {_value(value)}' for level, value in by.levels.items())}"] if by else []
    told += [f"price book `{one.price}`"] if one.price else []
    otherwise = "" if one.default is None else _value(one.default)
    return "; else ".join([*told, otherwise] if otherwise else told) or "not known"


def _value(value: Setting) -> str:
    if isinstance(value, Estimate):
        ends = (value.low,) if value.fixed else (value.low, value.likely, value.high)
        return " / ".join(_plain(end) for end in ends)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _plain(value: float) -> str:
    return number(value) if value == int(value) else f"{value:g}"


def main(arguments: Sequence[str]) -> None:
    """Write the page to the first argument, or to `PAGE`."""
    target = Path(arguments[0]) if arguments else PAGE
    target.write_text(page(load()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
