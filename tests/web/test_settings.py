"""The settings, judged whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.push import vapid
from tests.peers.certs import Authority
from tests.web.conftest import make_settings
from web.settings import Fault, Settings, SettingsError
from web.settings_load import load
from web.settings_reference import reference

TOKEN = "0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has set stays out."""
    import os

    for name in list(os.environ):
        if name.upper().startswith("NAVIGATOR_"):
            monkeypatch.delenv(name)


def faults(config: Path | None = None) -> dict[str, Fault]:
    with pytest.raises(SettingsError) as caught:
        load(config)
    return {fault.name: fault for fault in caught.value.faults}


def test_defaults_start_an_embedded_product_with_every_area_off() -> None:
    """Without any setting there is an embedded store and bus on loopback, and each area names what it waits for."""
    settings = load()
    assert (settings.host, settings.port, settings.site, settings.secure) == ("127.0.0.1", 8000, "http://127.0.0.1:8000", False)
    assert settings.store_path == Path("var/navigator.sqlite")
    assert settings.bus_url.get_secret_value() == "memory://"
    areas = settings.areas()
    assert not any(area.on for area in areas.values())
    assert areas["redmine"].missing == ["REDMINE_URL", "REDMINE_DB_URL"]
    assert set(areas) == {"redmine", "erp", "finesse", "push_web", "push_fcm", "netmonitor"}
    assert settings.warnings() == []


def test_five_mistakes_in_a_file_are_reported_as_five(tmp_path: Path) -> None:
    """Field faults, an unknown key and a fault between two settings are told in one go, each with how to mend it."""
    file = tmp_path / "navigator.toml"
    private, _ = vapid.generate()
    file.write_text(
        f"""
        listen = "nowhere"
        store_url = "postgresql://navigator:hunter2@db/navigator"
        publish_tokens = ["erp:short"]
        listem = "127.0.0.1:8000"
        vapid_private_key = "{private}"
        """
    )
    found = faults(file)
    assert set(found) == {"LISTEN", "STORE_URL", "PUBLISH_TOKENS", "listem", "VAPID_SUBJECT"}
    assert "host:port" in found["LISTEN"].message
    assert "sqlite+aiosqlite://" in found["STORE_URL"].message
    assert "mysql+aiomysql://" in found["STORE_URL"].message
    assert "24 characters" in found["PUBLISH_TOKENS"].message
    assert found["listem"].mend == "Did you mean listen?"
    with pytest.raises(SettingsError) as caught:
        load(file)
    text = str(caught.value)
    assert text.startswith("The settings have 5 mistakes:")
    for secret in ("hunter2", private, "short"):
        assert secret not in text + repr(caught.value)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are read, the environment has the last word, and an empty variable counts as not set."""
    file = tmp_path / "navigator.toml"
    file.write_text('listen = "127.0.0.1:1"\npublic_url = "https://Navigator.test:443/"\n')
    monkeypatch.setenv("NAVIGATOR_CONFIG", str(file))
    monkeypatch.setenv("NAVIGATOR_LISTEN", "[::1]:2")
    monkeypatch.setenv("NAVIGATOR_REDMINE_URL", "")
    settings = load()
    assert (settings.host, settings.port) == ("::1", 2)
    assert (settings.public_url, settings.secure) == ("https://navigator.test", True)
    assert settings.redmine_url is None


def test_an_unknown_variable_is_refused_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt NAVIGATOR_ variable is a fault that names the one that was meant, and real mistakes beside it are told, too."""
    monkeypatch.setenv("NAVIGATOR_REDMINE_ULR", "https://redmine.test")
    monkeypatch.setenv("NAVIGATOR_QWERTZUIOP", "1")
    monkeypatch.setenv("NAVIGATOR_LOG_FORMAT", "xml")
    found = faults()
    assert found["NAVIGATOR_REDMINE_ULR"].mend == "Did you mean NAVIGATOR_REDMINE_URL?"
    assert "docs/settings.md" in found["NAVIGATOR_QWERTZUIOP"].mend
    assert found["LOG_FORMAT"].message == "'auto', 'pretty' or 'json'"


