"""Writes tests/api/openapi.json: the schema of the HTTP API, changed on purpose and reviewed."""

from __future__ import annotations

import json
from pathlib import Path

from sizewise.api.app import bare_app
from sizewise.api.metrics import Metrics
from sizewise.api.settings import Settings

TARGET = Path(__file__).parents[1] / "tests" / "api" / "openapi.json"

if __name__ == "__main__":
    schema = bare_app(Settings(), Metrics()).openapi()
    TARGET.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
