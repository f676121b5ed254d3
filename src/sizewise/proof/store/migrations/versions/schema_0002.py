"""Predictions, so that they can be compared with what is measured later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table more."""
    op.create_table(
        "predictions",
        sa.Column("record_id", sa.String(32), primary_key=True),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("machine_id", sa.String(16), nullable=False, index=True),
        sa.Column("machine", sa.String(400), nullable=False),
        sa.Column("engine", sa.String(100), nullable=False),
        sa.Column("engine_version", sa.String(100), nullable=False),
        sa.Column("model", sa.String(400), nullable=False),
        sa.Column("quantization", sa.String(100), nullable=False),
        sa.Column("device", sa.String(400), nullable=False),
        sa.Column("num_devices", sa.Integer, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("sizewise_version", sa.String(40), nullable=False),
        sa.Column("metric", sa.String(100), nullable=False),
        sa.Column("low", sa.Float(53), nullable=False),
        sa.Column("likely", sa.Float(53), nullable=False),
        sa.Column("high", sa.Float(53), nullable=False),
        sa.Column("rung", sa.String(40), nullable=False),
    )
