"""What an operator may set about the server."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.sources.reach import Reach

NOTHING = Reach()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits and access of one server."""

    token: str = ""
    """Asked for as `Authorization: Bearer`; empty: everybody who reaches the address may ask."""
    hosts: tuple[str, ...] = ()
    """Names under which the server may be asked; empty: any. Keeps pages of others, whose name was made to point here,
    from reading answers."""
    reach: Reach = NOTHING
    """Files and servers that may be read for a caller; nothing: models of the catalog only."""
    max_body_bytes: int = 64 * 1024
    """Longest request body: questions are short. [bytes]"""
    max_url_bytes: int = 8 * 1024
    """Longest path and query. [bytes]"""
    max_answer_s: float = 30.0
    """An answer that takes longer is given up. [s]"""
    max_running: int = 4
    """Answers computed at the same time; more wait. They share one processor: more at once would only all be later."""
