"""The guard over endpoints and keys."""

from __future__ import annotations

import base64

import pytest

from adapters.push.endpoint import BadHosts, BadSubscription, Origin, PushHosts, check_keys, check_registration, is_loopback

_POINT = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"  # the example of RFC 8291, section 5
_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
_HOSTS = PushHosts.parse()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QAbc",
        "https://wns2-db5p.notify.windows.com/w/?token=abc%2f",
        "https://jmt17.google.com/fcm/send/x",
        "https://fcm.googleapis.com:443/x",
        "HTTPS://FCM.GOOGLEAPIS.COM/x",
    ],
)
def test_known_push_services_pass(endpoint: str) -> None:
    """The endpoints of all browsers' push services pass, with the origin that VAPID wants."""
    origin = _HOSTS.check(endpoint)
    assert (origin.scheme, origin.port) == ("https", 443)
    assert str(origin) == f"https://{origin.host}"


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("http://fcm.googleapis.com/x", "endpoint_insecure"),
        ("ftp://web.push.apple.com/", "endpoint_insecure"),
        ("file:///etc/passwd", "endpoint_invalid"),
        ("https://fcm.googleapis.com:8080/x", "endpoint_insecure"),
        ("https://fcm.googleapis.com@127.0.0.1/x", "endpoint_insecure"),
        ("https://user:secret@fcm.googleapis.com/x", "endpoint_insecure"),
        ("https://@fcm.googleapis.com/x", "endpoint_insecure"),
        ("https://127.0.0.1/", "endpoint_unknown"),
        ("https://[::1]/x", "endpoint_unknown"),
        ("https://2130706433/", "endpoint_unknown"),
        ("https://localhost/", "endpoint_unknown"),
        ("https://evil.example/x.push.apple.com/", "endpoint_unknown"),
        ("https://evilpush.apple.com.evil.example/", "endpoint_unknown"),
        ("https://evilpush.apple.com/", "endpoint_unknown"),
        ("https://push.apple.com/", "endpoint_unknown"),
        ("https://push.apple.com.evil/", "endpoint_unknown"),
        ("https://fcm.googleapis.com./x", "endpoint_unknown"),
        ("https://127.0.0.1%2f.push.apple.com/", "endpoint_unknown"),
        ("https://127.0.0.1%23.push.apple.com/", "endpoint_unknown"),
        ("https://127.0.0.1\\.push.apple.com/", "endpoint_invalid"),
        ("https://web.push.apple.com\n/", "endpoint_invalid"),
        ("https://web.push.apple.com /", "endpoint_invalid"),
        ("https://web.push。apple.com/", "endpoint_invalid"),
        ("https://fcm.googleapis.com:port/x", "endpoint_invalid"),
        ("https://fcm.googleapis.com:99999/x", "endpoint_invalid"),
        ("https:///x", "endpoint_invalid"),
        ("https://@/x", "endpoint_invalid"),
        ("https://:443/x", "endpoint_invalid"),
        ("https://?/x", "endpoint_invalid"),
        ("//fcm.googleapis.com/x", "endpoint_invalid"),
        ("", "endpoint_invalid"),
        ("https://fcm.googleapis.com/" + "x" * 2048, "endpoint_invalid"),
        (None, "endpoint_invalid"),
        (7, "endpoint_invalid"),
    ],
)
def test_everything_else_is_refused(endpoint: object, code: str) -> None:
    """What is not https on the default port of a known host is refused with a stable code, and is not quoted."""
    with pytest.raises(BadSubscription) as refused:
        _HOSTS.check(endpoint)
    assert (refused.value.code, refused.value.field) == (code, "endpoint")
    assert refused.value.text["ru"]
    assert refused.value.text["en"]
    assert not endpoint or str(endpoint) not in str(refused.value)


def test_operator_adds_hosts_suffixes_and_origins() -> None:
    """Each form of entry opens exactly what it says, and the defaults stay."""
    hosts = PushHosts.parse(["Push.Example.org", ".up.example.net", "http://127.0.0.1:8090", "https://10.0.0.7:8443", "http://[::1]:9/"])
    for good in (
        "https://push.example.org/x",
        "https://a.b.up.example.net/x",
        "http://127.0.0.1:8090/wpush/x",
        "https://10.0.0.7:8443/x",
        "http://[::1]:9/x",
        "https://web.push.apple.com/x",
    ):
        hosts.check(good)
    for bad in (
        "https://push.example.org:8443/x",
        "https://sub.push.example.org/x",
        "https://up.example.net/x",
        "http://127.0.0.1:8091/x",
        "https://127.0.0.1:8090/x",
        "http://localhost:8090/x",
        "https://10.0.0.7/x",
        "http://user@127.0.0.1:8090/x",
    ):
        with pytest.raises(BadSubscription):
            hosts.check(bad)
    assert str(Origin("http", "::1", 9)) == "http://[::1]:9"


def test_faulty_entries_are_all_named() -> None:
    """A list with five mistakes reports five."""
    with pytest.raises(BadHosts) as bad:
        PushHosts.parse(
            ["push.example.org:8443", "10.0.0.1", ".org", "http://push.example.org:80", "https://push.example.org/path", "ok.org"]
        )
    assert len(bad.value.faults) == 5


def test_keys_are_checked_on_the_curve() -> None:
    """Keys that browsers give pass, padded or not; points off the curve, wrong lengths and other text do not."""
    assert check_keys(_POINT, _AUTH) == (_POINT, _AUTH)
    assert check_keys(_POINT + "=", _AUTH + "==") == (_POINT, _AUTH)
    raw = base64.urlsafe_b64decode(_POINT + "=")
    off = base64.urlsafe_b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    compressed = base64.urlsafe_b64encode(b"\x02" + raw[1:33]).decode()
    for p256dh in (off, compressed, "", "AAAA", _POINT[:-2], None, 5, _POINT + "!", "A" * 500):
        with pytest.raises(BadSubscription) as refused:
            check_keys(p256dh, _AUTH)
        assert (refused.value.code, refused.value.field) == ("key_invalid", "keys.p256dh")
    for auth in ("", "AAAA", _AUTH[:-1], None, _AUTH + _AUTH):
        with pytest.raises(BadSubscription) as refused:
            check_keys(_POINT, auth)
        assert (refused.value.code, refused.value.field) == ("key_invalid", "keys.auth")


def test_whole_subscription_as_browsers_give_it() -> None:
    """A subscription's JSON becomes a checked value; a missing part is named."""
    given = {"endpoint": "https://web.push.apple.com/x", "expirationTime": None, "keys": {"p256dh": _POINT, "auth": _AUTH}}
    assert _HOSTS.subscription(given).p256dh == _POINT
    for broken, field in (({**given, "keys": None}, "keys"), ({**given, "keys": {}}, "keys.p256dh"), ({"keys": given["keys"]}, "endpoint")):
        with pytest.raises(BadSubscription) as refused:
            _HOSTS.subscription(broken)
        assert refused.value.field == field


def test_registration_tokens() -> None:
    """Tokens are printable ASCII of sane length."""
    assert check_registration("c7:APA91b-x_y") == "c7:APA91b-x_y"
    for bad in ("", "a b", "ж", "x\n", "x" * 5000, None):
        with pytest.raises(BadSubscription):
            check_registration(bad)


def test_loopback_names() -> None:
    """Only names and addresses that cannot mean another machine are loopback."""
    assert all(map(is_loopback, ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("127.0.0.1.example.org", "10.0.0.1", "0.0.0.0", "localhost.example.org", "")))
