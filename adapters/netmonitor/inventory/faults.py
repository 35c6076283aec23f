"""What is wrong with hosts as somebody wrote them, in words that name the mend.

InventoryErrors   holds Fault, Fault, … : everything that is wrong, so that one look is enough to mend it all
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from hub.event import Text

__all__ = ["WORDS", "Fault", "InventoryErrors", "Part", "fault"]

Part = Literal["host", "group", "defaults", "file"]

_SHOWN = 20
"""Faults that the exception's own text shows."""

WORDS: dict[str, tuple[str, str]] = {
    # the file as a whole
    "syntax": (
        "Файл нельзя прочитать: {what}. Исправьте запись в этом месте.",
        "The file cannot be read: {what}. Mend what is written there.",
    ),
    "unreadable": ("Файл нельзя открыть: {what}.", "The file cannot be opened: {what}."),
    "encoding": ("Файл должен быть в кодировке UTF-8.", "The file must be UTF-8."),
    "too_large": ("Слишком много: не больше {most}.", "Too much: at most {most}."),
    "no_columns": (
        "В первой строке нужны имена столбцов, среди них id и address.",
        "The first line must name the columns, id and address among them.",
    ),
    "too_many_cells": (
        "В строке больше ячеек, чем столбцов: уберите лишние.",
        "The line has more cells than there are columns: remove them.",
    ),
    # fields
    "missing": ("Это поле обязательно: добавьте его.", "This field is required: add it."),
    "unknown_key": (
        "Такого поля нет. Уберите его или исправьте имя: есть {known}.",
        "There is no such field. Remove it or mend its name: there are {known}.",
    ),
    "misspelt_key": ("Такого поля нет. Возможно, имелось в виду {hint}.", "There is no such field. Perhaps {hint} was meant."),
    "not_text": ("Здесь должен быть текст в кавычках.", "This must be text, in quotes."),
    "not_whole": ("Здесь должно быть целое число.", "This must be a whole number."),
    "not_number": ("Здесь должно быть число.", "This must be a number."),
    "not_bool": ("Здесь должно быть true (да) или false (нет).", "This must be true or false."),
    "not_list": ("Здесь должен быть список в квадратных скобках.", "This must be a list, in square brackets."),
    "not_table": ("Здесь должна быть таблица с полями.", "This must be a table with fields."),
    "out_of_range": ("Значение должно быть от {low} до {high}.", "The value must be from {low} to {high}."),
    "bad_length": ("Длина должна быть от {low} до {high}.", "The length must be from {low} to {high}."),
    "unknown_choice": ("Здесь может быть только: {choices}.", "This can only be: {choices}."),
    "bad_value": ("Это значение не подходит.", "This value cannot be used."),
    "bad_id": (
        "Идентификатор — от 1 до 64 латинских букв, цифр и знаков _ . -",
        "An id is 1 to 64 Latin letters, digits and the signs _ . -",
    ),
    "unprintable": ("Уберите непечатаемые знаки.", "Remove the characters that cannot be printed."),
    "bad_address": (
        "Это не адрес IPv4 или IPv6 и не имя узла. Пример: 10.0.0.1, 2001:db8::1, mail.example.org.",
        "This is no IPv4 or IPv6 address and no host name. Such as 10.0.0.1, 2001:db8::1, mail.example.org.",
    ),
    "bad_url": (
        "Нужен полный адрес с http:// или https://, без пробелов и без #. Пример: https://mail.example.org/health.",
        "This needs a whole address with http:// or https://, without spaces and without #. Such as https://mail.example.org/health.",
    ),
    "url_credentials": (
        "Уберите из адреса имя и пароль: его видят все, кто смотрит на узел.",
        "Remove name and password from the address: whoever looks at the host sees it.",
    ),
    "family_mismatch": (
        "Адрес {address} другого семейства: исправьте family или укажите any.",
        "The address {address} is of the other family: mend family, or write any.",
    ),
    "one_check": ("Оставьте одну проверку: ping, tcp или http.", "Leave one check: ping, tcp or http."),
    "interval_short": (
        "Круг измерений длится до {takes} с: интервал должен быть больше. Увеличьте interval_s или уменьшите timeout_s.",
        "A round takes up to {takes} s: the interval must be longer. Raise interval_s or lower timeout_s.",
    ),
    "bad_more_than_of": ("raise_bad не может быть больше raise_of ({of}).", "raise_bad cannot be more than raise_of ({of})."),
    "clear_above_raise": (
        "Порог снятия не может быть выше порога {name} ({level}).",
        "The level that clears cannot be above {name} ({level}).",
    ),
    "needs_other": ("Вместе с {name} нужно задать и это поле.", "Together with {name} this must be set, too."),
    "low_not_below_high": ("flap_low должен быть меньше flap_high ({level}).", "flap_low must be less than flap_high ({level})."),
    "up_needs_rule": ('up нужен только с rule = "at_least".', 'up goes only with rule = "at_least".'),
    "rule_needs_up": (
        'С rule = "at_least" укажите up: сколько узлов должны работать.',
        'With rule = "at_least" set up: how many must be up.',
    ),
    "not_a_default": ("Это поле у каждого узла своё: уберите его из [defaults].", "Each host has its own: remove it from [defaults]."),
    # hosts among each other
    "duplicate_id": ("Узел {id} уже есть: дайте другой id.", "The host {id} is there already: give another id."),
    "duplicate_id_at": (
        "Узел {id} уже есть в строке {first}: дайте другой id.",
        "The host {id} is there already, in line {first}: give another id.",
    ),
    "duplicate_group": ("Группа уже описана: оставьте одно описание.", "The group is described already: leave one description."),
    "no_such_parent": (
        "Узла {parent} нет: исправьте parent или добавьте узел.",
        "There is no host {parent}: mend parent, or add the host.",
    ),
    "own_parent": ("Узел не может быть своим родителем: исправьте parent.", "A host cannot be its own parent: mend parent."),
    "parent_circle": ("Родители образуют круг: {chain}. Уберите одного.", "The parents form a circle: {chain}. Remove one of them."),
    "in_file": (
        "Узел {id} записан в файле узлов: измените его там.",
        "The host {id} stands in the hosts file: change it there.",
    ),
    "file_wins": (
        "Узел {id} есть и в файле, и на странице: действует запись в файле. Удалите одну из двух.",
        "The host {id} is both in the file and on the page: the file's holds. Remove one of the two.",
    ),
    "parent_dropped": (
        "Узла {parent}, за которым стоит этот узел, больше нет: пока он показан без родителя. Исправьте parent.",
        "The host {parent}, behind which this one lies, is gone: for now it is shown without a parent. Mend parent.",
    ),
    "no_such_login": (
        "Никто не входит под именем {login}: уведомления для него никому не придут. Исправьте имя или заведите учётную запись.",
        "Nobody signs in as {login}: what it is to be told, nobody is told. Mend the name, or add the account.",
    ),
    "circle_dropped": (
        "Родители образуют круг: {chain}. Пока узел показан без родителя; исправьте parent.",
        "The parents form a circle: {chain}. For now the host is shown without a parent; mend parent.",
    ),
}
"""code -> what is said of it, in Russian and English. Codes are stable, for programs."""

