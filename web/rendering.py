"""Pages from Jinja2 templates: one environment for each language, everything read at start, nothing from disk later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from web.assets import Assets
from web.errors import NotBuilt
from web.i18n import LOCALES, I18n

__all__ = ["TEMPLATES", "Templates", "script_json"]

TEMPLATES = Path(__file__).parent / "templates"
_BARE = '<!doctype html><html lang="{locale}"><meta charset="utf-8"><title>{status}</title><h1>{status}</h1><p>{message}</p></html>'


def script_json(value: object) -> Markup:
    """JSON for inside `<script type="application/json">`: nothing in it can end the element (HTML, section 4.12.1.3)."""
    text = msgspec.json.encode(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - just made harmless


class Templates:
    """Renders pages. Every template knows `asset(entry)`, `gettext` and `ngettext` (also `_`), and `locale`."""

    def __init__(self, sources: Mapping[str, str], assets: Assets, i18n: I18n) -> None:
        self._environments: dict[str, Environment] = {}
        for locale in LOCALES:
            environment = Environment(
                loader=DictLoader(sources),
                autoescape=True,
                undefined=StrictUndefined,
                auto_reload=False,
                trim_blocks=True,
                lstrip_blocks=True,
                extensions=["jinja2.ext.i18n"],
            )
            catalog = i18n.catalog(locale)
            environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
                catalog.ugettext, catalog.ungettext, newstyle=True
            )
            environment.globals |= {"asset": assets.asset, "locale": locale}
            self._environments[locale] = environment

    @classmethod
    def load(cls, assets: Assets, i18n: I18n, directory: Path = TEMPLATES) -> Templates:
        """Reads every `*.html` below `directory`. Blocking."""
        sources = {str(path.relative_to(directory)): path.read_text("utf-8") for path in sorted(directory.rglob("*.html"))}
        return cls(sources, assets, i18n)

    def page(
        self, name: str, locale: str, context: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """The page. Never kept by caches: it speaks of one person. Raises NotBuilt without the front end."""
        try:
            template = self._environments[locale].get_template(name)
        except TemplateNotFound:
            raise NotBuilt from None
        return HTMLResponse(template.render(context), status, {"cache-control": "no-store", "vary": "Cookie", **(headers or {})})

    def error_page(self, locale: str, status: int, context: Mapping[str, Any]) -> HTMLResponse:
        """The page `error.html`, or a bare one with the title among the context's `words` when that needs what is missing."""
        try:
            return self.page("error.html", locale, context, status=status)
        except NotBuilt:
            bare = _BARE.format(locale=locale, status=status, message=escape(context["words"]["title"]))
            return HTMLResponse(bare, status, {"cache-control": "no-store"})
