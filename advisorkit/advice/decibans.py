"""The catalogue's decibans as arrays, and the damped sum over them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisorkit.values.criteria import Catalog, Criterion, Level

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decibans:
    """Decibans of every level of every criterion, and which criteria share a cause."""

    ids: tuple[str, ...]
    """Criterion ids, in catalogue order: the columns of everything below."""
    index: Mapping[str, int]
    """Column by criterion id."""
    levels: tuple[int, ...]
    """Number of levels by column."""
    weights: Array
    """Decibans towards retrieval and training: axis, column, level; unused places hold zero."""
    causes: tuple[tuple[int, ...], ...]
    """Columns that share a cause, for causes with more than one member."""
    damping: float
    """Share of each weaker same-signed answer that counts within one cause."""
    counts: Array
    """What each column counts when others outweigh it: `damping` within a shared cause, 1 elsewhere."""
    drawn: int
    """Columns that take part in draws: those behind the last one with evidence never do."""
    alike: NDArray[np.intp]
    """Columns of each shared cause: cause by member, the first repeated where a cause has fewer than the largest."""

    def total(self, decibans: Array) -> Array:
        """Sum over the last axis, damped within each cause.

        Of several answers that share a cause, the strongest one for and the strongest one against count in
        full and `damping` of each other: ``d * sum + (1 - d) * (largest above 0 + smallest below 0)``.
        No answer's weight in it is negative, so more decibans never lower the total.
        """
        plain: Array = decibans @ self.counts
        if self.damping == 1 or not self.alike.size:
            return plain
        shared = np.moveaxis(decibans, -1, 0)[self.alike]
        strongest: Array = shared.max(axis=1).clip(min=0) + shared.min(axis=1).clip(max=0)
        return np.asarray(plain + (1 - self.damping) * strongest.sum(axis=0))

    def parts(self, decibans: Array) -> Array:
        """What each column, on the last axis, adds to `total`."""
        return np.asarray(decibans * self.shares(decibans))

    def shares(self, decibans: Array) -> Array:
        """Share of each column that counts in `total`; among equals the first in the alphabet counts in full."""
        rows = decibans.reshape(-1, decibans.shape[-1])
        shares = np.ones_like(rows)
        each = np.arange(len(rows))
        for cause in self.causes:
            columns = np.array(sorted(cause, key=self.ids.__getitem__))
            shares[:, columns] = self.damping
            for sign in (1, -1):
                strongest = columns[(sign * rows[:, columns]).argmax(axis=1)]
                counts = sign * rows[each, strongest] > 0
                shares[each[counts], strongest[counts]] = 1
        return shares.reshape(decibans.shape)


@lru_cache(maxsize=8)
def table(catalog: Catalog) -> Decibans:
    """Arrays of `catalog`; made once for each catalogue."""
    criteria = list(catalog.criteria.values())
    causes = [cause for cause in _causes(criteria) if len(cause) > 1]
    ids = tuple(criterion.id for criterion in criteria)
    largest = max(map(len, causes), default=0)
    counts = np.ones(len(ids))
    counts[[column for cause in causes for column in cause]] = catalog.damping
    weighty = [place for place, one in enumerate(criteria) if any(any(level.expert + (level.fitted or ())) for level in one.levels)]
    return Decibans(
        ids=ids,
        index={name: column for column, name in enumerate(ids)},
        levels=tuple(len(criterion.levels) for criterion in criteria),
        weights=by_level(criteria, lambda level: level.fitted or level.expert),
        causes=tuple(causes),
        damping=catalog.damping,
        counts=counts,
        drawn=max(weighty, default=-1) + 1,
        alike=np.array([[*cause, *cause[:1] * (largest - len(cause))] for cause in causes], dtype=np.intp),
    )


def _causes(criteria: Sequence[Criterion]) -> list[tuple[int, ...]]:
    causes: dict[str, list[int]] = {}
    for column, criterion in enumerate(criteria):
        causes.setdefault(criterion.cause, []).append(column)
    return [tuple(columns) for columns in causes.values()]


def by_level(criteria: Collection[Criterion], pair: Callable[[Level], tuple[float, float]]) -> Array:
    """A pair of numbers of each level, one for each axis: axis, column, level; places of no level hold zero."""
    found = np.zeros((2, len(criteria), max((len(one.levels) for one in criteria), default=0)))
    for column, criterion in enumerate(criteria):
        for place, level in enumerate(criterion.levels):
            found[:, column, place] = pair(level)
    return found


def chance(decibans: Array | float) -> Array:
    """Probability that so many decibans stand for, 0 to 1.

    Example:
        >>> [round(float(chance(d)), 3) for d in (-10, 0, 10)]
        [0.091, 0.5, 0.909]
    """
    return np.asarray(1 / (1 + 10 ** (-np.asarray(decibans, dtype=float) / 10)))
