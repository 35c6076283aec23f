"""Reads the YAML that Ruby on Rails stores in text columns, as plain data: no Ruby class and no code is ever made of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

__all__ = ["load", "symbols"]

_MAX_CHARS = 200_000  # far above any role; a longer text is not parsed


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one where libyaml is there: ten times faster
    """SafeLoader that reads Ruby's tags as the plain mapping, sequence or scalar under them."""


def _plain(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    """A plain scalar with a colon in front is a symbol; a quoted one is a string that begins so."""
    value = str(loader.construct_scalar(node))
    return value[1:] if value.startswith(":") and node.style not in ("'", '"', "|", ">") else value


_Loader.add_constructor("tag:yaml.org,2002:str", _text)
_Loader.add_multi_constructor("!", _plain)  # !ruby/hash:…, !ruby/object:…, !ruby/sym …
_Loader.add_multi_constructor("tag:ruby.yaml.org,2002:", _plain)


def load(text: str | None) -> Any:
    """The value in `text`, symbols as strings without their colon. None for an empty, broken or overlong text."""
    if not text or len(text) > _MAX_CHARS:
        return None
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - _Loader is a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return None


@lru_cache(maxsize=512)  # a role's permissions rarely change, and parsing them takes milliseconds
def symbols(text: str | None) -> frozenset[str]:
    """The strings of a list of symbols; empty for anything else, so that an unreadable role permits nothing."""
    value = load(text)
    return frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
