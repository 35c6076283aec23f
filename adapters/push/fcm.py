"""Firebase Cloud Messaging (HTTP v1) by firebase-admin, for devices that registered with Google's SDK."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import firebase_admin
import msgspec
import structlog
from firebase_admin import credentials, exceptions, messaging
from google.oauth2 import service_account

from adapters.push.endpoint import is_loopback
from adapters.push.google_token import AccessToken, GrantFailed, HeldCredentials
from adapters.push.wire import encode, fit, place_of, retry_after_s, scrub, topic, ttl_s
from hub.push import Outcome, PushAddress, PushMessage, PushResult, payload

__all__ = ["BadFirebase", "FcmLimits", "FcmSender", "judge", "open_fcm"]

_log = structlog.get_logger(__name__)
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"  # the narrowest that FCM takes
_FCM = "https://fcm.googleapis.com/v1/projects/"


class BadFirebase(ValueError):
    """The Firebase settings are unusable. `setting` names the one at fault; the key itself is never shown."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(setting, reason)
        self.setting = setting
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FcmLimits:
    """How much at once and for how long."""

    send_s: float = 14.0
    """For a whole `send`; the seam allows 15. The SDK's own five tries at a 500 or 503 take 7."""
    grant_s: float = 8.0
    """Of that, for an access token."""
    request_s: int = 6
    """For one try of one message; the SDK's default is 120."""
    at_once: int = 50
    """Messages at the same time; 500 at once held the event loop for 0.14 s, 50 stay under 0.06 s."""
    quiet_s: float = 60.0
    """Pause after a quota error that names none (Firebase documentation, "Best practices when sending at scale")."""


@dataclass(slots=True)
class FcmSender:
    """Implements `hub.push.PushSender` for `fcm_token` and `fcm_fid` addresses. Made by `open_fcm`."""

    app: firebase_admin.App
    token: AccessToken
    site: str
    limits: FcmLimits
    kinds: frozenset[str] = frozenset({"fcm_token", "fcm_fid"})
    _slots: asyncio.Semaphore = field(init=False)
    _down: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.limits.at_once)

    async def send(self, message: PushMessage, to: Sequence[PushAddress], now: datetime) -> list[PushResult]:
        """One result for each address, in order. Never raises for the service's trouble; cancellation passes through.

        Each message is a call of its own to the SDK's `send_each_async`: in a common call the slowest holds the
        results of all, a deadline loses those that were sent already, and one failed grant raises for all of them.
        """
        if ttl_s(message, now) == 0:
            return [PushResult(address=each, outcome=Outcome.REJECTED, detail="expired") for each in to]
        deadline = asyncio.get_running_loop().time() + self.limits.send_s
        try:
            async with asyncio.timeout(self.limits.grant_s):
                await self.token.ready()
        except (GrantFailed, TimeoutError):
            return [
                PushResult(address=each, outcome=Outcome.RETRY, detail="grant_failed", retry_after_s=self.limits.quiet_s / 2) for each in to
            ]
        parts = self._parts(message, now)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(parts, each, now, deadline), name=f"fcm-{each.id}") for each in to]
        results = [task.result() for task in tasks]
        self._tell(results)
        return results

    def _parts(self, message: PushMessage, now: datetime) -> dict[str, Any]:
        """The parts of an FCM message that all addresses share."""
        message = fit(message, lambda candidate: len(encode(payload(candidate, at=self.site))))
        shape = payload(message, at=self.site)
        shown = shape["notification"]
        return {
            # FCM takes strings only
            "data": {
                "id": message.id,
                "seq": str(message.seq),
                "url": message.url,
                "unread": str(message.unread),
                "read": encode(list(message.read)).decode(),
            },
            "webpush": messaging.WebpushConfig(
                headers={
                    "TTL": str(ttl_s(message, now)),
                    "Urgency": "high" if message.urgent else "normal",
                    "Topic": topic(message.tag),
                },
                notification=messaging.WebpushNotification(title=shown["title"], body=shown["body"], tag=shown["tag"], data=shown["data"]),
                # the SDK raises ValueError for any link but https
                fcm_options=messaging.WebpushFCMOptions(link=shown["navigate"]) if self.site.startswith("https://") else None,
            ),
        }

    async def _one(self, parts: dict[str, Any], address: PushAddress, now: datetime, deadline: float) -> PushResult:
        outcome, detail, wait_s = Outcome.RETRY, "timeout", 0.0
        try:
            target = messaging.Message(**{"fid" if address.kind == "fcm_fid" else "token": address.address}, **parts)
            async with asyncio.timeout_at(deadline), self._slots:
                used = self.token.value
                error = await self._call(target)
                if isinstance(error, exceptions.UnauthenticatedError) and not isinstance(error, messaging.ThirdPartyAuthError):
                    await self.token.ready(refused=used)
                    error = await self._call(target)
            outcome, detail, wait_s = judge(error, now, self.limits.quiet_s)
            if outcome is Outcome.REJECTED:
                _log.warning("fcm.refused", detail=detail, words=scrub(str(error)))
        except TimeoutError:
            pass
        except GrantFailed:
            detail, wait_s = "grant_failed", self.limits.quiet_s / 2
        except ValueError as error:  # the SDK's own check of the message: our bug, and it stays one
            outcome, detail = Outcome.REJECTED, "bad_message"
            _log.error("fcm.bad_message", at=place_of(error))
        except Exception as error:  # the edge to the SDK: what it raises unforeseen must not end the others' sends
            detail, wait_s = f"error {type(error).__name__}", self.limits.quiet_s
            _log.error("fcm.unforeseen", error=type(error).__name__, at=place_of(error))
        return PushResult(address=address, outcome=outcome, detail=detail, retry_after_s=wait_s)

    async def _call(self, target: messaging.Message) -> exceptions.FirebaseError | None:
        try:
            sent = await messaging.send_each_async([target], app=self.app)
        except exceptions.FirebaseError as error:  # what the SDK wraps for the call as a whole
            return error
        failed: exceptions.FirebaseError | None = sent.responses[0].exception
        return failed

    def _tell(self, results: Sequence[PushResult]) -> None:
        """Logs once when FCM takes nothing any more and once when it takes messages again."""
        if any(each.outcome is Outcome.ACCEPTED for each in results):
            if self._down:
                self._down = False
                _log.info("fcm.service_up")
        elif not self._down and results and all(each.outcome is Outcome.RETRY for each in results):
            self._down = True
            _log.warning("fcm.service_down", detail=results[0].detail)


