"""What pydantic finds, in our words: a stable code, and a sentence that names the mend. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from adapters.netmonitor.inventory.faults import WORDS, Fault, Part, fault
from adapters.netmonitor.inventory.schema import TABLES, HostSpec, Spec

__all__ = ["faults_of", "unknown_key"]

_KINDS = {
    "string_type": "not_text",
    "int_type": "not_whole",
    "int_from_float": "not_whole",
    "int_parsing_size": "not_whole",
    "float_type": "not_number",
    "bool_type": "not_bool",
    "list_type": "not_list",
    "dict_type": "not_table",
    "model_type": "not_table",
    "model_attributes_type": "not_table",
    "missing": "missing",
}
_BOUNDED = {"greater_than_equal", "less_than_equal", "finite_number"}
_LENGTHS = {"string_too_short", "string_too_long", "too_short", "too_long"}


def faults_of(error: ValidationError, model: type[Spec], *, host: str | None, part: Part = "host") -> list[Fault]:
    """What pydantic found, in our words and in its order."""
    return [_translated(one, model, host, part) for one in error.errors(include_url=False, include_context=True)]


def _translated(error: ErrorDetails, model: type[Spec], host: str | None, part: Part) -> Fault:
    path = [str(step) for step in error["loc"]]
    kind, field = error["type"], ".".join(path)
    code = _KINDS.get(kind, kind if kind in WORDS else "bad_value")
    filled: dict[str, Any] = {}
    if kind == "extra_forbidden":
        code, filled = unknown_key(path, model)
    elif kind in _BOUNDED or kind in _LENGTHS:
        low, high = _bounds(path, model, lengths=kind in _LENGTHS)
        code, filled = "bad_length" if kind in _LENGTHS else "out_of_range", {"low": low, "high": high}
    elif kind == "literal_error":
        code, filled = "unknown_choice", {"choices": ", ".join(error.get("ctx", {}).get("expected", "").replace("'", "").split(" or "))}
    return fault(code, field=field, host=host, part=part, **filled)


def unknown_key(path: Sequence[str], model: type[Spec]) -> tuple[str, dict[str, Any]]:
    """Code and words for a key that a table does not have: what it may have been meant to be, else what there is."""
    *tables, name = path
    inner = TABLES[tables[0]] if tables else model
    known = list(inner.model_fields)
    close = difflib.get_close_matches(name, known, 1, cutoff=0.6)
    if close:
        return "misspelt_key", {"hint": close[0]}
    elsewhere = [f"{table}.{name}" for table, one in TABLES.items() if name in one.model_fields] if not tables and model is HostSpec else []
    if elsewhere:
        return "misspelt_key", {"hint": ", ".join(elsewhere)}
    return "unknown_key", {"known": ", ".join(known)}


def _bounds(path: Sequence[str], model: type[Spec], *, lengths: bool) -> tuple[Any, Any]:
    """The bounds that the model names for a member, however deep in its annotation they stand."""
    inner, name = (model, path[0]) if path[0] not in TABLES else (TABLES[path[0]], path[1])
    info = inner.model_fields[name]
    every = list(_marks(info.annotation, info.metadata))
    lows = [getattr(mark, "min_length" if lengths else "ge", None) for mark in every]
    highs = [getattr(mark, "max_length" if lengths else "le", None) for mark in every]
    found = list(zip([low for low in lows if low is not None] or [0], [high for high in highs if high is not None], strict=False))
    return found[-1 if path[-1].isdigit() else 0]  # a number at the end: a member of the list, whose own bounds stand last


def _marks(annotation: Any, metadata: Sequence[Any]) -> Iterator[Any]:
    for one in metadata:
        yield from one.metadata if isinstance(one, FieldInfo) else (one,)
    for argument in get_args(annotation):
        if get_origin(argument) is Annotated:
            yield from _marks(argument.__origin__, argument.__metadata__)
        else:
            yield from _marks(argument, ())
