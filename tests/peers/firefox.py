"""Drives a real headless Firefox for push tests, by Marionette and the standard library only.

Marionette is Firefox's built-in remote protocol (`length:json` frames on a loopback port): neither geckodriver nor
selenium is needed. Every method blocks: from a coroutine, call it in a thread.

    with Firefox(socket_url) as firefox:
        firefox.go("http://localhost:8000/")
        firefox.page("return document.title")
        firefox.page_async("navigator.serviceWorker.ready.then(r => done(r.scope), fail)")
        firefox.alerts()        # notifications on screen, as the user sees them
        firefox.click_alert(0)  # -> notificationclick in the service worker
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.peers import need

__all__ = ["Firefox", "JSError", "push_prefs"]


def push_prefs(socket_url: str) -> dict[str, Any]:
    """The prefs for push through a service of our own; the first five are each needed (measured with Firefox 153 ESR)."""
    return {
        "dom.push.serverURL": socket_url,
        "dom.push.testing.allowInsecureServerURL": True,  # ws:// instead of wss://
        "dom.push.connection.enabled": True,  # Marionette's "recommended preferences" switch it off
        "permissions.default.desktop-notification": 1,
        "alerts.useSystemBackend": False,  # no notification daemon in a container: Firefox draws them itself
        # quick tests
        "dom.push.retryBaseInterval": 200,
        "dom.push.requestTimeout": 5000,
        "dom.webnotifications.disable_open_click_delay": 0,
        # quiet on a machine without a network
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "network.manage-offline-status": False,
        "browser.shell.checkDefaultBrowser": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "app.update.disabledForTesting": True,
        "browser.aboutConfig.showWarning": False,
        "toolkit.startup.max_resumed_crashes": -1,
        "browser.sessionstore.resume_from_crash": False,
        "marionette.port": 0,
    }


class JSError(Exception):
    """A script in the browser threw, or a command was refused."""


class Firefox:
    """One Firefox with a profile of its own. A profile that is given survives `stop` and can be started again."""

    def __init__(self, socket_url: str, *, prefs: Mapping[str, Any] | None = None, profile: Path | None = None) -> None:
        self._own_profile = profile is None
        self._profile = profile or Path(tempfile.mkdtemp(prefix="firefox-push-"))
        self._prefs = {**push_prefs(socket_url), **(prefs or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._count = 0
        self._buffer = b""
        self.version = ""

    def start(self) -> Self:
        """Returns when commands can be given; 2 to 3 s. Skips the test, or fails it under CI, without a Firefox."""
        binary = need.command("firefox-esr", "firefox", peer="Firefox")
        self._profile.mkdir(parents=True, exist_ok=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in self._prefs.items()]
        (self._profile / "user.js").write_text("".join(lines))  # user.js wins over the recommended preferences
        port_file = self._profile / "MarionetteActivePort"
        port_file.unlink(missing_ok=True)
        # system access is for alerts(), which reads the browser's own windows
        command = [binary, "-no-remote", "-profile", str(self._profile), "--marionette", "--remote-allow-system-access", "-headless"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(self._profile)}
        )
        try:
            self._until(lambda: port_file.exists() and port_file.read_text().strip(), 45, "Firefox did not start")
            self._socket = socket.create_connection(("127.0.0.1", int(port_file.read_text())), timeout=60)
            self._read()  # greeting
            session = self.command("WebDriver:NewSession", {"capabilities": {}})
            self.version = session.get("capabilities", {}).get("browserVersion", "")
            self.command("WebDriver:SetTimeouts", {"script": 30_000})
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Quits cleanly, so that the profile is saved; kills after 15 s."""
        if self._socket is not None:
            with contextlib.suppress(OSError, EOFError, JSError):
                self.command("Marionette:Quit", {"flags": ["eForceQuit"]})
            self._socket.close()
            self._socket = None
        if self._process is not None:
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None
        if self._own_profile:
            shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # -- the page ---------------------------------------------------------------------------------------

    def go(self, url: str) -> None:
        """Navigates, and returns when the page is loaded."""
        self.command("WebDriver:Navigate", {"url": url})

    def page(self, script: str, *args: Any) -> Any:
        """Runs a function's body in the page's own global; what it returns must be JSON."""
        return self.command("WebDriver:ExecuteScript", {"script": script, "args": list(args), "sandbox": None})

    def page_async(self, script: str, *args: Any) -> Any:
        """The same; the script calls `done(value)` or `fail(error)`, which raises JSError here."""
        head = "const done = arguments[arguments.length - 1]; const fail = e => done({__error: String(e)});"
        value = self.command("WebDriver:ExecuteAsyncScript", {"script": head + script, "args": list(args), "sandbox": None})
        if isinstance(value, dict) and "__error" in value:
            raise JSError(value["__error"])
        return value

    def wait(self, script: str, *args: Any, seconds: float = 10) -> Any:
        """What `page` returns as soon as that is true. Raises TimeoutError."""
        return self._until(lambda: self.page(script, *args), seconds, script)

    # -- what the user sees -----------------------------------------------------------------------------

    def chrome(self, script: str, *args: Any) -> Any:
        """Runs with the browser's own privileges."""
        self.command("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.command("WebDriver:ExecuteScript", {"script": script, "args": list(args)})
        finally:
            self.command("Marionette:SetContext", {"value": "content"})

    def alerts(self) -> list[dict[str, str]]:
        """Notifications on screen: `title` and `text`."""
        found: list[dict[str, str]] = self.chrome("""
            const out = [];
            for (const w of Services.wm.getEnumerator("alert:alert")) {
              const t = id => w.document.getElementById(id)?.getAttribute("value") ?? w.document.getElementById(id)?.textContent;
              out.push({title: t("alertTitleLabel"), text: t("alertTextLabel")});
            }
            return out;""")
        return found

    def wait_alert(self, title: str, seconds: float = 10) -> dict[str, str]:
        """The notification of this title, as soon as it is on screen. Raises TimeoutError."""
        found: dict[str, str] = self._until(
            lambda: next((each for each in self.alerts() if each["title"] == title), None), seconds, f"no notification {title!r}"
        )
        return found

    def click_alert(self, index: int = 0) -> None:
        """Clicks one."""
        self.chrome(
            """
            const w = [...Services.wm.getEnumerator("alert:alert")][arguments[0]];
            w.onAlertClick ? w.onAlertClick() : w.document.getElementById("alertBox").click();""",
            index,
        )

    # -- the wire ---------------------------------------------------------------------------------------

    def command(self, name: str, params: Mapping[str, Any] | None = None) -> Any:
        """One Marionette command. Raises JSError for its refusal, EOFError or OSError when Firefox is gone."""
        if self._socket is None:
            raise EOFError("Firefox is not running")
        self._count += 1
        data = json.dumps([0, self._count, name, params or {}]).encode()
        self._socket.sendall(b"%d:%s" % (len(data), data))
        while True:
            _, number, error, result = self._read()
            if number == self._count:
                break
        if error:
            raise JSError(f"{error.get('error')}: {error.get('message')}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _read(self) -> Any:
        while b":" not in self._buffer:
            self._more()
        length, _, self._buffer = self._buffer.partition(b":")
        while len(self._buffer) < int(length):
            self._more()
        frame, self._buffer = self._buffer[: int(length)], self._buffer[int(length) :]
        return json.loads(frame)

    def _more(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise EOFError("Firefox closed the connection")
        self._buffer += data

    def _until(self, ask: Callable[[], Any], seconds: float, what: str) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := ask()):
            if self._process is None or self._process.poll() is not None:
                raise EOFError(f"Firefox ended: {what}")
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.03)
        return value
