"""adapters.redmine.markup: what texts look like, what they link to, and how much of them is shown."""

from __future__ import annotations

from typing import get_args

import pytest

from adapters.redmine.markup import MAX_CHARS, MAX_RICH_CHARS, Context, Formatting, render

_REL = 'rel="noopener noreferrer nofollow"'
_FILE = "/tasks/api/task/1/attachment/5/download"
_CONTEXT = Context(attachments={"Снимок экрана.png": _FILE}, redmine_url="https://redmine.example.org")
_FORMATS: tuple[Formatting, ...] = get_args(Formatting)


def _textile(text: str) -> str:
    return render(text, "textile", _CONTEXT)


@pytest.mark.parametrize("formatting", _FORMATS)
def test_words_that_redmine_links(formatting: Formatting) -> None:
    """Issues, files, people and addresses become links or marks in every format; issues open here, addresses in a tab of their own."""
    made = render('см. #12, issue 13 и #14#note-2; attachment:"Снимок экрана.png" @petrova https://e.org/a_b', formatting, _CONTEXT)
    assert f'<a class="issue" href="/tasks/12" {_REL}>#12</a>' in made
    assert f'<a class="issue" href="/tasks/13" {_REL}>issue 13</a>' in made
    assert f'href="/tasks/14#note-2" {_REL}>#14#note-2</a>;' in made
    assert f'<a class="attachment" href="{_FILE}" {_REL}>Снимок экрана.png</a>' in made
    assert '<span class="mention">@petrova</span>' in made
    assert f'<a target="_blank" href="https://e.org/a_b" {_REL}>https://e.org/a_b</a>' in made


@pytest.mark.parametrize(
    "text", ["a#1", "12#3", "issue 1.5", "issues 5", "user@", "@", "#0", "#1x", "attachment:нет.png", "C#7", "https://"]
)
def test_words_that_stay_words(text: str) -> None:
    """What only looks like a reference is left alone."""
    assert "<a " not in _textile(text)
    assert "<span" not in _textile(text)


def test_code_holds_no_links() -> None:
    """In code, words are what they are."""
    made = _textile("@#12@ и <pre>\n#12 @ivanov *жир* attachment:a.png\n</pre>")
    assert "<code>#12</code>" in made
    assert "<pre>#12 @ivanov *жир* attachment:a.png\n</pre>" in made


def test_exclamation_mark_keeps_number_unlinked() -> None:
    """`!#12` is a number, as in Redmine."""
    assert _textile("!#12") == "<p>#12</p>"


@pytest.mark.parametrize(
    ("formatting", "text"),
    [("textile", "!Снимок%20экрана.png!"), ("common_mark", "![](<Снимок экрана.png>)"), ("html", '<img src="снимок экрана.PNG">')],
)
def test_own_picture_is_shown(formatting: Formatting, text: str) -> None:
    """A picture that is a file of the issue comes from our address, whatever the case or the encoding of its name."""
    made = render(text, formatting, _CONTEXT)
    assert f'<img src="{_FILE}"' in made
    assert 'loading="lazy"' in made


@pytest.mark.parametrize(
    ("formatting", "text"),
    [
        ("textile", "!https://e.org/p.png(схема)!"),
        ("common_mark", "![схема](https://e.org/p.png)"),
        ("html", '<img src="https://e.org/p.png" alt="схема">'),
    ],
)
def test_foreign_picture_is_a_link(formatting: Formatting, text: str) -> None:
    """A picture from elsewhere is not loaded, for that would tell others who reads; its address stays."""
    made = render(text, formatting, _CONTEXT)
    assert "<img" not in made
    assert f'<a target="_blank" href="https://e.org/p.png" {_REL}>схема</a>' in made


@pytest.mark.parametrize(
    ("target", "href"),
    [
        ("https://redmine.example.org/issues/7", "/tasks/7"),
        ("https://redmine.example.org/issues/7?tab=history#note-3", "/tasks/7#note-3"),
        ("/issues/7", "/tasks/7"),
        ("https://other.example.org/issues/7", "https://other.example.org/issues/7"),
        ("/projects/helpdesk", "https://redmine.example.org/projects/helpdesk"),
        ("www.e.org", "http://www.e.org"),
        ("mailto:a@e.org", "mailto:a@e.org"),
        ('https://e.org/"<x>', "https://e.org/%22%3Cx%3E"),
        ("https://e.org/\u202egpj.exe", "https://e.org/%E2%80%AEgpj.exe"),
        ("Снимок экрана.png", _FILE),
        *[
            (bad, None)
            for bad in ("javascript:alert(1)", "//evil.example", "/\\evil.example", "ftp://e.org", "data:x", "", "нет.png", "https:///")
        ],
    ],
)
def test_where_links_lead(target: str, href: str | None) -> None:
    """Redmine's issues open here, its other pages there, the outside by http, https and mailto, and nothing else at all."""
    assert _CONTEXT.href(target) == href