def judge(error: exceptions.FirebaseError | None, now: datetime, quiet_s: float) -> tuple[Outcome, str, float]:
    """Outcome, detail and seconds to wait for what the SDK says of one message; by error codes, never by words."""
    if error is None:
        return Outcome.ACCEPTED, "200", 0.0
    response = error.http_response
    headers = {} if response is None else response.headers
    code = str(error.code).lower()
    detail = f"{response.status_code} {code}" if response is not None else code
    match error:
        case messaging.UnregisteredError():
            return Outcome.GONE, "404 unregistered", 0.0
        case messaging.SenderIdMismatchError():  # registered with another project
            return Outcome.GONE, "403 sender_id_mismatch", 0.0
        case messaging.ThirdPartyAuthError():  # APNs or web push key of the project
            return Outcome.REJECTED, "401 third_party_auth", 0.0
        case exceptions.InvalidArgumentError() if _names_the_address(response):
            return Outcome.GONE, "400 bad_address", 0.0
        case exceptions.ResourceExhaustedError():  # QuotaExceededError among them; the SDK does not retry it
            return Outcome.RETRY, "429 slow_down", retry_after_s(headers.get("Retry-After"), now, quiet_s)
        case exceptions.InternalError() | exceptions.UnavailableError() | exceptions.DeadlineExceededError() | exceptions.UnknownError():
            after = headers.get("Retry-After")
            return Outcome.RETRY, detail, retry_after_s(after, now, quiet_s) if after else 0.0
        case exceptions.UnauthenticatedError():  # with a token just renewed: the account, or its clock
            return Outcome.RETRY, detail, quiet_s
    return Outcome.REJECTED, detail, 0.0


