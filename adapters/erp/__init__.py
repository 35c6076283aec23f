"""The ERP behind Oracle: a bounded owner of connections, and the source of its events."""
