"""One hypothesis profile for everybody; tests that need what is not installed are skipped with the reason."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"  # no test asks a hub but the local one that it starts itself
os.environ["SIZEWISE_STORE"] = str(
    Path(tempfile.gettempdir()) / "sizewise-tests" / "none.sqlite3"
)  # nobody's own

NUM_EXAMPLES = 60
"""Examples of one law in `make check` and `make test`."""
NUM_SOAK_EXAMPLES = 3000
"""Examples of one law in `make soak`, times SIZEWISE_SOAK."""

SOAK_SCALE = float(os.environ.get("SIZEWISE_SOAK", "0"))
"""0: no soak run; 1: the full counts; 0.1: a tenth of them."""

settings.register_profile(
    "repeatable",
    max_examples=NUM_EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# New examples at every full run; a part of it, which decides whether a change is merged, repeats itself.
settings.register_profile(
    "soak",
    parent=settings.get_profile("repeatable"),
    max_examples=max(NUM_EXAMPLES, round(NUM_SOAK_EXAMPLES * SOAK_SCALE)),
    derandomize=SOAK_SCALE < 1,
)
settings.load_profile("soak" if SOAK_SCALE else "repeatable")

ENGINE_MISSING = "xllamacpp is not installed: pip install 'sizewise[engine]'"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the laws, and skip what this machine cannot run."""
    has_engine = importlib.util.find_spec("xllamacpp") is not None
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("law")
        if not has_engine and item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.skip(reason=ENGINE_MISSING))


@pytest.fixture(scope="session")
def soak_scale() -> float:
    """Share of the large counts that a soak test runs: 1 in `make soak`, SOAK in `make soak SOAK=0.1`."""
    return SOAK_SCALE or 1.0
