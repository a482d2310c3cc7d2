"""The catalogue: reviewed data files turned into checked values."""

from advisorkit.catalog.archetypes import Archetype, archetypes
from advisorkit.catalog.reading import load, read

__all__ = ["Archetype", "archetypes", "load", "read"]
