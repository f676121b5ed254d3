"""Machines as people name them: 'RTX 4090', '2x RTX 3090', '4090 + 3090', or the computer at hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sizewise.domain.device import Machine
from sizewise.domain.request import Limits
from sizewise.errors import InvalidQuantity, NotSupported

if TYPE_CHECKING:
    from sizewise.catalog import Catalog

HERE = "this"
"""The computer at hand."""
BETWEEN_DEVICES = re.compile(r"\s+\+\s+|(?<=[^\s+])\+(?=[^\s+])")
COUNTED_DEVICE = re.compile(r"^\s*(\d{1,9})\s*[x×X]\s*(\S.*)$")
"""'2x RTX 3090'."""


def here(catalog: Catalog, *, uses_store: bool = True) -> Machine:
    """The first machine of this computer: its accelerators, or its processor where there is none."""
    from sizewise.advisor.own_computer import own_computer

    return own_computer(catalog, uses_store=uses_store).machines[0]


def unequal_devices(text: str) -> list[str]:
    """The names in '4090 + 3090' or '4090+3090'; a plus that belongs to a name, as in 'Max+ 395', parts nothing.

    >>> unequal_devices("2x RTX 4090 + RTX 3090"), unequal_devices("Ryzen AI Max+395")
    (['2x RTX 4090', 'RTX 3090'], ['Ryzen AI Max+395'])
    """
    names = BETWEEN_DEVICES.split(text)
    return names if all(re.search(r"\d", name) for name in names) else [text]


def machine(catalog: Catalog, text: str, *, uses_store: bool = True) -> Machine:
    """A machine as people name it: 'RTX 4090', '2x RTX 3090', or the word 'this' for the computer at hand.

    Raises: UnknownName for a device nobody knows; InvalidQuantity for a senseless count; NotSupported for unequal
    devices.
    """
    if len(unequal_devices(text)) > 1:
        raise NotSupported(
            "--device: '{given}' names unequal devices; sizewise fit sizes them together, here name equal ones, such "
            "as '2x RTX 3090'",
            given=text,
        )
    if text.strip().lower() == HERE:
        return here(catalog, uses_store=uses_store)
    match = COUNTED_DEVICE.match(text)
    count, name = (int(match.group(1)), match.group(2)) if match else (1, text)
    most = Limits().max_devices
    if not 1 <= count <= most:
        raise InvalidQuantity("--device: '{given}' asks for {count} devices; 1 to {most} of one machine are possible",
                              given=text, count=count, most=most)  # fmt: skip
    return Machine(device=catalog.device(name), num_devices=count, is_owned=True)
