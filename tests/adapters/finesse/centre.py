"""A contact centre small enough to be true: one agent, 1001 at phone 4001, and everything that can happen to their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.finesse.values import Agent, Dialog, Kind, Leg, SystemInfo, Update
from tests.clock import START

__all__ = ["AGENT", "MINE", "OPERATIONS", "Centre", "system_at"]

MINE = "4001"
AGENT = Agent(
    id="1001", login="ada", first_name="Ада", last_name="Л", extension=MINE, state="READY", since=START, pending="", reason=None,
    reason_id=None, roles=frozenset({"Agent"}), team=None,
)  # fmt: skip


def system_at(at: datetime, status: str = "IN_SERVICE") -> SystemInfo:
    """A node whose clock says so."""
    return SystemInfo(status=status, now=at, platform="cce", domain="fin-a.lab.test")


class Centre:
    """What is true, and the notifications that told it. An operation that makes no sense now does nothing."""

    def __init__(self, wrap_up: bool = False) -> None:
        self.now = START
        self.agent = AGENT
        self.dialogs: dict[str, Dialog] = {}
        self.updates: list[Update] = []
        self.wrap_up = wrap_up
        self.gone: list[Dialog] = []
        self.count = 0

    # -- telling --------------------------------------------------------------------------------------------

    def tick(self) -> datetime:
        """A moment later."""
        self.now += timedelta(milliseconds=137)
        return self.now

    def _tell(self, kind: Kind, *, dialog: Dialog | None = None) -> None:
        dialogs = () if dialog is None else (dialog,)
        own = "/finesse/api/User/1001"
        node = own if dialog is None else f"{own}/Dialogs"
        source = f"/finesse/api/Dialog/{dialog.id}" if dialog is not None and kind == "PUT" else node
        agent = self.agent if dialog is None else None
        self.updates.append(Update(node=node, item=f"i{len(self.updates)}", kind=kind, source=source, dialogs=dialogs, agent=agent))

    def be(self, state: str, pending: str = "") -> None:
        """The agent's state."""
        since = self.tick() if state != self.agent.state else self.agent.since
        self.agent = replace(self.agent, state=state, pending=pending, since=since)
        self._tell("PUT")

    def put(self, dialog: Dialog, kind: Kind = "PUT") -> None:
        """This is now true of a call."""
        self.dialogs[dialog.id] = dialog
        self._tell(kind, dialog=dialog)

    def delete(self, dialog: Dialog) -> None:
        """It is no longer the agent's."""
        self.dialogs.pop(dialog.id, None)
        self.gone.append(dialog)
        self._tell("DELETE", dialog=dialog)

    def leg(self, address: str, state: str, *, started: datetime | None = None) -> Leg:
        """Since now."""
        at = self.tick()
        kind = "AGENT_DEVICE" if address.startswith("40") else ""
        return Leg(address=address, state=state, kind=kind, since=at, started=started or at, actions=(state,))

    def changed(self, dialog: Dialog, address: str, state: str) -> Dialog:
        """With that leg in another state since now."""
        at = self.tick()
        legs = tuple(replace(leg, state=state, since=at, actions=(state,)) if leg.address == address else leg for leg in dialog.legs)
        return replace(dialog, legs=legs)

    def own(self, *states: str) -> list[Dialog]:
        """The calls whose own leg is in one of these."""
        return [dialog for dialog in self.dialogs.values() if (leg := dialog.leg(MINE)) is not None and leg.state in states]

    def new_id(self) -> str:
        """Of a call."""
        self.count += 1
        return str(16800 + self.count)

    # -- operations -----------------------------------------------------------------------------------------

    def ring(self, hidden: bool = False, sender: str = "+15550100") -> None:
        """Somebody calls."""
        if len(self.dialogs) > 2:
            return
        legs = () if hidden else (self.leg(sender, "INITIATED"),)
        legs = (*legs, self.leg(MINE, "ALERTING"))
        dialog = Dialog(
            id=self.new_id(), state="ALERTING", type="PREROUTE_ACD_IN", from_address=sender, to_address="7000", legs=legs, queue="Sales"
        )
        self.put(replace(dialog, from_address="") if hidden else dialog, "POST")
        self.be("RESERVED")

    def ring_hidden(self) -> None:
        """Without a number."""
        self.ring(hidden=True)

    def ring_agent(self) -> None:
        """Another agent, whom CCX's label would make the called one."""
        self.ring(sender="4002")

    def answer(self) -> None:
        """The agent does."""
        for dialog in self.own("ALERTING")[:1]:
            for other in self.own("ACTIVE"):
                self.put(self.changed(other, MINE, "HELD"))
            dialog = self.changed(dialog, MINE, "ACTIVE")
            for leg in dialog.legs:
                if leg.address != MINE:
                    dialog = self.changed(dialog, leg.address, "ACTIVE")
            self.put(replace(dialog, state="ACTIVE"))
            self.be("TALKING")

    def answer_elsewhere(self) -> None:
        """A colleague was faster."""
        for dialog in self.own("ALERTING")[:1]:
            dialog = self.changed(dialog, MINE, "DROPPED")
            dialog = replace(dialog, state="ACTIVE", legs=(*dialog.legs, self.leg("4009", "ACTIVE")))
            self.put(dialog)
            self.delete(dialog)
            self.be("READY")

    def ring_out(self) -> None:
        """The call goes on to somebody else."""
        for dialog in self.own("ALERTING")[:1]:
            self.delete(self.changed(dialog, MINE, "DROPPED"))
            self.be("NOT_READY")

    def give_up(self) -> None:
        """The caller does."""
        for dialog in self.own("ALERTING")[:1]:
            for leg in dialog.legs:
                dialog = self.changed(dialog, leg.address, "DROPPED")
            dialog = replace(dialog, state="DROPPED")
            self.put(dialog)
            self.put(dialog)  # "perhaps twice"
            self.delete(dialog)
            self.be("READY")

    def hold(self) -> None:
        """The agent does."""
        for dialog in self.own("ACTIVE")[:1]:
            self.put(self.changed(dialog, MINE, "HELD"))
            self.be("HOLD")

    def retrieve(self) -> None:
        """The agent does, when they speak to nobody else."""
        if not self.own("ACTIVE"):
            for dialog in self.own("HELD")[:1]:
                self.put(self.changed(dialog, MINE, "ACTIVE"))
                self.be("TALKING")

    def hang_up(self) -> None:
        """The other side does; work may follow."""
        for dialog in self.own("ACTIVE", "HELD")[:1]:
            for leg in dialog.legs:
                if leg.address != MINE:
                    dialog = self.changed(dialog, leg.address, "DROPPED")
            self.put(dialog)
            dialog = replace(self.changed(dialog, MINE, "WRAP_UP" if self.wrap_up else "DROPPED"), state="DROPPED")
            self.put(dialog)
            if not self.wrap_up:
                self.delete(dialog)
            self.be("WORK" if self.wrap_up else "READY")

    def classify(self) -> None:
        """And so ends the work."""
        for dialog in self.own("WRAP_UP")[:1]:
            dialog = replace(dialog, wrap_up="Sold")
            self.put(dialog)
            self.delete(self.changed(dialog, MINE, "DROPPED"))
            self.be("READY")

    def dial(self, to: str = "4002", *, type: str = "OUT", of: str = "") -> None:
        """The agent calls."""
        if len(self.dialogs) > 2 or self.own("ACTIVE", "INITIATING", "INITIATED"):
            return
        id, own = self.new_id(), self.leg(MINE, "INITIATING")
        dialog = Dialog(id=id, state="INITIATING", type=type, from_address=MINE, to_address=to, legs=(own,), associated_id=of)
        self.put(dialog, "POST")
        dialog = self.changed(dialog, MINE, "INITIATED")
        self.put(replace(dialog, state="ALERTING", legs=(*dialog.legs, self.leg(to, "ALERTING"))))

    def fail(self) -> None:
        """The line is busy."""
        for dialog in self.own("INITIATED")[:1]:
            self.put(
                replace(
                    self.changed(dialog, MINE, "FAILED"), state="FAILED", legs=(replace(dialog.legs[0], state="FAILED", since=self.tick()),)
                )
            )

    def callee_answers(self) -> None:
        """Whom the agent called."""
        for dialog in self.own("INITIATED")[:1]:
            for leg in dialog.legs:
                dialog = self.changed(dialog, leg.address, "ACTIVE")
            self.put(replace(dialog, state="ACTIVE"))
            self.be("TALKING")

    def drop(self) -> None:
        """The agent hangs up whatever it is."""
        for dialog in self.own("ACTIVE", "HELD", "FAILED", "INITIATED", "INITIATING")[:1]:
            dialog = replace(self.changed(dialog, MINE, "DROPPED"), state="DROPPED")
            self.put(dialog)
            self.delete(dialog)
            self.be("READY")

    def consult(self) -> None:
        """Beside a call."""
        for dialog in self.own("ACTIVE")[:1]:
            if len(self.dialogs) == 1:
                self.put(self.changed(dialog, MINE, "HELD"))
                self.dial("4003", type="CONSULT", of=dialog.id)

    def _pair(self) -> tuple[Dialog, Dialog] | None:
        held, active = self.own("HELD"), [dialog for dialog in self.own("ACTIVE") if dialog.type == "CONSULT"]
        return (held[0], active[0]) if held and active else None

    def transfer(self) -> None:
        """Both calls leave the agent."""
        if (pair := self._pair()) is not None:
            original, consult = pair
            original = self.changed(original, MINE, "DROPPED")
            other = self.leg("4003", "ACTIVE")
            self.delete(replace(original, legs=(*original.legs, other), secondary_id=consult.id))
            self.delete(replace(self.changed(consult, MINE, "DROPPED"), state="DROPPED"))
            self.be("READY")

    def conference(self) -> None:
        """One of the two survives with all, and says which other it was."""
        if (pair := self._pair()) is not None:
            first, second = pair if self.count % 2 else pair[::-1]
            legs = {leg.address: leg for leg in (*second.legs, *first.legs)}
            at = self.tick()
            joined = tuple(replace(leg, state="ACTIVE", since=at, actions=("DROP",)) for leg in legs.values())
            self.put(replace(first, state="ACTIVE", type="CONFERENCE", legs=joined, secondary_id=second.id))
            self.delete(self.changed(second, MINE, "DROPPED"))

    def come_back(self) -> None:
        """A call that was gone rings again, with its id."""
        if self.gone and len(self.dialogs) < 2:
            old = self.gone[-1]
            if old.id not in self.dialogs:
                legs = (self.leg(MINE, "ALERTING"), *(leg for leg in old.legs if leg.address != MINE))
                self.put(replace(old, state="ALERTING", legs=legs, wrap_up="", secondary_id=""), "POST")

    def rest(self) -> None:
        """The agent chooses not to be ready, for after the call if there is one."""
        if self.own("ACTIVE", "HELD"):
            self.be(self.agent.state, pending="NOT_READY")
        else:
            self.be("NOT_READY")

    def describe(self) -> None:
        """A call variable is set: no time of any leg changes."""
        for dialog in list(self.dialogs.values())[:1]:
            self.put(replace(dialog, variables={**dialog.variables, "callVariable1": str(len(self.updates))}))


OPERATIONS: Mapping[str, Callable[[Centre], None]] = {
    name: getattr(Centre, name)
    for name in (
        "ring", "ring_hidden", "ring_agent", "answer", "answer_elsewhere", "ring_out", "give_up", "hold", "retrieve", "hang_up", "classify",
        "dial", "fail", "callee_answers", "drop", "consult", "transfer", "conference", "come_back", "rest", "describe",
    )
}  # fmt: skip
"""All that can happen, by name."""
