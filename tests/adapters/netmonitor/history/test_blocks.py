"""Rows and blocks: what goes in comes out, whatever it is, and moving in parts makes the same bytes as moving at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.netmonitor.history.blocks import DAY_S, RAW, ROLLUPS, TIERS, Tier, pack_rounds, rollups, rounds
from adapters.netmonitor.history.columns import BadBlock, pack, unpack
from adapters.netmonitor.history.kept import Kept, keep, read, text
from adapters.netmonitor.history.moving import Block, by_step, move
from adapters.netmonitor.values import Round, State
from tests.adapters.netmonitor.history.values import HOUR_S, KEPT, hours_rounds
from tests.clock import START


@settings(deadline=None)  # the machine may be busy
@given(KEPT)
def test_a_row_reads_as_it_was_written(kept: Kept) -> None:
    """And fits into its column."""
    row = text(kept)
    assert read(kept.at, row) == kept
    assert len(row) <= 255


def test_one_lost_echo_is_not_none_sent() -> None:
    """The two shortest rounds there are."""
    for rtts in ((), (None,)):
        assert read(5, text(Kept(5, 0, rtts))) == Kept(5, 0, rtts)


def test_a_round_is_kept_to_the_microsecond_within_its_bounds() -> None:
    """Times to the millisecond below; codes without what would part the row."""
    found = Round(at=START + timedelta(microseconds=1999), rtts=(0.0004, 1.2345, None, 1e9), late=900, error="a|b\nc" * 9)
    kept = keep(found, State.DOWN)
    assert kept.at == int(START.timestamp() * 1000) + 1
    assert kept.rtts == (1, 1234, None, 60_000_000)
    assert kept.late == 255
    assert kept.error == ("a_b_c" * 9)[:24]
    assert read(kept.at, text(kept)) == kept
    with pytest.raises(ValueError, match="at most 20"):
        keep(Round(at=START, rtts=(1.0,) * 21), State.UP)


@settings(deadline=None)  # the machine may be busy
@given(hours_rounds())
def test_rounds_come_out_of_a_block_as_they_went_in(kept: list[Kept]) -> None:
    """Whatever is in them."""
    ordered = sorted(kept, key=lambda one: one.at)
    assert rounds(pack_rounds(ordered, HOUR_S), HOUR_S) == ordered


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 300)), max_size=4))
def test_columns_come_out_as_they_went_in(given_: list[list[int]]) -> None:
    """Of any width and any length."""
    assert [list(column) for column in unpack(pack(given_), len(given_))] == given_


@settings(deadline=None)  # the machine may be busy
@given(hours_rounds().filter(bool), st.data())
def test_bytes_that_are_no_block_are_told(kept: list[Kept], data: st.DataObject) -> None:
    """Cut off, changed or of something else: BadBlock or other rounds, never another error."""
    packed = pack_rounds(sorted(kept, key=lambda one: one.at), HOUR_S)
    with pytest.raises(BadBlock):
        rounds(packed[: data.draw(st.integers(0, len(packed) - 1))], HOUR_S)
    at, value = data.draw(st.integers(0, len(packed) - 1)), data.draw(st.integers(0, 255))
    with suppress(BadBlock):
        rounds(packed[:at] + bytes([value]) + packed[at + 1 :], HOUR_S)


def test_each_tier_divides_the_next() -> None:
    """A point is made of whole points of the finer tier, and no block cuts one in two; a finer tier is kept less long."""
    for finer, coarser in pairwise(ROLLUPS):
        assert coarser.step_s % finer.step_s == 0
        assert finer.keep_s < coarser.keep_s
    for tier in ROLLUPS:
        assert tier.span_s % tier.step_s == 0
        assert tier.span_s % RAW.span_s == 0
    assert [tier.keep_s // DAY_S for tier in TIERS] == [2, 14, 90, 732, 3660]


@settings(deadline=None)  # the machine may be busy
@given(hours_rounds(), st.lists(st.integers(0, 2), min_size=40, max_size=40), st.booleans())
def test_moving_in_parts_is_moving_at_once(kept: list[Kept], into: list[int], again: bool) -> None:
    """In any parts, in any order, with parts that come twice: every block is the same, byte for byte, but for its version."""
    blocks: dict[Tier, Block] = {}
    parts = [[one for one, part in zip(kept, into, strict=False) if part == number] for number in range(3)]
    for part in [*parts, *(parts if again else [])]:
        blocks.update((block.tier, block) for block in move("h", HOUR_S, part, blocks))
    assert blocks == {block.tier: block for block in move("h", HOUR_S, kept, {})}


@settings(deadline=None)  # the machine may be busy
@given(hours_rounds().filter(bool))
def test_blocks_hold_the_rollups_of_the_rounds(kept: list[Kept]) -> None:
    """In each tier, bit for bit what the rounds themselves give."""
    for block in move("h", HOUR_S, kept, {}):
        if block.tier != RAW:
            assert rollups(block.packed, block.tier, block.start) == by_step(kept, block.tier.step_s)
        assert block.held == len(kept)


def test_a_block_that_cannot_be_read_is_begun_anew() -> None:
    """The rounds at hand are kept, and its version goes on, so that no other node takes it for the old one."""
    bad = {tier: Block(tier, tier.block(HOUR_S), 7, b"\x09nonsense") for tier in TIERS}
    kept = [Kept(HOUR_S * 1000 + 5, 0, (400,))]
    fresh = {block.tier: block for block in move("h", HOUR_S, kept, {})}
    for block in move("h", HOUR_S, kept, bad):
        assert block == fresh[block.tier]._replace(held=8)
