"""Redmine's texts as safe HTML.

`render` is the whole of it: a formatter makes HTML, `sanitise.clean` makes that harmless, `rewrite` makes it ours (links, pictures,
headings), `sanitise.gate` lets nothing else through. Plain excerpts for lists are `adapters.redmine.plain`'s.
"""

from adapters.redmine.markup.context import Context
from adapters.redmine.markup.render import MAX_CHARS, MAX_RICH_CHARS, Formatting, render

__all__ = ["MAX_CHARS", "MAX_RICH_CHARS", "Context", "Formatting", "render"]
