"""The sample engagements of the package; their clients are invented or their figures published, and they say so."""

from importlib.resources import files
from pathlib import Path

from advisorkit.values.messages import UsageError, nearest

_FOLDER = Path(str(files("advisorkit").joinpath("data", "samples")))


def names() -> tuple[str, ...]:
    """Names of the samples, the source text's own use cases first.

    Example:
        >>> names()
        ('source-text', 'published-deployments', 'marked-pilot')
    """
    return tuple(sorted((file.stem for file in _FOLDER.glob("*.yaml")), reverse=True))


def path(name: str) -> Path:
    """File of the sample called `name`.

    Example:
        >>> path("source-text").name
        'source-text.yaml'
    """
    if name not in names():
        raise UsageError(f"no sample '{name}'; there is: {', '.join(nearest(name, names()) or names())}")
    return _FOLDER / f"{name}.yaml"
