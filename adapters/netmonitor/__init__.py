"""The network monitor: measures hosts, judges how they are, keeps their history, tells of changes."""
