"""The VAPID key pair and its settings."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from adapters.push.vapid import BadVapid, VapidKey, check_subject, generate

_SUBJECT = "mailto:ops@example.org"


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def test_generated_pair_loads() -> None:
    """A generated private key is 32 bytes and gives back its public key and that key's id."""
    private, public = generate()
    key = VapidKey.load(private, _SUBJECT)
    point = base64.urlsafe_b64decode(public + "=")
    assert len(base64.urlsafe_b64decode(private + "=")) == 32
    assert (len(point), point[0]) == (65, 4)
    assert key.public == public
    assert key.key_id == hashlib.sha256(point).hexdigest()[:16]
    assert private not in repr(key)


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_pem_loads(form: serialization.PrivateFormat) -> None:
    """PEM keys load, with real line breaks or with the two characters that environment files have for them."""
    pem = _pem(ec.generate_private_key(ec.SECP256R1()), form)
    assert VapidKey.load(pem, _SUBJECT) == VapidKey.load(pem.replace("\n", "\\n"), _SUBJECT)


def test_bad_keys_are_named_and_not_shown() -> None:
    """Keys of other kinds and lengths are refused without being quoted."""
    p384 = _pem(ec.generate_private_key(ec.SECP384R1()), serialization.PrivateFormat.PKCS8)
    rsa_key = _pem(rsa.generate_private_key(65537, 2048), serialization.PrivateFormat.PKCS8)
    zero = base64.urlsafe_b64encode(bytes(32)).decode()
    for bad in ("", "secret", "A" * 44, zero, p384, rsa_key, "-----BEGIN nonsense", "ключ"):
        with pytest.raises(BadVapid) as refused:
            VapidKey.load(bad, _SUBJECT)
        assert refused.value.setting == "VAPID_PRIVATE_KEY"
        assert not bad or bad not in str(refused.value)


@pytest.mark.parametrize("subject", [_SUBJECT, "https://hub.example.org", "MAILTO:a.b+c@sub.example.org"])
def test_good_subjects(subject: str) -> None:
    """Subjects that push services take pass, and py_vapid signs with them."""
    claims = VapidKey.load(generate()[0], check_subject(subject))
    claims.signer.sign(claims.claims("https://web.push.apple.com", datetime.now(UTC)))


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "ops@example.org",
        "mailto:ops",
        "mailto:ops@localhost",
        "mailto:ops@hub.localhost",
        "mailto:ops@example.invalid",
        "mailto:a@example.org,b@example.org",
        "https://hub.example.org/contact",
        "https://hub.example.org/",
        "https://localhost",
        "http://hub.example.org",
        "mailto:ops@example.org\n",
    ],
)
def test_bad_subjects(subject: str) -> None:
    """Subjects that a push service is known to refuse are refused at the start."""
    with pytest.raises(BadVapid) as refused:
        check_subject(subject)
    assert refused.value.setting == "VAPID_SUBJECT"


def test_claims_are_new_each_time(vapid: VapidKey) -> None:
    """Every message gets a dict of its own, valid for less than a day."""
    now = datetime.now(UTC)
    first, second = vapid.claims("https://a.example", now), vapid.claims("https://a.example", now)
    assert first == second
    assert first is not second
    assert 0 < int(first["exp"]) - now.timestamp() < 24 * 3600