def test_without_redmine_address_paths_are_text() -> None:
    """A path without a host leads nowhere when nobody said where Redmine is."""
    assert render('"вики":/projects/x', "textile", Context()) == "<p>вики</p>"


def test_headings_stand_below_the_page() -> None:
    """The page's own headings are h1 and h2, so a text's begin at h3."""
    assert _textile("h1. Раз\n\nh2. Два\n\nh6. Шесть") == "<h3>Раз</h3>\n<h4>Два</h4>\n<h6>Шесть</h6>"
    assert render("# Раз\n\n#### Четыре", "common_mark", _CONTEXT).split() == ["<h3>Раз</h3>", "<h6>Четыре</h6>"]


def test_quotations_nest_in_every_format() -> None:
    """`>` is a quotation in Textile, Markdown and plain text."""
    for formatting in ("textile", "common_mark", "markdown", ""):
        made = "".join(render("> раз\n>> два\n\nответ", formatting, _CONTEXT).split())  # type: ignore[arg-type]
        assert made.count("<blockquote>") == made.count("</blockquote>") >= 2
        assert made.endswith("<p>ответ</p>")


def test_macros_stay_text() -> None:
    """Macros are shown as they were written; what is inside a collapsed part is rendered."""
    made = _textile("{{collapse(Подробно)\n*важно*\n}}\n\n{{include(Справка)}}")
    assert "{{collapse(Подробно)" in made
    assert "<strong>важно</strong>" in made
    assert "{{include(Справка)}}" in made


def test_markdown_breaks_lines_and_draws_tables() -> None:
    """A line break is one, and tables and strikes are there, as in Redmine."""
    made = render("раз\nдва\n\n| a | b |\n|---|---|\n| ~~1~~ | 2 |", "common_mark", _CONTEXT)
    assert "раз<br>" in made
    assert "<td><s>1</s></td>" in made


def test_tags_mean_what_redmine_lets_them_mean() -> None:
    """Tags are words in Textile and Markdown, and harmless markup in CommonMark and in Easy Redmine's HTML."""
    for formatting in ("textile", "markdown", ""):
        assert "&lt;b&gt;жир&lt;/b&gt;" in render("<b>жир</b>", formatting, _CONTEXT)  # type: ignore[arg-type]
    for formatting in ("common_mark", "html"):
        assert "<b>жир</b>" in render("<b>жир</b>", formatting, _CONTEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, "", " \r\n\t"])
def test_nothing_is_nothing(text: str | None) -> None:
    """No text makes no markup."""
    assert {render(text, formatting, _CONTEXT) for formatting in _FORMATS} == {""}


@pytest.mark.parametrize("formatting", _FORMATS)
def test_long_text_is_plain_and_cut(formatting: Formatting) -> None:
    """A text too long for a formatter is shown as plain text; one without end is cut with a sign."""
    long = render("*жир*\n" * (MAX_RICH_CHARS // 5), formatting, _CONTEXT)
    assert "*жир*" in long
    assert "cut" not in long
    endless = render("строка " * (MAX_CHARS // 2), formatting, _CONTEXT)
    assert endless.endswith('<p><span class="cut">…</span></p>')
    assert len(endless) < MAX_CHARS + 200


@pytest.mark.parametrize("formatting", _FORMATS)
@pytest.mark.parametrize("piece", ["<i id=1>", "<b><p>", "<a>", "> ", "* ", "|", "[", "<table>", ">*", "*_"])
def test_deep_nesting_is_bounded(formatting: Formatting, piece: str) -> None:
    """However deep a text nests, its HTML is at most 40 times as long."""
    text = piece * (MAX_RICH_CHARS // len(piece))
    assert len(render(text, formatting, _CONTEXT)) < 40 * len(text)
