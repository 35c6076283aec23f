"""Badges: well-formed whatever stands in them, wide enough, readable by people and by screen readers."""

from __future__ import annotations

import re
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.netmonitor.badges import TONES, Tone, badge, width_of

SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=100, deadline=None)
@given(label=st.text(max_size=90), value=st.text(max_size=90), tone=st.sampled_from(get_args(Tone)))
def test_any_text_is_a_picture(label: str, value: str, tone: Tone) -> None:
    """Marks, quotes, control characters, halves of letters: always well-formed, and the title says what is seen."""
    picture = ET.fromstring(badge(label, value, tone, "ru"))
    assert picture.tag == SVG + "svg"
    title = picture.findtext(SVG + "title")
    assert picture.get("aria-label") == title
    drawn = [text.text for text in picture.iter(SVG + "text")]
    assert all(text and text in (title or "") for text in drawn)
    assert all(len(text or "") <= 60 for text in drawn)
    boxes = [float(rect.get("width") or 0) for rect in picture.iter(SVG + "rect")]
    assert sum(boxes[1:]) == float(picture.get("width") or 0)
    assert not list(picture.iter(SVG + "script"))


def test_what_it_says() -> None:
    """Label and value, escaped and not cut; the language for whoever reads it aloud."""
    picture = ET.fromstring(badge('Шлюз <a href="x">&', "работает", "up", "ru"))
    assert picture.findtext(SVG + "title") == 'Шлюз <a href="x">&: работает'
    assert [text.text for text in picture.iter(SVG + "text")] == ['Шлюз <a href="x">&', "работает"]
    assert picture.get("{http://www.w3.org/XML/1998/namespace}lang") == "ru"
    assert picture.get("role") == "img"


def test_longer_texts_make_wider_pictures() -> None:
    """Each text has the room that it is drawn into, the shape its own."""
    short, long = (ET.fromstring(badge(name, "up", "up", "en")) for name in ("gw", "gateway of the second office"))
    assert int(long.get("width") or 0) - int(short.get("width") or 0) == width_of("gateway of the second office") - width_of("gw")
    assert width_of("Шлюз") > width_of("iiii")
    assert width_of("") == 0
    plain, shaped = (ET.fromstring(badge("a", "b", tone, "en")) for tone in ("plain", "down"))
    assert int(shaped.get("width") or 0) > int(plain.get("width") or 0)


@pytest.mark.parametrize("tone", get_args(Tone))
def test_white_is_readable_on_every_tone(tone: Tone) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3); states differ by shape, not by colour alone."""

    def channel(value: int) -> float:
        share = value / 255
        return float(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)

    colour = TONES[tone][0]
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    red, green, blue = (channel(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5
    shapes = [shape for _, shape in TONES.values()]
    assert len(set(shapes)) == len(shapes)
