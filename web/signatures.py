"""A person's signature: a small part of Markdown, shown as safe HTML and appended to comments in Redmine as plain text.

What there is: bold, italics, code, links to http, https and mailto, line breaks, lists. Everything else is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accounts import signatures
from web.audit import Origin, record

__all__ = ["MAX_CHARACTERS", "Signature", "Signatures", "comment_with_signature", "to_html", "to_text"]

MAX_CHARACTERS = 2000
_RULES = ("paragraph", "list", "emphasis", "backticks", "link", "newline", "escape")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+", re.IGNORECASE)


class _Markdown(MarkdownIt):
    """Only `_RULES`, HTML off, and links that a mail program or browser opens without running anything."""

    def __init__(self) -> None:
        super().__init__("zero", {"html": False, "breaks": True, "maxNesting": 12})
        self.enable(list(_RULES))
        self.add_render_rule("link_open", _link_open)

    def validateLink(self, url: str) -> bool:
        return _LINK.fullmatch(url) is not None


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    tokens[index].attrs = {"href": tokens[index].attrs["href"], "rel": "noopener noreferrer nofollow", "target": "_blank"}
    return renderer.renderToken(tokens, index, options, env)


_markdown = _Markdown()


def to_html(text: str) -> str:
    """Safe HTML: p, br, strong, em, code, a, ul, ol and li are all there can be in it."""
    html: str = _markdown.render(text)
    return html.strip()


def to_text(text: str) -> str:
    """The same without marks: lists keep their dash or number, a link whose words are not its address shows both."""
    return re.sub(r"\n{3,}", "\n\n", _Plain().of(_markdown.parse(text))).strip()


class _Plain:
    """Writes tokens out as plain text."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._lists: list[int | None] = []  # the next number of each open list; None: dashes
        self._links: list[tuple[str, int]] = []  # address, and where its words begin

    def of(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            match token.type:
                case "bullet_list_open":
                    self._open_list(None)
                case "ordered_list_open":
                    self._open_list(int(token.attrGet("start") or 1))
                case "bullet_list_close" | "ordered_list_close":
                    self._lists.pop()
                    if not self._lists:
                        self._out.append("\n")
                case "list_item_open":
                    self._item()
                case "inline":
                    for child in token.children or ():
                        self._inline(child)
                case "paragraph_close":
                    self._out.append("\n" if token.hidden or self._lists else "\n\n")
                case _:
                    pass
        return "".join(self._out)

    def _open_list(self, start: int | None) -> None:
        self._lists.append(start)

    def _item(self) -> None:
        number = self._lists[-1]
        self._out.append("  " * (len(self._lists) - 1) + ("- " if number is None else f"{number}. "))
        if number is not None:
            self._lists[-1] = number + 1

    def _inline(self, token: Token) -> None:
        match token.type:
            case "text" | "code_inline" | "text_special":
                self._out.append(token.content)
            case "softbreak" | "hardbreak":
                self._out.append("\n")
            case "link_open":
                self._links.append((str(token.attrGet("href") or ""), len(self._out)))
            case "link_close":
                address, begin = self._links.pop()
                bare = address.removeprefix("mailto:")
                if "".join(self._out[begin:]).strip() not in (address, bare):
                    self._out.append(f" ({bare})")
            case _:
                pass


def comment_with_signature(comment: str, signature: Signature | None) -> str:
    """The comment as it goes to Redmine: with the signature below it where there is one and it is switched on."""
    below = to_text(signature.text) if signature is not None and signature.on_comments else ""
    return f"{comment.rstrip()}\n\n{below}" if below and comment.strip() else comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a person wrote, and whether comments carry it."""

    text: str = ""
    on_comments: bool = False


class Signatures:
    """The signatures in the store."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, user_id: int) -> Signature:
        """The person's; an empty one if nothing was ever written."""
        async with self._engine.connect() as connection:
            query = sa.select(signatures.c.text, signatures.c.on_comments).where(signatures.c.user_id == user_id)
            row = (await connection.execute(query)).one_or_none()
        return Signature() if row is None else Signature(text=row.text, on_comments=bool(row.on_comments))

    async def put(self, user_id: int, wanted: Signature, origin: Origin, now: datetime) -> None:
        """Keeps it. At most `MAX_CHARACTERS`; the caller has checked."""
        values = {"text": wanted.text, "on_comments": wanted.on_comments, "updated_at": now}
        try:
            await self._write(user_id, values, origin, now)
        except sa.exc.IntegrityError:  # another tab has written the first one just now
            await self._write(user_id, values, origin, now)

    async def _write(self, user_id: int, values: dict[str, object], origin: Origin, now: datetime) -> None:
        async with self._engine.begin() as connection:
            query = sa.select(signatures.c.text, signatures.c.on_comments).where(signatures.c.user_id == user_id).with_for_update()
            before = (await connection.execute(query)).one_or_none()
            if before is None:
                await connection.execute(sa.insert(signatures).values(user_id=user_id, **values))
            else:
                await connection.execute(sa.update(signatures).where(signatures.c.user_id == user_id).values(**values))
            await record(
                connection,
                origin,
                "signature.changed",
                at=now,
                subject_id=user_id,
                subject=origin.name,
                before=None if before is None else {"text": before.text, "on_comments": bool(before.on_comments)},
                after={"text": values["text"], "on_comments": values["on_comments"]},
            )
