"""Schemas of the store, oldest first, for Alembic."""