def test_a_file_that_is_missing_or_broken_is_one_fault_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable file does not hide what is wrong in the environment."""
    monkeypatch.setenv("NAVIGATOR_LISTEN", "x")
    missing = tmp_path / "none.toml"
    assert set(faults(missing)) == {str(missing), "LISTEN"}
    broken = tmp_path / "broken.toml"
    broken.write_text("listen 1")
    assert "not TOML" in faults(broken)[str(broken)].message


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("listen", "127.0.0.1", "host:port"),
        ("listen", "127.0.0.1:70000", "port"),
        ("public_url", "ftp://navigator.test", "https://"),
        ("public_url", "https://navigator.test/path", "without a path"),
        ("public_url", "https://me:pw@navigator.test", "name or password"),
        ("allowed_origins", "https://a.test, nonsense", "entry 2"),
        ("secret_keys", "short", "32 characters"),
        ("bus_url", "kafka://localhost", "memory://"),
        ("bus_url", "redis://me:hunter2@localhost:no/0", "port"),
        ("bus_url", "redis://localhost?maxlen=many", "maxlen"),
        ("store_url", "sqlite:///x", "sqlite+aiosqlite"),
        ("store_url", "mysql+aiomysql:///", "host and database"),
        ("redmine_db_url", "oracle://x", "mysql"),
        ("redmine_url", "redmine.test", "http"),
        ("redmine_time_zone", "Mars/Olympus", "time zone"),
        ("finesse_notify_url", "https://finesse.test/http-bind", "wss://"),
        ("finesse_notify_url", "tls://finesse.test:5223/path", "without a path"),
        ("finesse_pins", "AA:BB", "64 hex digits"),
        ("finesse_ca_file", "/nowhere/ca.pem", "cannot be read"),
        ("finesse_lookup", "erp, gopher", "entry 2"),
        ("trusted_proxies", "everybody", "network"),
        ("publish_tokens", f"ERP!:{TOKEN}", "name:token"),
        ("publish_tokens", TOKEN, "name:token"),
        ("vapid_private_key", "AAAA", "32 bytes"),
        ("vapid_subject", "somebody", "mailto:"),
        ("push_allowed_hosts", "http://10.0.0.1:80/path", "http"),
        ("hosts_file", "/nowhere/hosts.toml", "cannot be read"),
        ("calendar_file", "/nowhere/calendar.toml", "cannot be read"),
        ("firebase_service_account_path", "/nowhere/firebase.json", "cannot be read"),
        ("firebase_project_id", "A B", "6 to 30"),
        ("session_idle_hours", "-1", "greater than 0"),
        ("session_days", "soon", "number"),
    ],
)
def test_a_wrong_value_is_one_fault_in_words(monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str) -> None:
    """Each wrong value is told in a sentence with an example."""
    monkeypatch.setenv(f"NAVIGATOR_{name.upper()}", value)
    found = {key: fault for key, fault in faults().items() if key == name.upper()}
    assert part in found[name.upper()].message
    assert found[name.upper()].mend.startswith("For example: ")


def test_a_service_account_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """The file must be a service account's key; one that is turns the area on together with the project."""
    file = tmp_path / "firebase.json"
    file.write_text('{"type": "authorized_user"}')
    with pytest.raises(ValueError, match="not a service account"):
        make_settings(firebase_service_account_path=file)
    file.write_text(json.dumps({"type": "service_account"}))
    settings = make_settings(firebase_service_account_path=file, firebase_project_id="tez-navigator")
    assert settings.areas()["push_fcm"].on


