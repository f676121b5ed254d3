"""The requests of a load test: prompts that nobody has seen, answers of one length, each on a connection of its own.

Setting the connection up is part of the wait for the first token, as it is for people.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sizewise.proof.endpoint import Endpoint, Patience

if TYPE_CHECKING:
    from sizewise.proof.endpoint import Target
    from sizewise.proof.endpoint_reply import Reply

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ATTEMPT_S = 120.0
PIECE_BYTES, FIRST_BYTES = 2**12, 2**20
"""Room for a piece of a stream with what is sent around it, and for the start. [bytes]"""
SETTINGS: dict[str, Any] = {"temperature": 1.0, "ignore_eos": True, "cache_prompt": False}


def opened(target: Target, *, output_tokens: int, attempt_s: float = ATTEMPT_S) -> Endpoint:
    """An endpoint that is asked once for each request and has no limit of connections.

    Raises: MissingExtra without the HTTP client.
    """
    patience = Patience(
        attempt_s=attempt_s, num_attempts=1, max_answer_bytes=FIRST_BYTES + output_tokens * PIECE_BYTES
    )
    return Endpoint(target, patience, num_connections=0, is_fresh=True, part="measure")


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Sends one request after the other to an open endpoint."""

    endpoint: Endpoint
    uses_chat: bool
    seed: int = 0
    _draw: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_draw", random.Random(self.seed))  # noqa: S311 - words of a prompt

    async def ask(self, num_words: int, output_tokens: int) -> Reply:
        """A prompt of its own, so that nothing of it is in a cache; an answer without text is a failure."""
        text = " ".join("".join(self._draw.choices(LETTERS, k=3)) for _ in range(num_words))
        settings = {**SETTINGS, "max_tokens": output_tokens, "is_stream": True}
        if self.uses_chat:
            reply = await self.endpoint.chat([{"role": "user", "content": text}], **settings)
        else:
            reply = await self.endpoint.complete(text, **settings)
        return reply if reply.failure or reply.piece_times_s else replace(reply, failure="no-text")
