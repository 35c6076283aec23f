"""The notification connection, against the real Prosody and against servers that misbehave."""
