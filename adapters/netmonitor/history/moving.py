"""How a closed hour's rounds become blocks: pure values in, pure values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog

from adapters.netmonitor.history.blocks import RAW, ROLLUPS, Tier, pack_rollups, pack_rounds, rollups, rounds
from adapters.netmonitor.history.columns import BadBlock
from adapters.netmonitor.history.kept import Kept
from adapters.netmonitor.history.rollup import EMPTY, Rollup, rollup

__all__ = ["Block", "by_step", "move"]

_log = structlog.get_logger("net.history")


class Block(NamedTuple):
    """A block as it lies in the store."""

    tier: Tier
    start: int
    held: int
    """Rounds in it."""
    packed: bytes


def by_step(kept: Sequence[Kept], step_s: int) -> dict[int, Rollup]:
    """The rollups of these rounds by the second that each step begins at."""
    groups: dict[int, list[Kept]] = {}
    for one in kept:
        groups.setdefault(one.at // 1000 // step_s * step_s, []).append(one)
    return {at: rollup(group) for at, group in groups.items()}


def move(host: str, hour_s: int, kept: Sequence[Kept], old: Mapping[Tier, Block]) -> list[Block]:
    """The blocks that take these rounds of one hour in, beside what is in them; those that do not change are left out.

    A round that the hour's block holds already, by its time, changes nothing. A block that cannot be read is begun anew, and the log tells.
    """
    start = RAW.block(hour_s)
    before: list[Kept] = []
    if RAW in old:
        try:
            before = rounds(old[RAW].packed, start)
        except BadBlock:
            _unreadable(host, old[RAW])
    known = {one.at for one in before}
    fresh = [one for one in kept if one.at not in known]
    if not fresh:
        return []
    whole = sorted([*before, *fresh], key=lambda one: one.at)
    made = [_block(RAW, start, len(whole), pack_rounds(whole, start), old)]
    points = by_step(fresh, ROLLUPS[0].step_s)
    for tier in ROLLUPS:
        added: dict[int, Rollup] = {}
        for at, point in points.items():
            begin = at - at % tier.step_s
            added[begin] = added.get(begin, EMPTY) + point
        points = added
        start = tier.block(hour_s)
        there: dict[int, Rollup] = {}
        if tier in old:
            try:
                there = rollups(old[tier].packed, tier, start)
            except BadBlock:
                _unreadable(host, old[tier])
        for at, point in points.items():
            there[at] = there.get(at, EMPTY) + point
        made.append(_block(tier, start, sum(one.rounds for one in there.values()), pack_rollups(there, tier, start), old))
    return made


def _block(tier: Tier, start: int, held: int, packed: bytes, old: Mapping[Tier, Block]) -> Block:
    """`held` tells the versions of a block apart: it grows even when the block had to be begun anew."""
    return Block(tier, start, max(held, old[tier].held + 1) if tier in old else held, packed)


def _unreadable(host: str, block: Block) -> None:
    _log.error("net_block_unreadable", host=host, tier_s=block.tier.step_s, start=block.start, bytes=len(block.packed))