_PLACE = {"ru": ("строка {line}", "узел {host}", "[defaults]"), "en": ("line {line}", "host {host}", "[defaults]")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    code: str
    """Stable, a key of `WORDS`."""
    text: Text
    """What is wrong and what to do, for people."""
    field: str | None = None
    """Which member, as in the file: `address`, `ping.echoes`, `notify.0`."""
    host: str | None = None
    """The host's id, as far as it is known; of a group its path."""
    line: int | None = None
    """Of the file, from 1."""
    part: Part = "host"
    """Of what it is a part."""

    def place(self, locale: Literal["ru", "en"] = "en") -> str:
        """Where it is, for people: `line 12, host gw-1, ping.echoes`; empty when it is about everything."""
        line, host, defaults = _PLACE[locale]
        found = [line.format(line=self.line)] if self.line is not None else []
        if self.part == "defaults":
            found.append(defaults)
        elif self.host is not None:
            found.append(f"[[groups]] {self.host}" if self.part == "group" else host.format(host=self.host))
        if self.field is not None:
            found.append(self.field)
        return ", ".join(found)

    def said(self, locale: Literal["ru", "en"] = "en") -> str:
        """Where and what, in one line."""
        place = self.place(locale)
        return f"{place}: {self.text[locale]}" if place else self.text[locale]

    def at(self, line: int | None) -> Fault:
        """The same with a line, unless it has one."""
        return self if line is None or self.line is not None else replace(self, line=line)


def fault(
    code: str,
    *,
    field: str | None = None,
    host: str | None = None,
    line: int | None = None,
    part: Part = "host",
    **filled: Any,
) -> Fault:
    """The fault with this code; `filled` goes into its words."""
    ru, en = WORDS[code]
    return Fault(code=code, text=Text(ru=ru.format(**filled), en=en.format(**filled)), field=field, host=host, line=line, part=part)


class InventoryErrors(Exception):
    """The hosts cannot be taken; `faults` has all that is wrong with them, at least one, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        more = len(self.faults) - _SHOWN
        return "\n".join([one.said() for one in self.faults[:_SHOWN]] + ([f"… and {more} more"] if more > 0 else []))
