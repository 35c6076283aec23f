"""adapters.redmine.tickets.words: folding, what was typed, and snippets."""

from __future__ import annotations

import pytest

from adapters.redmine.tickets.words import MAX_WORDS, Piece, fold, missing, parse, snippet, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [("ЁЛКА", "елка"), ("Принтер", "ПРИНТЕР"), ("е\u0308лка", "ёлка"), ("ﬁle", "FILE"), ("STRASSE", "straße"), ("й", "и\u0306")],
)
def test_forms_of_a_letter_are_one(one: str, other: str) -> None:
    """Case, `ё`, composed and decomposed letters make no difference; `й` and `и` do."""
    assert fold(one) == fold(other)
    assert fold("й") != fold("и")


def test_an_index_holds_each_word_once() -> None:
    """Folded, in order; short words and those that MariaDB leaves out are lengthened, monsters cut."""
    assert words_of("Ёлка у дома, ЕЛКА!", "The ПО 12 — x_y " + "a" * 100) == f"елка у__ дома the_ по_ 12_ x_y {'a' * 40}"
    assert words_of("", " — ") == ""


@pytest.mark.parametrize(
    ("typed", "words", "number"),
    [
        ("Принтер HP", ("принтер", "hp"), None),
        ("#42", ("42",), 42),
        (" 42 ", ("42",), 42),
        ("42 43", ("42", "43"), None),
        ("0", ("0",), None),
        ("99999999999", ("99999999999",), None),
        ("", (), None),
        ("+-*\"'()<>~@ __", (), None),
        ("принт принтер прин", ("принтер",), None),
        ("' OR 1=1 --", ("or", "1"), None),
        ("NEAR(a b) AND subject:x*", ("near", "b", "and", "subject", "x"), None),
    ],
)
def test_what_is_typed_is_only_words(typed: str, words: tuple[str, ...], number: int | None) -> None:
    """Signs mean nothing; a word that another one begins with adds nothing."""
    assert (parse(typed).words, parse(typed).number) == (words, number)


def test_a_question_has_a_bound() -> None:
    """A pasted page asks for its first words."""
    assert len(parse(" ".join(f"слово{number}я" for number in range(1000))).words) <= MAX_WORDS


def test_a_snippet_marks_the_beginnings_that_were_found() -> None:
    """Round the first hit, on one line, with what was typed marked and nothing else."""
    text = "Добрый день.\r\n\r\nНа третьем этаже " + "очень " * 20 + "сломалась Ёлка и ёлочка, принтер цел. " + "Спасибо " * 50
    pieces = snippet(text, ("ел", "принтер"))
    assert [piece.text for piece in pieces if piece.hit] == ["Ёл", "ёл", "принтер"]
    whole = "".join(piece.text for piece in pieces)
    assert whole.startswith("…очень")
    assert whole.endswith("…")
    assert "\n" not in whole
    assert len(whole) < 210
    assert snippet("Просто текст", ("нет",)) == (Piece("Просто текст", hit=False),)
    assert snippet("", ("нет",)) == ()
    assert snippet("Ёлка", ("елка",)) == (Piece("Ёлка", hit=True),)


def test_it_is_told_which_words_a_text_lacks() -> None:
    """By the beginnings of words, not by what stands inside them."""
    assert missing("Сломалась Ёлка", ("елк", "ломал", "слом")) == ("ломал",)
