"""What browsers are called."""

from __future__ import annotations

import pytest

from web.agents import browser_name

_W = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
_L = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
_M = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/"
_I = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (_W + "Chrome/141.0.0.0 Safari/537.36", "Chrome 141, Windows"),
        (_L + "Chrome/141.0.0.0 Safari/537.36", "Chrome 141, Linux"),
        (_W + "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "Edge 141, Windows"),
        (_W + "Chrome/140.0.0.0 YaBrowser/25.10.0.0 Safari/537.36", "Yandex Browser 25, Windows"),
        (_W + "Chrome/141.0.0.0 Safari/537.36 OPR/124.0.0.0", "Opera 124, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145, Windows"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox 145, Android"),
        (_M + "605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", "Safari 26, macOS"),
        (_M + "537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome 141, macOS"),
        (_I + "Version/18.6 Mobile/15E148 Safari/604.1", "Safari 18, iOS"),
        (_I + "CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1", "Chrome 141, iOS"),
        (_I + "FxiOS/145.0 Mobile/15E148 Safari/605.1.15", "Firefox 145, iOS"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
            "Chrome 141, Android",
        ),
        ("python-httpx/0.28.1", "python-httpx 0"),
        ("Mozilla/5.0", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_browsers_have_the_names_people_know(agent: str, name: str) -> None:
    """Browser with its first number, then the system; a program by its own name; nothing for what says nothing."""
    assert browser_name(agent) == name
