"""The method page: formula, every weight, gates and sources, written from the catalogue (`python -m advisorkit.catalog.method`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from advisorkit.advice.belief import GUESS
from advisorkit.catalog.method_costs import cost_method
from advisorkit.catalog.reading import load
from advisorkit.catalog.vocabulary import archetypes
from advisorkit.values.criteria import AskIf, Catalog, Criterion, Gate, Level
from advisorkit.values.patterns import Pattern
from advisorkit.values.quantities import day, number, percent

PAGE = Path("docs/method.md")
"""Where the page is kept, relative to the checkout."""

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


def main(arguments: Sequence[str]) -> None:
    """Write the page to the first argument, or to `PAGE`."""
    target = Path(arguments[0]) if arguments else PAGE
    target.write_text(page(load()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
