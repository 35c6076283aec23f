"""Nothing that people write becomes anything but text, links and pictures of the allow-list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.redmine.markup import MAX_RICH_CHARS, Context, Formatting, render
from adapters.redmine.markup.sanitise import gate
from tests.adapters.redmine.markup.allowed import faults

_VECTORS: list[dict[str, str]] = json.loads((Path(__file__).parents[3] / "vectors" / "xss.json").read_text())["vectors"]
_FORMATS: tuple[Formatting, ...] = get_args(Formatting)
_CONTEXT = Context(
    attachments={"a.png": "/tasks/api/task/1/attachment/1/download", "x": "/tasks/api/task/1/attachment/2/download"},
    redmine_url="https://redmine.example.org",
)


@pytest.mark.parametrize("formatting", _FORMATS)
@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector["id"])
def test_vector_stays_harmless(vector: dict[str, str], formatting: Formatting) -> None:
    """Each attack is harmless in each format: alone, in the middle of markup, quoted, in a list, a table, and code that is not closed."""
    text = vector["text"]
    for placed in (text, f"до {text} после", f"*{text}*", f"> {text}", f"* {text}", f"|{text}|", f"<pre>{text}", f'"{text}":https://e.org'):
        assert faults(render(placed, formatting, _CONTEXT)) == []


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector["id"])
def test_vector_as_name_stays_harmless(vector: dict[str, str]) -> None:
    """An attack that is the name of the issue's own file shows the file and nothing else."""
    name = vector["text"]
    context = Context(attachments={name: "/tasks/api/task/1/attachment/3/download"})
    for formatting in _FORMATS:
        for text in (f'attachment:"{name}"', f"!{name}!", f"![x]({name})", f"![x](<{name}>)", f'<img src="{name}">'):
            assert faults(render(text, formatting, context)) == []


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda vector: vector["id"])
def test_gate_alone_holds(vector: dict[str, str]) -> None:
    """The last step lets nothing through even when everything before it fails."""
    assert faults(gate(vector["text"], _CONTEXT.own)) == []


def test_long_vector_stays_harmless() -> None:
    """A text too long for a formatter is harmless too, and says all of it."""
    text = "<script>alert(1)</script> " * (MAX_RICH_CHARS // 20)
    for formatting in _FORMATS:
        made = render(text, formatting, _CONTEXT)
        assert faults(made) == []
        assert made.count("&lt;script&gt;") == MAX_RICH_CHARS // 20


_TAGS = (
    "<!--",
    "-->",
    "<pre>",
    "</pre>",
    "<code",
    "<a href=",
    "<p title=",
    "</style>",
    "<textarea>",
    "script",
    "img",
    "svg",
    "math",
    "style",
)
_VALUES = ("src", "onerror", "class=", "javascript:", "http://", "//", "data:", "www.", "&#x6a;", "&lt;")
_MARKS = (
    "h1. ",
    "bq. ",
    "table. ",
    "> ",
    "* ",
    "```",
    '":',
    "![",
    "](",
    "attachment:",
    "[[",
    "]]",
    "{{",
    "\x020\x03",
    "\x00",
    "\u2028",
    "a",
    "1",
)
_PIECES = st.sampled_from([*"<>\"'&=/ \n\t*_-+^~%@#!|()[]{}:;\\`.", *_TAGS, *_VALUES, *_MARKS])


@given(st.lists(_PIECES | st.text(max_size=4), max_size=40).map("".join), st.sampled_from(_FORMATS))
def test_any_text_stays_harmless(text: str, formatting: Formatting) -> None:
    """Whatever is made of marks, tags and words is harmless, and rendering it does not raise."""
    assert faults(render(text, formatting, _CONTEXT)) == []


@given(st.lists(_PIECES | st.text(max_size=4), max_size=40).map("".join))
def test_gate_changes_nothing_of_what_passed(source: str) -> None:
    """What has passed the gate passes it again unchanged, so a browser reads the same out of it as we did."""
    once = gate(source, _CONTEXT.own)
    assert gate(once, _CONTEXT.own) == once
    assert faults(once) == []
