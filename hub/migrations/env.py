"""Alembic's entry: runs on the connection that `hub.store.migrate` hands over."""

from alembic import context

import hub.accounts
import hub.finesse_tables
import hub.network_tables
import hub.ticket_tables
import hub.tickets  # noqa: F401 - their tables belong to the metadata
from hub.store import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
