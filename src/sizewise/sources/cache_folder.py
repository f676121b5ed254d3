"""Where this program keeps what can be made again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_folder(environment: Mapping[str, str]) -> Path:
    """SIZEWISE_CACHE_DIR, or `sizewise` in the user's cache folder."""
    if own := environment.get("SIZEWISE_CACHE_DIR"):
        return Path(own).expanduser()
    base = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "sizewise"
