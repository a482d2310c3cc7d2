"""The words that an engagement file may use, how answers and settings are written in them, and quick starts in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, cast

from advisorkit.catalog.prices import history, models
from advisorkit.catalog.reading import assumptions, load as load_catalog, measure
from advisorkit.costs.assumption import Assumption
from advisorkit.files import typed
from advisorkit.files.amounts import words
from advisorkit.files.spots import Spot
from advisorkit.files.texts import by_language
from advisorkit.files.trees import Fields, Items, Scalar, shown
from advisorkit.values.criteria import Criterion
from advisorkit.values.engagement import Adopted, Answer, Setting
from advisorkit.values.messages import here
from advisorkit.values.people import Measured
from advisorkit.values.quantities import Estimate
from advisorkit.values.written import ABOVE_ZERO, OWN_KEY, Named, Within

_LONG = typed.whole(Answer, {}, beside={"value": {}}, without=("levels", "amount"))
_BOUNDS = {"share": Within(0, 1), "real": Within(-1)}


@cache
def forms() -> typed.Known:
    """How answers, workload and assumptions are written, with the ids of criteria and prices."""
    return {
        "answers": typed.Form(
            _answers, lambda answers: {name: plain_answer(one) for name, one in answers.items()}, lambda: {"$ref": "#/$defs/answers"}, stand_in={}
        ),
        "workload": _settings("workload", "workload"),
        "assumptions": _settings("assumptions", "assumption"),
        "checking plan": _checking_plan(),
        "quantity": _quantities(),
        "told quantity": (*_quantities(), "gain", "reach"),
        "measured": _measured(),
        "criterion": load_catalog().criteria,
        "price-book id": dict.fromkeys(row.id for row in history() if not row.id.startswith("rate:")),
    }


def _quantities() -> tuple[str, ...]:
    return tuple(name for name, row in assumptions().items() if row.numeric)


def _measured() -> typed.Form:
    inner = typed.whole(Measured, {"quantity": _quantities()})

    def read(spot: Spot) -> Measured | None:
        made: Measured | None = inner.read(spot)
        row = assumptions().get(made.quantity) if made else None
        if made and row and (problem := row.fits(made.range)):
            spot.fault(f"{made.quantity} {problem} ({_unit(row, spot)})")
        return made

    return replace(inner, read=read)


def definitions() -> typed.Schema:
    """Schemas of answers, workload and assumptions, to which those of other values point."""
    groups = {"workload": "workload", "assumptions": "assumption"}
    return {"answers": typed.closed({key: _schema(row) for key, row in load_catalog().criteria.items()})} | {
        place: typed.closed({name: _setting_schema(row) for name, row in assumptions().items() if row.group == group})
        for place, group in groups.items()
    }


def setting(spot: Spot, row: Assumption) -> Setting | None:
    """The value of one workload or assumption name."""
    if row.kind == "model":
        return spot.word(tuple(models()), "model of the price book")
    if row.kind == "word" and row.choices:
        if isinstance(spot.node, Fields):
            return cast("Adopted", _adopted(row).read(spot))
        return spot.word(row.choices, here("word for {}", row.name))
    value = spot.estimate(measure=measure(row.unit_in("currency", "share"), row.label)) if row.numeric else spot.text()
    if value is not None and (problem := row.fits(value)):
        spot.fault(f"{spot.seen} {problem} ({_unit(row, spot)})")
        return None
    return value


def _unit(row: Assumption, spot: Spot) -> str:
    return row.unit_words(spot.listener.currency or "currency", here("share"))


def _adopted(row: Assumption) -> typed.Form:
    return typed.whole(Adopted, {"choice": row.choices})


def _checking_plan() -> typed.Form:
    row = assumptions()["checking_plan"]
    return typed.Form(lambda spot: setting(spot, row), plain_setting, lambda: _setting_schema(row))


def _settings(place: str, group: str) -> typed.Form:
    valid = {name: row for name, row in assumptions().items() if row.group == group}

    def read(spot: Spot) -> dict[str, Setting]:
        found = {name: _set(member, name, valid, group) for name, member in spot.fields().items()}
        return {name: value for name, value in found.items() if value is not None}

    return typed.Form(
        read, lambda values: {name: plain_setting(value) for name, value in values.items()}, lambda: {"$ref": f"#/$defs/{place}"}, stand_in={},
    )


def _set(spot: Spot, name: str, valid: Mapping[str, Assumption], group: str) -> Setting | None:
    if name in valid:
        return setting(spot, valid[name])
    if place := _place_of(name):
        spot.fault(here("'{}' belongs under '{}'", name, place))
    else:
        spot.fault(here("unknown {} '{}'", here(f"{group} name"), shown(name)), spot.near(name, list(valid)) or spot.near(name, list(assumptions())))
    return None


def _place_of(name: str) -> str:
    """Under which key a name stands; empty for one that is unknown.

    Example:
        >>> _place_of("citations"), _place_of("input_tokens"), _place_of("minutes_per_item"), _place_of("citation")
        ('answers', 'workload', 'assumptions', '')
    """
    if name in load_catalog().criteria:
        return "answers"
    return ("workload" if assumptions()[name].group == "workload" else "assumptions") if name in assumptions() else ""


def _setting_schema(row: Assumption) -> typed.Schema:
    about = {"title": row.label, "description": row.meaning, "unit": row.unit}
    match row.kind:
        case "model":
            return about | {"enum": list(models())}
        case "word":
            return about | ({"anyOf": [{"enum": list(row.choices)}, _adopted(row).schema()]} if row.choices else typed.TEXT)
        case "count":
            return about | {"type": "integer", "minimum": int(row.above_zero)}
    bounds = _BOUNDS.get(row.kind, Within(ABOVE_ZERO if row.above_zero else 0))
    return about | _range_schema(bounds, row.measure)


def _range_schema(bounds: Within, unit: str) -> typed.Schema:
    return typed.range_schema(typed.number_schema(bounds) | ({"type": "integer"} if unit in words("whole") else {}))


def _answers(spot: Spot) -> dict[str, Answer]:
    criteria = load_catalog().criteria
    keys = [key.text for key, _ in spot.node.fields] if isinstance(spot.node, Fields) else []
    strays = [name for name in keys if name not in criteria and _place_of(name)]
    members = spot.fields([*criteria, *strays], "criterion")
    for name in strays:
        members.pop(name).fault(here("'{}' belongs under '{}'", name, _place_of(name)))
    found = {name: answer(member, criteria[name]) for name, member in members.items()}
    return {name: value for name, value in found.items() if value is not None}


def answer(spot: Spot, criterion: Criterion) -> Answer | None:
    """An answer in its short form (a level, a number, a list) or its long form (``{value: …, note: …}``)."""
    if spot.absent:
        return Answer()
    if not isinstance(spot.node, Fields):
        return _value(spot, criterion)
    said: Answer = _LONG.read(spot)
    place = spot.at("value")
    value = Answer() if place is None else _value(place, criterion)
    return None if value is None else replace(said, levels=value.levels, amount=value.amount)


def _value(spot: Spot, criterion: Criterion) -> Answer | None:
    if isinstance(spot.node, Scalar) and spot.node.text in {"unknown", ""} and spot.node.kind != "number":
        return Answer()
    many = spot.items() if isinstance(spot.node, Items) else (spot,)
    if criterion.unit is not None and (not criterion.words or any(isinstance(one.node, Scalar) and re.search("[0-9]", one.node.text) for one in many)):
        amount = spot.estimate(criterion.minimum, criterion.maximum, measure(criterion.unit, criterion.label))
        return None if amount is None else Answer(amount=amount)
    levels = [level.id for level in criterion.levels]
    named = [one.word(levels, here("level of {}", criterion.id)) for one in many]
    if len(set(named)) < len(named) and None not in named:
        spot.fault("names the same level twice")
        return None
    known = tuple(word for word in named if word is not None)
    return Answer(levels=known) if known and len(known) == len(named) else None


def plain_answer(said: Answer) -> typed.Plain:
    """An answer in its shortest form.

    Example:
        >>> plain_answer(Answer(("daily",))), plain_answer(Answer(("no",), note="asked IT"))
        ('daily', {'value': 'no', 'note': 'asked IT'})
    """
    value = list(said.levels) if said.disputed else (said.levels or ("unknown",))[0]
    value = value if said.amount is None else typed.plain_estimate(said.amount)
    extra = _LONG.plain(said)
    return {"value": value} | extra if extra else value


def plain_setting(value: Setting) -> typed.Plain:
    """A workload or assumption value in its shortest form.

    Example:
        >>> plain_setting(Estimate.of([100, 400])), plain_setting("api")
        ([100, 400], 'api')
    """
    if isinstance(value, Adopted):
        return {"value": value.value, **({"by": value.by} if value.by else {}), **({"date": value.date.isoformat()} if value.date else {})}
    return typed.plain_estimate(value) if isinstance(value, Estimate) else value


def _schema(row: Criterion) -> typed.Schema:
    forms: list[typed.Schema] = [{"const": "unknown"}]
    if row.words:
        level = {"oneOf": [{"const": level.id, "title": level.label} for level in row.levels]}
        several = {"type": "array", "items": level, "minItems": 1, "uniqueItems": True}
        forms += [level, several | {"description": "Two or more levels: people disagree."}]
    if row.unit is not None:
        forms.append(_range_schema(Within(row.minimum, row.maximum), row.unit))
    long = _LONG.schema()
    long["properties"]["value"] = {"anyOf": forms}
    about = {"title": row.label, "description": row.question} | ({"unit": row.unit} if row.unit else {})
    return about | {"anyOf": [*forms, long]}


@dataclass(frozen=True, slots=True)
class Archetype:
    """A common kind of use case."""

    id: Annotated[str, OWN_KEY]
    """Word used in commands, such as ``support-assistant``."""
    name: str
    """Name on screen."""
    what: str
    """What it does, in one sentence for a client."""
    answers: Annotated[Mapping[str, Answer], Named("answers")]
    """Usual answers by criterion id; every one is a guess to be confirmed."""


@by_language
def archetypes() -> Mapping[str, Archetype]:
    """The twelve archetypes by id.

    Example:
        >>> archetypes()["mail-routing"].answers["task_kind"].levels
        ('classify',)
    """
    rows: dict[str, Archetype] = typed.data("archetypes.yaml", Mapping[str, Archetype], forms())
    return {key: replace(row, answers={name: replace(one, confidence="guess") for name, one in row.answers.items()}) for key, row in rows.items()}
