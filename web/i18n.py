"""The server's words in Russian and English: gettext catalogs, read from their .po files at start."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import HTTPConnection

__all__ = ["LOCALES", "N_", "I18n"]

LOCALES = ("ru", "en")
"""The languages of the interface, the first one for whoever asks for none of them."""
_DOMAIN = "navigator"
_DIRECTORY = Path(__file__).parent / "locales"


def N_(message: str) -> str:
    """Marks a message for the catalogs and returns it as it is."""
    return message


class I18n:
    """The catalogs. Messages are known by their English wording."""

    def __init__(self, catalogs: Mapping[str, Translations]) -> None:
        self._catalogs = catalogs

    @classmethod
    def load(cls, directory: Path = _DIRECTORY) -> I18n:
        """Reads `LOCALE/LC_MESSAGES/navigator.po` of every locale. Blocking: call it before the loop serves, or in a thread.

        Raises OSError for a missing catalog.
        """
        return cls({locale: _catalog(directory, locale) for locale in LOCALES})

    def catalog(self, locale: str) -> Translations:
        """The translations of a locale; of the first one if it is unknown."""
        return self._catalogs.get(locale) or self._catalogs[LOCALES[0]]

    def text(self, locale: str, message: str, **fields: object) -> str:
        """`message` in that language, with `{fields}` filled in."""
        found: str = self.catalog(locale).ugettext(message)
        return found.format(**fields) if fields else found

    def choose(self, connection: HTTPConnection[Any]) -> str:
        """The language for somebody we do not know: `?lang=`, else the browser's, else Russian."""
        asked = connection.query_params.get("lang")
        if asked in LOCALES:
            return asked
        return negotiate_locale(_accepted(connection.headers.get("accept-language", "")), LOCALES, sep="-") or LOCALES[0]


def _catalog(directory: Path, locale: str) -> Translations:
    with (directory / locale / "LC_MESSAGES" / f"{_DOMAIN}.po").open("rb") as file:
        source = read_po(file, locale=locale)
    # Babel's Translations read the compiled form: compiled here in memory, so that no build step can be forgotten.
    compiled = io.BytesIO()
    write_mo(compiled, source)
    compiled.seek(0)
    return Translations(compiled, _DOMAIN)


def _accepted(header: str) -> Iterable[str]:
    """The languages of an `Accept-Language`, best first (RFC 9110, section 12.5.4). Nonsense is passed over."""
    weighed = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, parameter = part.strip().partition(";")
        try:
            quality = float(parameter.partition("=")[2]) if parameter else 1.0
        except ValueError:
            continue
        if tag and quality > 0:
            weighed.append((-quality, place, tag))
    return [tag for _, _, tag in sorted(weighed)]
