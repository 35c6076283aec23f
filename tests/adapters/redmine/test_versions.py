"""adapters.redmine.versions on the real Redmine, and the form of a version."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import reading
from adapters.redmine.versions import Version, parse, versions
from tests.peers.redmine_peer import RedminePeer


def test_a_version_is_read_as_it_is_written() -> None:
    """Both numbers, and newer is greater."""
    assert parse(str(Version(7, 29))) == Version(7, 29)
    assert Version(7, 29) < Version(7, 30) < Version(8, 30)


@pytest.mark.parametrize("text", ["", "7", "7-", "-29", "7-29-1", "7 -29", "٧-29", "1" * 19 + "-1", "a-b"])
def test_another_form_is_refused(text: str) -> None:
    """Bad input from outside ends here."""
    with pytest.raises(ValueError, match="7-29"):
        parse(text)


@pytest.mark.redmine
async def test_each_change_makes_the_version_newer(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """A field, a note and a private note each; an issue that does not exist has none."""

    async def version(id: int) -> Version:
        async with reading(peer_engine, 5.0) as reader:
            found = await versions(reader, [id, 999_999, id])
        assert set(found) == {id}
        return found[id]

    async with httpx.AsyncClient(base_url=redmine_peer.url, headers=redmine_peer.headers("ivanov"), timeout=30) as client:
        made = await client.post("/issues.json", json={"issue": {"project_id": 1, "tracker_id": 1, "subject": "Версии"}})
        id = made.json()["issue"]["id"]
        seen = [await version(id)]
        assert seen[0].last_journal == 0
        for change in ({"done_ratio": 10}, {"notes": "a"}, {"notes": "b", "private_notes": True}):
            assert (await client.put(f"/issues/{id}.json", json={"issue": change})).status_code == 204
            seen.append(await version(id))
    assert seen == sorted(set(seen))
