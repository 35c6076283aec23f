"""The commands that must be one step on Redis, in Lua, and the form of a channel's entries.

An entry has one field. Its name is the header, `publisher:counter`: the publisher is random for each start of a node, the
counter rises by one a message, so whoever meets a pair again has met a repeat. Its value is the message. An anchor is
an entry with the header `-`; it makes a channel without messages a place that can be read from.

All keys of a channel share a hash tag, and every script names its keys, as Redis Cluster and proxies want it.
"""

from __future__ import annotations

__all__ = ["ANCHOR", "CHECK", "PUBLISH", "RECOVER", "header_of", "keys_of"]

_PREFIX = "navigator:bus"


def keys_of(channel: str) -> tuple[bytes, bytes]:
    """The keys of a channel: its stream, and the beginning of its publishers' counters."""
    stem = f"{_PREFIX}:{{{channel}}}"
    return stem.encode(), f"{stem}:said:".encode()


def header_of(header: bytes) -> tuple[bytes, int] | None:
    """Publisher and counter; None for what no bus of ours wrote, and for an anchor."""
    publisher, colon, counter = header.partition(b":")
    if not colon or not publisher or len(counter) > 15 or not counter.isdigit():
        return None
    return publisher, int(counter)


PUBLISH = """
-- stream, counter's key | maxlen, publisher, number of the first message, seconds to remember the counter, messages...
local said = tonumber(redis.call('GET', KEYS[2]) or 0)
local first = tonumber(ARGV[3])
local last = first + #ARGV - 5
for i = 5, #ARGV do
  local number = first + i - 5
  if number > said then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', string.format('%s:%d', ARGV[2], number), ARGV[i])
  end
end
if last > said then redis.call('SET', KEYS[2], string.format('%d', last), 'EX', ARGV[4]) end
return 1
"""
"""Adds what was not added before: a batch that is sent again because its answer was lost changes nothing."""

CHECK = """
-- streams... | id and header of each, the header empty when only the id is known
local whole = {}
for i, key in ipairs(KEYS) do
  local entry = redis.call('XRANGE', key, ARGV[2 * i - 1], ARGV[2 * i - 1])[1]
  local header = ARGV[2 * i]
  whole[i] = (entry and (header == '' or entry[2][1] == header)) and 1 or 0
end
return whole
"""
"""Whether the last entry that was read is still there. Trimming takes the oldest first, so nothing after it is missing then."""

ANCHOR = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last then return {last[1], last[2][1]} end
return {redis.call('XADD', KEYS[1], '*', '-', ''), '-'}
"""
"""The newest entry: who subscribes from now on begins after it."""

RECOVER = """
-- stream | id and header of places that were read, the newest first
for i = 1, #ARGV, 2 do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry and (ARGV[i + 1] == '' or entry[2][1] == ARGV[i + 1]) then
    return {i == 1 and 'whole' or 'rolled_back', ARGV[i], ARGV[i + 1]}
  end
end
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not first then return {'flushed', redis.call('XADD', KEYS[1], '*', '-', ''), '-'} end
local function number(id)
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  return tonumber(ms), tonumber(seq)
end
local ms, seq = number(ARGV[1])
local first_ms, first_seq = number(first[1])
local reason = 'flushed'
if first_ms > ms or (first_ms == ms and first_seq > seq) then
  reason = 'trimmed'
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do -- a stream from which nothing was ever taken is not the one that was read
    if info[i] == 'entries-added' and info[i + 1] == redis.call('XLEN', KEYS[1]) then reason = 'flushed' end
  end
end
return {reason, first[1], first[2][1], first[2][2]}
"""
"""Where to go on when the last entry that was read is gone.

From the newest place that is still there (the server lost its newest entries: it was restarted from an older snapshot, or a
replica that lagged took over), else from the oldest entry, which is then in the answer; an empty channel gets an anchor.
"""
