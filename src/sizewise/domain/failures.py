"""What can go wrong when a server is asked."""

from __future__ import annotations

from sizewise.domain.text import T

FAILURES = {
    "not-reached": T("the server cannot be reached"),
    "no-answer-in-time": T("no answer in time"),
    "broken-off": T("the answer broke off"),
    "too-busy": T("the server is too busy"),
    "server-error": T("the server reported an error of its own"),
    "refused": T("the server refused the question"),
    "sent-elsewhere": T("the server sends to another address, which is not followed"),
    "not-understood": T("the answer is not in the OpenAI format"),
    "no-text": T("the answer has no text"),
    "too-long": T("the answer is longer than the limit"),
    "unsaid": T("the result file does not say why"),
}
"""Everything that can go wrong with one question, in words."""
