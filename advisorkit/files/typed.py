"""Frozen dataclasses as the shape of files: one description reads, writes and documents each of them.

A field's type hint says how it is read; `Annotated` adds bounds, the name of a list of words, or another key
(see `advisorkit.values.written`). A field without a default must be there, unless it may be None. Every fault is noted with its place; in its
stead comes a harmless value, so that one run finds all of them.
"""

import ast
import inspect
import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from advisorkit.files.spots import MAX_TEXT, Spot
from advisorkit.files.texts import translated
from advisorkit.files.trees import Fields, Items, parse_yaml, shown
from advisorkit.values.messages import CatalogError, EngagementError, Fault, here
from advisorkit.values.quantities import Estimate
from advisorkit.values.written import Key, Named, Within

MAX_NAME = 100
"""Longest name that a file may make up, such as that of a scenario, in characters."""

Plain = Any
"""Text, number, truth value, or lists and mappings of them."""
Schema = dict[str, Any]
"""JSON Schema, or a part of one."""

TEXT: Schema = {"type": "string", "maxLength": MAX_TEXT}
"""Any text."""
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
"""A day such as ``2026-11-20``."""


def _same(value: Any) -> Plain:
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of value stands in a file."""

    read: Callable[[Spot], Any]
    """The value at a place; None after noting a fault."""
    plain: Callable[[Any], Plain] = _same
    """The value as plain data."""
    schema: Callable[[], Schema] = dict
    """JSON Schema of that data."""
    stand_in: Any = None
    """What a field gets whose value is missing or at fault."""
    blank: bool = False
    """Whether it also reads a place where nothing is written."""


Known = Mapping[str, Form | Collection[str]]
"""Forms and lists of words by the name under which `Named` asks for them."""


@dataclass(frozen=True, slots=True)
class _Part:
    key: str
    name: str
    form: Form
    default: Any
    needed: bool


def word(valid: Collection[str], what: str, stand_in: str = "") -> Form:
    """One of some words."""
    return Form(lambda spot: spot.word(valid, what), schema=lambda: {"enum": list(valid)}, stand_in=stand_in)


def form(hint: Any, known: Known) -> Form:
    """The form of a type hint.

    Example:
        >>> from advisorkit.files.trees import Scalar
        >>> form(Annotated[float, Within(0, 1)], {}).read(Spot(Scalar("0.8", 1), "share", "a.yaml", []))
        0.8
    """
    hint, notes = _parted(hint)
    name = next((note.name for note in notes if isinstance(note, Named)), "")
    given = known.get(name)
    if given is not None:
        return given if isinstance(given, Form) else word(given, name)
    bounds = next((note for note in notes if isinstance(note, Within)), Within())
    arguments = [one for one in get_args(hint) if one is not type(None)]
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if hint in _NUMBERS:
        return _NUMBERS[hint](bounds)
    if isinstance(hint, type) and is_dataclass(hint):
        return whole(hint, known)
    match get_origin(hint):
        case origin if origin is Literal:
            return word(arguments, name or "word", arguments[0])
        case origin if origin is tuple:
            return _several(form(arguments[0], known))
        case origin if isinstance(origin, type) and issubclass(origin, Mapping):
            return _by_key(arguments[0], form(arguments[1], known), known)
    if len(arguments) != 1:
        raise TypeError(f"no form is known for {hint}")
    inner = form(arguments[0], known)
    return Form(inner.read, inner.plain, inner.schema, blank=inner.blank)


def _parted(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    return (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is Annotated else (hint, ())


def whole(
    cls: type, known: Known, *, beside: Mapping[str, Schema] | None = None, without: Collection[str] = (), spare: Collection[str] = ()
) -> Form:
    """The form of a dataclass: a mapping with a key for each field.

    Args:
        cls: A frozen dataclass.
        known: What its fields ask for by name.
        beside: Further keys, read by somebody else, with their schema.
        without: Fields that do not come from the file.
        spare: Fields without a default that may be left out all the same.
    """
    parts = tuple(_parts(cls, known, without, spare))
    more = dict(beside or {})
    keys = dict.fromkeys([*more, *(part.key for part in parts if part.key)])
    return Form(
        lambda spot: _read(spot, cls, parts, keys),
        lambda value: _plain(value, parts),
        lambda: closed(more | _properties(cls, parts), [part.key for part in parts if part.needed and part.key]),
    )


def _parts(cls: type, known: Known, without: Collection[str], spare: Collection[str]) -> Iterable[_Part]:
    hints = get_type_hints(cls, include_extras=True)
    for one in fields(cls):
        key = next((note.name for note in _parted(hints[one.name])[1] if isinstance(note, Key)), one.name)
        if one.name not in without and key is not None:
            made = form(hints[one.name], known)
            missing = one.default is MISSING and one.default_factory is MISSING
            default = made.stand_in if missing else one.default_factory() if callable(one.default_factory) else one.default
            may_lack = one.name in spare or type(None) in get_args(_parted(hints[one.name])[0])
            yield _Part(key, one.name, made, default, missing and not may_lack)


def _read(spot: Spot, cls: type, parts: tuple[_Part, ...], keys: Mapping[str, None]) -> Any:
    members = spot.fields(keys)
    mapping = isinstance(spot.node, Fields)
    if not mapping and not spot.absent:
        return None
    made = {}
    for part in parts:
        if not part.key:
            made[part.name] = spot.key
            continue
        member = members.get(part.key)
        empty = member is None or (not part.form.blank and (member.blank if part.needed else member.absent))
        if empty and part.needed:
            spot.fault(here("'{}' is missing", part.key))
        value = None if member is None or empty else part.form.read(member)
        if part.needed and member and isinstance(member.node, Items) and not member.node.items:
            member.fault("name at least one")
        made[part.name] = part.default if value is None else value
    try:
        return cls(**made)
    except ValueError as error:
        spot.fault(str(error))
        return None


def _plain(value: Any, parts: tuple[_Part, ...]) -> dict[str, Plain]:
    found = ((part, getattr(value, part.name)) for part in parts if part.key)
    return {part.key: part.form.plain(one) for part, one in found if part.needed or one != part.default}


def closed(members: Schema, required: Sequence[str] = ()) -> Schema:
    """Schema of a mapping with these keys and no other."""
    found: Schema = {"type": "object", "properties": members, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _properties(cls: type, parts: tuple[_Part, ...]) -> Schema:
    told = _described(cls)
    found = ((part, part.form.schema()) for part in parts if part.key)
    return {part.key: schema | (_filled(schema) if part.needed else {}) | {"description": told[part.name]} for part, schema in found}


def _filled(schema: Schema) -> Schema:
    return {"minLength": 1} if schema == TEXT else {"minItems": 1} if schema.get("type") == "array" else {}


@cache
def _described(cls: type) -> dict[str, str]:
    """The text below each field of a dataclass."""
    (body,) = ast.parse(inspect.getsource(cls)).body
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return {
        one.target.id: inspect.cleandoc(str(after.value.value))
        for one, after in pairwise(lines)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


def _several(inner: Form) -> Form:
    def read(spot: Spot) -> tuple[Any, ...]:
        found = [inner.read(one) for one in spot.items()]
        return tuple(value for value in found if value is not None)

    return Form(
        read, lambda values: [inner.plain(value) for value in values], lambda: {"type": "array", "items": inner.schema()}, stand_in=(),
    )


def _by_key(hint: Any, inner: Form, known: Known) -> Form:
    name = next((note.name for note in _parted(hint)[1] if isinstance(note, Named)), "key")
    words = known.get(name)
    valid = None if words is None or isinstance(words, Form) else words

    def read(spot: Spot) -> dict[str, Any]:
        members = spot.fields(valid, name)
        for key in members if valid is None else ():
            if not (key.strip() and len(key) <= MAX_NAME and key.isprintable()):
                spot.fault(here("names are one line of 1 to {} characters; got '{}'", MAX_NAME, shown(key, 20)))
        found = {key: inner.read(member) for key, member in members.items()}
        return {key: value for key, value in found.items() if value is not None}

    def schema() -> Schema:
        if valid is not None:
            return closed(dict.fromkeys(valid, inner.schema()))
        names = {"minLength": 1, "maxLength": MAX_NAME}
        return {"type": "object", "propertyNames": names, "additionalProperties": inner.schema()}

    return Form(read, lambda values: {key: inner.plain(value) for key, value in values.items()}, schema, stand_in={})


def plain_number(value: float) -> int | float:
    """A number without a needless decimal point.

    Example:
        >>> plain_number(350.0), plain_number(0.5)
        (350, 0.5)
    """
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def plain_estimate(estimate: Estimate) -> Plain:
    """A range in its shortest form.

    Example:
        >>> plain_estimate(Estimate.of([100, 400])), plain_estimate(Estimate.of(7))
        ([100, 400], 7)
    """
    if estimate.fixed:
        return plain_number(estimate.likely)
    short = [estimate.low, estimate.high]
    points = short if Estimate.of(short) == estimate else [estimate.low, estimate.likely, estimate.high]
    return [plain_number(point) for point in points]


def number_schema(bounds: Within) -> Schema:
    """Schema of a number."""
    least = "exclusiveMinimum" if 0 < bounds.least < 1e-300 else "minimum"
    ends = {least: 0 if least != "minimum" else bounds.least, "maximum": bounds.most}
    return {"type": "number"} | {name: end for name, end in ends.items() if math.isfinite(end)}


def range_schema(number: Schema) -> Schema:
    """Schema of a number, ``[low, high]`` or ``[low, likely, high]``."""
    return {"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 3}]}


def _whole_number(bounds: Within) -> Form:
    def read(spot: Spot) -> int | None:
        value = spot.number(bounds.least, bounds.most)
        if value is not None and value % 1:
            spot.fault(here("{} is not a whole number", spot.seen))
        return None if value is None or value % 1 else int(value)

    return Form(read, schema=lambda: number_schema(bounds) | {"type": "integer"}, stand_in=0)


_SIMPLE: dict[Any, Form] = {
    str: Form(Spot.text, schema=TEXT.copy, stand_in=""),
    bool: Form(Spot.boolean, schema=lambda: {"type": "boolean"}, stand_in=False),
    date: Form(Spot.day, date.isoformat, DAY.copy, stand_in=date.min),
}
_NUMBERS: dict[Any, Callable[[Within], Form]] = {
    float: lambda ends: Form(lambda spot: spot.number(ends.least, ends.most), lambda value: plain_number(float(value)), lambda: number_schema(ends), 0.0),
    int: _whole_number,
    Estimate: lambda ends: Form(lambda spot: spot.estimate(ends.least, ends.most), plain_estimate, lambda: range_schema(number_schema(ends))),
}


PLACE = "ADVISORKIT_DATA"
"""Variable that names another folder of data files, such as those of a sealed pack."""
DATA: Traversable = Path(os.environ[PLACE]) if os.environ.get(PLACE) else files("advisorkit") / "data"
"""Folder of the data files that figures rest on: the package's."""


def data(name: str, hint: Any, known: Known) -> Any:
    """A data file of the package, read as what `hint` says.

    Raises:
        CatalogError: If the file is wrong; names every fault with its line.
    """
    faults: list[Fault] = []
    roots = documents(DATA, [name], faults)
    found = form(hint, known).read(roots[name]) if roots else None
    refuse(faults)
    return found


def documents(folder: Traversable, names: Iterable[str], faults: list[Fault]) -> dict[str, Spot]:
    """Roots of the data files `names` below `folder`; files that cannot be read become faults."""
    roots: dict[str, Spot] = {}
    for name in names:
        try:
            node = translated(parse_yaml(folder.joinpath(*name.split("/")).read_text("utf-8"), name), name)
        except EngagementError as error:
            faults.extend(error.faults)
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(name, "", here("cannot be read: {}", error)))
        else:
            roots[name] = Spot(node, "", name, faults)
    return roots


def refuse(faults: Iterable[Fault]) -> None:
    """Raise what is wrong with data files, if anything is.

    Raises:
        CatalogError: If there are faults; names each once.
    """
    if told := dict.fromkeys(map(str, faults)):
        raise CatalogError("\n".join(told))
