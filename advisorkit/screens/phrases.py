"""Words of the screens, as data: one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from advisorkit.files.trees import Fields, Scalar, parse_yaml
from advisorkit.values.errors import CatalogError


@cache
def _phrases(language: str = "en") -> Mapping[str, str]:
    path = files("advisorkit") / "data" / "text" / f"screen.{language}.yaml"
    root = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    assert isinstance(root, Fields)
    return {key.text: value.text for key, value in root.fields if isinstance(value, Scalar)}


def tell(key: str, **values: object) -> str:
    """The phrase called `key` with its places filled in.

    Example:
        >>> tell("question.count", rank=1, count=9)
        '1 of 9 open'
    """
    found = _phrases()
    if key not in found:
        raise CatalogError(f"no phrase '{key}' for the screens")
    return found[key].format(**values)


def for_browser() -> dict[str, str]:
    """The phrases that the browser script uses by itself.

    Example:
        >>> for_browser()["undo"]
        'Undo'
    """
    return {key.removeprefix("ui."): text for key, text in _phrases().items() if key.startswith("ui.")}
