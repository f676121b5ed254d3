"""Alembic's entry: run on the connection and inside the transaction of the caller, so that a schema changes whole."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
