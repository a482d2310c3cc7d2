"""The engagement file as JSON Schema 2020-12: every key, criterion, level, workload and assumption name with its unit."""

from __future__ import annotations

import math
from typing import Any

from advisorkit.catalog.vocabulary import Vocabulary, vocabulary
from advisorkit.costs.assumption import Assumption
from advisorkit.files.spots import MAX_TEXT
from advisorkit.store.fields import MAX_NAME, SLUG
from advisorkit.store.wholes import AXES, CONTEXT, CURRENCIES, FORMAT, STATUSES
from advisorkit.values.criteria import Catalog, Criterion
from advisorkit.values.patterns import PATTERNS

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "maxLength": MAX_TEXT}
_DATE: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_ID: Schema = {"type": "string", "pattern": f"^{SLUG}$"}
_BOUNDS: dict[str, Schema] = {"share": {"minimum": 0, "maximum": 1}, "real": {"exclusiveMinimum": -1}}


def schema(catalog: Catalog | None = None) -> Schema:
    """JSON Schema of the engagement file for the shipped words, or for another catalogue.

    It describes form and words; that ranges rise, ids are unique and named files exist is checked on reading.

    Example:
        >>> schema()["properties"]["advisorkit"]
        {'const': 1, 'description': 'Version of the format.'}
    """
    words = vocabulary(catalog)
    top = _engagement(words)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "advisorkit engagement file",
        "$comment": "In YAML, no and yes are words here, never truth values.",
        **_closed(top, "advisorkit", "client", "currency", "as_of", "workflows"),
        "$defs": {
            "answers": _closed({name: _criterion(row) for name, row in words.catalog.criteria.items()}),
            "workload": _closed(_names(words, "workload")),
            "assumptions": _closed(_names(words, "assumption")),
            "workflow": _workflow(words),
        },
    }


def _closed(members: Schema, *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": members, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _engagement(words: Vocabulary) -> Schema:
    inner = {"answers": _ref("answers"), "workload": _ref("workload"), "assumptions": _ref("assumptions")}
    single: Schema = {"type": "object", "additionalProperties": _closed(inner)}
    positive = {"type": "number", "exclusiveMinimum": 0}
    return {
        "advisorkit": {"const": FORMAT, "description": "Version of the format."},
        "id": _ID | {"description": "Unique in a batch; absent means the file's own name, reduced to such an id."},
        "client": _TEXT | {"minLength": 1},
        "currency": {"enum": list(CURRENCIES), "description": "All money is given and shown in it."},
        "as_of": _DATE | {"description": "Day of the advice; prices and ages are judged on it."},
        "sample": {"type": "boolean", "description": "Whether the client is invented; every page then says so."},
        "answers": _ref("answers") | {"description": "For all workflows; a workflow's own answer wins."},
        "workflows": {"type": "array", "minItems": 1, "items": _ref("workflow")},
        "assumptions": _ref("assumptions") | {"description": "For all workflows; a workflow's own wins."},
        "scenarios": _by_name(_closed(inner | {"workflows": single})),
        "priors": _closed({axis: {"type": "number", "minimum": 0, "maximum": 1} for axis in AXES}),
        "exchange_rates": _closed(dict.fromkeys(CURRENCIES, positive))
        | {"description": "Units of the engagement's currency for one unit of the named one."},
        "prices": _closed({name: {"type": "number", "minimum": 0} for name in words.prices})
        | {"description": "Negotiated prices by price-book id, in the row's own unit and currency."},
        "accept_stale": {"type": "boolean", "description": "Whether a final report may use prices that are too old."},
        "history": {"type": "array", "items": _advised()},
    }


def _by_name(inner: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"minLength": 1, "maxLength": MAX_NAME}, "additionalProperties": inner}


def _advised() -> Schema:
    pattern: Schema = {"enum": list(PATTERNS)}
    line = {"date": _DATE, "workflow": _ID, "recommended": pattern, "now": pattern, "reason": _TEXT}
    return _closed(line, *line) | {"description": "Advice given; written by advisorkit."}


def _workflow(words: Vocabulary) -> Schema:
    override = {"pattern": {"enum": list(PATTERNS)}, "reason": _TEXT, "by": _TEXT}
    mark = {"type": "number", "minimum": 0, "maximum": 1, "description": "Share right agreed as enough, before the pilot."}
    pilot = {"file": _TEXT, "date": _DATE, "pass_mark": mark, "reason": _TEXT, "pattern": {"enum": list(PATTERNS)}}
    members = {
        "id": _ID,
        "name": _TEXT | {"minLength": 1},
        "answers": _ref("answers"),
        "notes": _closed(dict.fromkeys(words.catalog.criteria, _TEXT)),
        "context": _closed(dict.fromkeys(CONTEXT, _TEXT)),
        "corpus": _TEXT | {"description": "Workflows that name the same body of documents share its build."},
        "status": {"enum": list(STATUSES)},
        "override": _closed(override, *override) | {"description": "A decision shown beside the advice, never instead."},
        "workload": _ref("workload"),
        "assumptions": _ref("assumptions"),
        "pilots": {"type": "array", "items": _closed(pilot, "file", "date")},
    }
    return _closed(members, "id", "name")


def _criterion(row: Criterion) -> Schema:
    forms: list[Schema] = [{"const": "unknown"}]
    if row.words:
        level = {"oneOf": [{"const": level.id, "title": level.label} for level in row.levels]}
        several = {"type": "array", "items": level, "minItems": 1, "uniqueItems": True}
        forms += [level, several | {"description": "Two or more levels: people disagree."}]
    if row.unit is not None:
        forms.append(_range({"minimum": row.minimum, "maximum": row.maximum}))
    value: Schema = {"anyOf": forms}
    long = {
        "value": value, "confidence": {"enum": ["known", "guess"]}, "said_by": _TEXT, "confirm_by": _DATE,
        "note": _TEXT, "private_note": _TEXT,
    }
    about = {"title": row.label, "description": row.question} | ({"unit": row.unit} if row.unit else {})
    return about | {"anyOf": [*forms, _closed(long)]}


def _range(bounds: Schema) -> Schema:
    number = {"type": "number"} | {name: bound for name, bound in bounds.items() if math.isfinite(bound)}
    return {"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 3}]}


def _names(words: Vocabulary, group: str) -> Schema:
    return {name: _name(row, words) for name, row in words.names.items() if row.group == group}


def _name(row: Assumption, words: Vocabulary) -> Schema:
    about = {"title": row.label, "description": row.meaning, "unit": row.unit}
    match row.kind:
        case "model":
            return about | {"enum": list(words.models)}
        case "word":
            return about | ({"enum": list(row.choices)} if row.choices else _TEXT)
        case "count":
            return about | {"type": "integer", "minimum": 0}
    bounds = _BOUNDS.get(row.kind, {"minimum": 0}) | ({"exclusiveMinimum": 0} if row.above_zero else {})
    return about | _range(bounds)
