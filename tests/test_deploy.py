"""What is deployed names things that exist: services, volumes, settings, files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.netmonitor.inventory.schema import DEFAULTS
from adapters.netmonitor.inventory.toml_file import parse_toml
from web.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "compose.yaml"
EXAMPLE = ROOT / "deploy" / "env.example"
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + "CONFIG"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """compose.yaml, its merge keys resolved."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return loaded


def example() -> dict[str, str]:
    """deploy/env.example by name."""
    lines = [line for line in EXAMPLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("name", ["compose.yaml", "deploy/Dockerfile", "deploy/env.example", "deploy/nginx.conf", "docs/deployment.md"])
def test_settings_exist(name: str) -> None:
    """Every NAVIGATOR_ name in the deployment's files is a setting."""
    named = set(re.findall(rf"{PREFIX}[A-Z][A-Z0-9_]*", (ROOT / name).read_text("utf-8")))
    assert named
    assert named <= KNOWN


def test_services_exist(compose: dict[str, Any]) -> None:
    """Each service that another waits for exists and can be found healthy; each named volume exists."""
    services = compose["services"]
    checked = {name for name, service in services.items() if "healthcheck" in service or "build" in service}
    assert checked == set(services), "a service has no health check"
    assert "HEALTHCHECK" in (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    used = set()
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            assert how == {"condition": "service_healthy"}
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists()
            else:
                used.add(source)
    assert used == set(compose["volumes"])


def test_addresses_name_services(compose: dict[str, Any]) -> None:
    """The hosts in the nodes' settings and in nginx's upstream are services, and the proxy they trust is nginx."""
    services = compose["services"]
    environment = services["app1"]["environment"]
    for name in ("STORE_URL", "BUS_URL", "REDMINE_URL", "REDMINE_DB_URL", "ERP_DSN"):
        host = re.fullmatch(r"(?:[a-z+]+://(?:[^@]*@)?)?([a-z-]+)[:/].*", environment[PREFIX + name])
        assert host, name
        assert host[1] in services, name
    nodes = re.findall(r"(?m)^ +server ([a-z0-9]+):8000 ", (ROOT / "deploy" / "nginx.conf").read_text("utf-8"))
    assert nodes == [name for name in services if name.startswith("app")]
    assert environment["NAVIGATOR_TRUSTED_PROXIES"] == services["nginx"]["networks"]["default"]["ipv4_address"]


def test_the_settings_are_accepted(compose: dict[str, Any]) -> None:
    """A node starts with what compose gives it once the example is filled in."""
    filled = {name: value or "0123456789abcdef0123456789abcdef" for name, value in example().items()}
    filled |= {
        "NAVIGATOR_PUBLISH_TOKENS": "erp:0123456789abcdef0123456789abcdef",
        "NAVIGATOR_VAPID_PRIVATE_KEY": "",
        "NAVIGATOR_VAPID_SUBJECT": "",
    }

    def resolved(text: str) -> str:
        return re.sub(r"\$\{([A-Z_]+)(?::[?-][^}]*)?\}", lambda found: filled[found[1]], text)

    for name in ("app1", "app2"):
        given = {key: resolved(value) for key, value in compose["services"][name]["environment"].items()}
        settings = Settings(**{key.removeprefix(PREFIX).lower(): value for key, value in given.items() if value})
        assert settings.areas()["redmine"].on
        assert settings.areas()["erp"].on


def test_the_example_has_every_name_and_no_secret() -> None:
    """Each variable of compose.yaml is in the example, none there is unused, and whatever is secret is empty."""
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text("utf-8")))
    values = example()
    assert used == set(values)
    assert {name for name, value in values.items() if value} == {"NAVIGATOR_PUBLIC_URL", "NAVIGATOR_REDMINE_TIME_ZONE"}


def test_the_hosts_example_is_good() -> None:
    """It is read as it stands, and shows every check, a group's rule and a parent."""
    made = parse_toml((ROOT / "deploy" / "hosts.example.toml").read_text("utf-8"))
    assert {host.check.kind for host in made.hosts} == {"ping", "tcp", "http"}
    assert any(host.parent for host in made.hosts)
    assert {group.rule for group in made.groups} == {"worst", "at_least"}


def test_the_page_of_hosts_names_every_member() -> None:
    """docs/network.md has each member, its default and its bounds, and no other."""
    page = (ROOT / "docs" / "network.md").read_text("utf-8")
    table = page[page.index("### Members") : page.index("TOML has no null")]
    named = {name for line in table.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {part for path in DEFAULTS for part in path.split(".")}
