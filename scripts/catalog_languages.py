"""Language codes of a model out of the words of its card."""

from __future__ import annotations

import re

MAJOR = "en|zh|fr|es|pt|de|it|ru|ja|ko|vi|th|ar|id|ms|nl|pl|tr|uk|cs|sv|da|fi|no|el|he|hi|bn|fa|ro|hu|bg"
"""Languages that cards of about 90 languages and more list. Recalled."""
EU_AND_MORE = (
    "bg|hr|cs|da|nl|en|et|fi|fr|de|el|hu|ga|it|lv|lt|mt|pl|pt|ro|sk|sl|es|sv|ar|ca|zh|gl|hi|ja|ko|no|ru|tr|uk"
)
"""The 24 official languages of the EU and the 11 more of EuroLLM. Recalled."""
MANY = 89
"""From so many languages on, a card lists the major ones. [count]"""


def language_codes(cell: str) -> tuple[str, str]:
    """Codes as a cell, and a note where the card says more than codes."""
    listed = re.search(r"\(((?:[a-z]{2} ){2,}[a-z]{2})\)", cell)
    if listed:
        return "|".join(listed[1].split()), ""
    count = re.match(r"(\d+)\+? languages", cell)
    if count and int(count[1]) >= MANY:
        return MAJOR, f"languages: {cell}; the major ones are listed (recalled)"
    if count:
        return EU_AND_MORE, f"languages: {cell} (recalled)"
    codes = [match[0] for part in cell.split("|") if (match := re.match(r"[a-z]{2}(?= |$)", part.strip()))]
    has_more = any(not re.fullmatch(r"[a-z]{2}", part.strip()) for part in cell.split("|"))
    return "|".join(codes), f"languages: {cell.replace('|', ' ')}" if has_more else ""
