"""First schema: measurements, verifications and evaluations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _common() -> tuple[sa.Column[str] | sa.Column[int] | sa.Column[dict[str, object]], ...]:
    """Columns of every table: what was looked at, where, when and how."""
    return (
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
    )


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "measurements",
        *_common(),
        sa.Column("metric", sa.String(100), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("low", sa.Float(53), nullable=False),
        sa.Column("high", sa.Float(53), nullable=False),
        sa.Column("num_repeats", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(200), nullable=False),
    )
    op.create_table(
        "verifications",
        *_common(),
        sa.Column("has_held", sa.Boolean, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
    )
    op.create_table(
        "evaluations",
        *_common(),
        sa.Column("task", sa.String(400), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("low", sa.Float(53), nullable=False),
        sa.Column("high", sa.Float(53), nullable=False),
        sa.Column("num_items", sa.Integer, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
    )
