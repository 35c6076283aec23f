"""Push: the guard, both senders against their peers, and a real Firefox at the end of both roads."""