def _names_the_address(response: Any) -> bool:
    """Whether a 400 says that the address is at fault: `google.rpc.BadRequest` names the field."""
    try:
        details = response.json()["error"]["details"]
        fields = {violation["field"] for each in details for violation in each.get("fieldViolations", ())}
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return not fields.isdisjoint({"message.token", "message.fid"})


@asynccontextmanager
async def open_fcm(
    *, service_account_path: Path, project_id: str, site: str, endpoint: str | None = None, limits: FcmLimits | None = None
) -> AsyncIterator[FcmSender]:
    """A sender for one Firebase project, closed on leaving. Raises BadFirebase when the file is not a service account's.

    `endpoint` replaces `https://fcm.googleapis.com`: https, or plain http on this machine. Without it the service
    account's file may name one as `fcm_endpoint`, a member that Google does not know, and only on this machine; with
    the file's own `token_uri` it lets the whole product be run against a stand-in. Google being out of reach does not
    keep this from opening: sends answer RETRY until it is there.

    The SDK's HTTP client belongs to the event loop of its first use: one `open_fcm` per loop.
    """
    limits = limits or FcmLimits()
    account, named = await asyncio.to_thread(_load, service_account_path)
    if endpoint is not None and not (endpoint.startswith("https://") or _is_local(endpoint)):
        raise BadFirebase("endpoint", "must be https, or plain http to this machine")
    token = AccessToken(account)
    app = firebase_admin.initialize_app(
        _Given(HeldCredentials(token)),
        {"projectId": project_id, "httpTimeout": limits.request_s},
        name=f"navigator-{secrets.token_hex(8)}",  # the SDK's registry is global, and a name can be used once
    )
    try:
        service = await asyncio.to_thread(messaging._get_messaging_service, app)  # makes TLS contexts
        if base := endpoint or named:
            # The SDK has no setting for it, and its makers refused one (firebase-admin-java#374, #802). A renamed
            # attribute must stop us here, not send a stand-in's messages to Google.
            if not str(getattr(service, "_fcm_url", "")).startswith(_FCM):
                raise BadFirebase("endpoint", "this version of firebase-admin keeps its URL elsewhere")
            service._fcm_url = f"{base.rstrip('/')}/v1/projects/{project_id}/messages:send"
        try:
            async with asyncio.timeout(limits.grant_s):
                await token.ready()
        except (GrantFailed, TimeoutError) as error:
            _log.warning("fcm.no_token_at_start", error=type(error).__name__)
        try:
            yield FcmSender(app, token, site, limits)
        finally:
            await service._async_client.aclose()  # in its own loop: delete_app() would close it in another
    finally:
        token.close()
        # delete_app() calls asyncio.run(), which raises inside a running loop
        await asyncio.to_thread(firebase_admin.delete_app, app)


class _Given(credentials.Base):
    """Hands credentials that exist to the SDK."""

    def __init__(self, given: HeldCredentials) -> None:
        super().__init__()
        self._given = given

    def get_credential(self) -> HeldCredentials:
        """The credentials."""
        return self._given


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and is_loopback((parts.hostname or "").lower()) and parts.username is None


def _load(path: Path) -> tuple[service_account.Credentials, str | None]:
    """Reads and parses the file; blocking."""
    setting = "FIREBASE_SERVICE_ACCOUNT_PATH"
    try:
        info = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadFirebase(setting, f"cannot be read: {error.strerror}") from None
    except msgspec.DecodeError:
        raise BadFirebase(setting, "is not JSON") from None
    if not isinstance(info, dict) or info.get("type") != "service_account":
        raise BadFirebase(setting, "is not a service account's key file")
    named = info.get("fcm_endpoint")
    if named is not None and not (isinstance(named, str) and _is_local(named)):
        raise BadFirebase(setting, "its fcm_endpoint must be on this machine")
    try:
        return service_account.Credentials.from_service_account_info(info, scopes=[_SCOPE]), named
    except (ValueError, TypeError, KeyError):  # their messages may quote the key
        raise BadFirebase(setting, "lacks a member, or its private key is damaged") from None