def test_a_store_on_a_server_needs_a_key_of_its_own() -> None:
    """Only an embedded store has a place to keep a key that nobody set."""
    url = "mysql+aiomysql://navigator:pw@db/navigator"
    with pytest.raises(ValueError, match="secret_keys"):
        make_settings(store_url=url)
    assert make_settings(store_url=url, secret_keys=["k" * 32]).store_path is None


def test_secrets_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr, str nor a dump of the settings holds a secret, and a publisher's token is kept as a hash only."""
    secrets = {
        "SECRET_KEYS": "s" * 40,
        "STORE_URL": "mysql+aiomysql://navigator:hunter2@db/navigator",
        "REDMINE_DB_URL": "mysql+aiomysql://navigator:hunter3@db/redmine",
        "BUS_URL": "redis://navigator:hunter6@redis/0",
        "REDMINE_API_KEY": "hunter4",
        "ERP_PASSWORD": "hunter5",
        "PUBLISH_TOKENS": f"erp:{TOKEN}",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(f"NAVIGATOR_{name}", value)
    settings = load()
    shown = repr(settings) + str(settings) + str(settings.model_dump()) + settings.model_dump_json(exclude={"publish_tokens"})
    for secret in ("hunter2", "hunter3", "hunter4", "hunter5", "hunter6", "s" * 40, TOKEN):
        assert secret not in shown


def test_settings_are_frozen_and_blind_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object built directly has what it was given, whatever the environment says, and cannot be changed."""
    monkeypatch.setenv("NAVIGATOR_LISTEN", "127.0.0.1:1")
    settings = Settings()
    assert settings.listen == "127.0.0.1:8000"
    with pytest.raises(ValueError, match="frozen"):
        settings.listen = "127.0.0.1:2"


def test_an_open_server_without_https_is_a_warning_only() -> None:
    """Listening on the network with plain http starts, and says why it is unwise."""
    settings = make_settings(listen="0.0.0.0:8000", public_url="http://navigator.test")
    assert len(settings.warnings()) == 1
    assert "not https" in settings.warnings()[0]
    assert make_settings(listen="0.0.0.0:8000", public_url="https://navigator.test").warnings() == []


def test_tls_needs_both_files_and_they_fit(tmp_path: Path) -> None:
    """A certificate without its key, the other way round, with another's key or with no key at all, is told at the start."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("navigator.test")
    _, other = authority.issue("navigator.test")
    assert make_settings(tls_certificate=certificate, tls_key=key, listen="localhost:8443").site == "https://localhost:8443"
    for given, name in (
        ({"tls_certificate": certificate}, "tls_key"),
        ({"tls_key": key}, "tls_certificate"),
        ({"tls_certificate": certificate, "tls_key": other}, "tls_key"),
        ({"tls_certificate": certificate, "tls_key": certificate}, "tls_key"),
        ({"tls_certificate": tmp_path / "none.pem", "tls_key": key}, "tls_certificate"),
    ):
        with pytest.raises(ValidationError) as refused:
            make_settings(**given)
        assert [error["loc"] for error in refused.value.errors()] == [(name,)]


def test_every_setting_is_described_with_an_example() -> None:
    """Each field has a description and an example, which mends are made of."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.examples, name


def test_the_reference_is_up_to_date() -> None:
    """docs/settings.md is what the model says: python -m web.settings_reference > docs/settings.md."""
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text("utf-8") == reference()


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ({"vpn": "select 1 from dual"}, "no statement 'vpn'"),
        ({"vpn_until": "select VPN_END_DATE from erp.t_user"}, ":id"),
        ({"vpn_until": "delete from erp.t_user where USER_ID = :id"}, "begins with select"),
    ],
)
def test_a_statement_for_the_erp_must_be_of_use(queries: dict[str, str], words: str) -> None:
    """An unknown purpose, a missing bind and a statement of another kind are told at the start, with the mend."""
    with pytest.raises(ValidationError, match=words):
        Settings(erp_queries=queries)
