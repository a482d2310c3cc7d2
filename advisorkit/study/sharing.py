"""What workflows cost and gain together: platforms and bodies of documents that several share are paid once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisorkit.costs.bill import Chosen, saved_by_sharing
from advisorkit.costs.money import THOUSANDS
from advisorkit.study.shapes import placed
from advisorkit.study.study import Study


@dataclass(frozen=True, slots=True)
class Together:
    """Money that leaves the house for the destinations of several workflows, at likely values over the horizon."""

    alone: Mapping[str, float | None]
    """By workflow id when each pays for everything; None where it is not known."""
    saved: float | None
    """What platforms and bodies of documents that stand once take off; None where an amount is not known."""
    unit: int
    """1000 or 1: the unit in which amounts are printed."""
    ask: float
    """What their next steps cost to build, each rounded to the unit."""
    gain: float
    """What those of them gain against today whose gain is known, each rounded to the unit; with what sharing saves where all are known."""
    staged: float
    """The same where each is stopped as soon as its marked result misses the mark; one that gains nothing then is left out."""
    spent: float
    """What they pay with sharing as far as it is known, each rounded to the unit."""
    known: int
    """Of how many the gain is known."""

    @property
    def counted(self) -> bool:
        """Whether every gain is known, so that what sharing saves is part of their sum."""
        return self.saved is not None and self.known == len(self.alone)

    @property
    def shared(self) -> float | None:
        """What all pay with sharing."""
        return None if self.saved is None else sum(amount or 0.0 for amount in self.alone.values()) - self.saved


def together(found: Sequence[Study]) -> Together | None:
    """What workflows cost together, those left out that stop or that something simpler fits; None for fewer than two."""
    chosen = [one for one in found if one.priced and not one.decision.ended]
    if len(chosen) < 2:
        return None
    saved = saved_by_sharing([Chosen(one.bill, one.decision.destination, one.workflow.corpus) for one in chosen])
    ranks = [one.rank for one in chosen if not one.rank.assumed]
    gains, kept = [rank.gain for rank in ranks if rank.gain is not None], [rank.kept for rank in ranks if rank.kept is not None and rank.kept > 0]
    known, unit = len(gains), 1000 if max(map(abs, (*gains, *(one.outside or 0.0 for one in chosen)))) >= THOUSANDS else 1
    asks = [one.ask.p50 for one in chosen if one.ask]
    gains, kept = ([*amounts, saved or 0.0] if len(amounts) == len(chosen) else amounts for amounts in (gains, kept))
    ask, gain, staged = (float(sum(round(amount / unit) for amount in amounts) * unit) for amounts in (asks, gains, kept))
    alone = {one.workflow.id: one.outside for one in chosen}
    spent = float(sum(round((amount or 0.0) / unit) for amount in (*alone.values(), saved and -saved)) * unit)
    made = Together(alone, saved, unit, ask, gain, staged, spent, known)
    return placed(made, "portfolio") if chosen[0].cited else made
