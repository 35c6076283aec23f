"""adapters.finesse.tls over real sockets: who is believed, and that a stranger never sees a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.finesse.errors import Away
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.tls import NotPinned, fingerprint, read_pin, tls_context
from tests.adapters.finesse.rest.little import ADA, http, saying, server, user
from tests.peers.certs import Authority

PIN = "ab" * 32


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority of this test's own."""
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Another one, whom nobody named."""
    (tmp_path / "stranger").mkdir()
    return Authority(tmp_path / "stranger")


def served(files: tuple[Path, Path]) -> ssl.SSLContext:
    """A server's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def pin_of(files: tuple[Path, Path]) -> str:
    """The fingerprint of a certificate."""
    return fingerprint(ssl.PEM_cert_to_DER_cert(files[0].read_text()))


async def asked(tls: ssl.SSLContext, files: tuple[Path, Path]) -> tuple[str, int]:
    """What came of a request to a server with this certificate: "" or the reason; and how many requests the server saw."""
    serve, heads = saying(http("200 OK", user()))
    async with server(serve, served(files)) as url, open_finesse([url], tls=tls) as finesse:
        try:
            await finesse.user(ADA)
        except Away as away:
            return f"{away.reason}{' (sent)' if away.sent else ''}", len(heads)
    return "", len(heads)


async def test_an_authority_of_ones_own_is_believed_and_no_other(authority: Authority, stranger: Authority) -> None:
    """A stranger's certificate for the right name, and the right authority's for another name, end before anything is sent."""
    tls = await asyncio.to_thread(tls_context, authority.path)
    assert await asked(tls, authority.issue("127.0.0.1")) == ("", 1)
    for files in (stranger.issue("127.0.0.1"), authority.issue("elsewhere.test")):
        reason, requests = await asked(tls, files)
        assert "certificate is not believed" in reason
        assert requests == 0


async def test_the_servers_own_certificate_may_stand_for_an_authority(stranger: Authority, tmp_path: Path) -> None:
    """What an administrator downloads from Finesse is that, as PEM or DER."""
    files = stranger.issue("127.0.0.1")
    assert await asked(await asyncio.to_thread(tls_context, files[0]), files) == ("", 1)
    der = tmp_path / "finesse.der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(files[0].read_text()))
    assert await asked(await asyncio.to_thread(tls_context, str(der)), files) == ("", 1)


async def test_a_pin_is_the_very_certificate_whatever_its_name(authority: Authority) -> None:
    """Any of several pins; another certificate of the same authority is a stranger's, and the reason says what was seen."""
    files, other = authority.issue("some.name.test"), authority.issue("some.name.test")
    tls = await asyncio.to_thread(tls_context, pins=[PIN, pin_of(files)])
    assert await asked(tls, files) == ("", 1)
    reason, requests = await asked(tls, other)
    assert pin_of(other) in reason
    assert requests == 0


async def test_an_authority_and_a_pin_must_both_hold(authority: Authority, stranger: Authority) -> None:
    """Neither alone is enough."""
    files, other = authority.issue("127.0.0.1"), stranger.issue("127.0.0.1")
    assert await asked(await asyncio.to_thread(tls_context, authority.path, [pin_of(files)]), files) == ("", 1)
    assert (await asked(await asyncio.to_thread(tls_context, authority.path, [PIN]), files))[1] == 0
    assert (await asked(await asyncio.to_thread(tls_context, authority.path, [pin_of(other)]), other))[1] == 0


async def test_not_to_verify_takes_anybody_and_says_so(stranger: Authority) -> None:
    """With a warning in the log."""
    with capture_logs() as logs:
        tls = await asyncio.to_thread(tls_context, verify=False)
    assert [line["log_level"] for line in logs] == ["warning"]
    assert await asked(tls, stranger.issue("elsewhere.test")) == ("", 1)


async def test_a_pin_holds_for_blocking_sockets_too(authority: Authority) -> None:
    """Whoever uses the context another way is not less safe."""
    files = authority.issue("127.0.0.1")

    def shake(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, tls_context(pins=[PIN]).wrap_socket(raw):
            pass

    serve, _ = saying(http("200 OK"))

    async def calm(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)

    async with server(calm, served(files)) as url:
        with pytest.raises(NotPinned) as refused:
            await asyncio.to_thread(shake, int(url.rpartition(":")[2]))
    assert refused.value.seen == pin_of(files)


def test_contradictions_and_missing_files_are_told(tmp_path: Path) -> None:
    """Before anything is connected."""
    with pytest.raises(ValueError, match="contradicts"):
        tls_context(verify=False, pins=[PIN])
    with pytest.raises(ValueError, match="contradicts"):
        tls_context(tmp_path / "ca.pem", verify=False)
    with pytest.raises(OSError, match=r"ca\.pem"):
        tls_context(tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        tls_context(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    "text",
    [PIN, PIN.upper(), ":".join(["AB"] * 32), f"sha256:{PIN}", f" SHA256 Fingerprint={':'.join(['AB'] * 32)}\n", " ".join(["ab"] * 32)],
)
def test_a_pin_is_read_as_people_copy_it(text: str) -> None:
    """From openssl, from a browser, from our own message."""
    assert read_pin(text) == PIN


@pytest.mark.parametrize("text", ["", "ab", PIN + "ab", "zz" * 32, "sha1:" + "ab" * 20])
def test_what_is_no_fingerprint_is_told_with_the_mend(text: str) -> None:
    """It names the command that shows one."""
    with pytest.raises(ValueError, match="openssl"):
        read_pin(text)
    with pytest.raises(ValueError, match="openssl"):
        tls_context(pins=[text])


def test_old_tls_is_not_spoken() -> None:
    """1.2 is the least, however the system is set."""
    for tls in (tls_context(), tls_context(pins=[PIN]), tls_context(verify=False)):
        assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2
