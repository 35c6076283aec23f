"""The notification connection: what Finesse tells one agent, over XMPP.

`line` is the interface and its values, `manners` says when to dial, `websocket` and `tcp` are the two ways. Nothing here reads an
Update: `adapters.finesse.reading` does.
"""
