"""A device that no table has, stated by hand where a device is named: memory, bandwidth and class.

    custom:memory=32GiB,bandwidth=50GB/s,class=cpu

Its speeds have the constants of its class and the wider range of a device that was never measured.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog.rows import device_from_row
from sizewise.catalog.table import one_of
from sizewise.domain.device import DEVICE_CLASSES
from sizewise.errors import BadInput, InvalidQuantity
from sizewise.units import GB, GIB, parse_bytes, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sizewise.domain.device import Device

EXAMPLE = "custom:memory=32GiB,bandwidth=50GB/s,class=cpu"
NEEDED = ("memory", "bandwidth", "class")
TERA = 1e12
LARGEST_BANDWIDTH, LARGEST_RATE = 1e15, 1e6
"""Beyond what a device has by a factor of ten. [bytes/s, TFLOP/s]"""


def custom_device(text: str, known: Iterable[Device]) -> Device:
    """The device that a text like EXAMPLE states; also `compute` (FP16 TFLOP/s), `watts`, `price` and `rent` (USD).

    Arithmetic rates that are not stated are those of a device of its class with this bandwidth: the median FLOP per
    byte of the class. Its kind (card, server part, whole computer) is the most frequent one of its class.
    Raises: BadInput for a part that is missing, unknown, said twice or senseless, with what is allowed.
    """
    parts = _parts(text)
    read: Mapping[str, Callable[[str], float]] = {
        "memory": lambda value: parse_bytes(value, "memory"),
        "bandwidth": _bandwidth,
        "compute": lambda value: TERA * _number("compute", re.sub(r"\s*tflop(s|/s)?$", "", value.lower())),
        "watts": lambda value: _number("watts", value),
        "price": lambda value: _number("price", value),
        "rent": lambda value: _number("rent", value),
    }
    numbers = {name: read[name](value) for name, value in parts.items() if name in read}
    device_class = _class(parts["class"])
    peers = [device for device in known if device.device_class == device_class]
    given = numbers["bandwidth"]
    memory = numbers["memory"]
    fp32, fp16 = (given * _flop_per_byte(peers, name) for name in ("fp32_flop_per_s", "fp16_flop_per_s"))
    if "compute" in numbers:
        fp32, fp16 = fp32 / fp16 * numbers["compute"], numbers["compute"]
    row = {
        "name": f"custom {device_class} ({memory / GIB:.4g} GiB, {given / GB:.4g} GB/s)", "vendor": "",
        "kind": Counter(peer.kind for peer in peers).most_common(1)[0][0], "device_class": device_class,
        "architecture": "custom", "memory_bytes": memory, "usable_bytes": None, "usable_basis": "assumed",
        "bandwidth_bytes_per_s": given, "fp32_flop_per_s": _or_none(fp32), "fp16_flop_per_s": _or_none(fp16),
        "fp8_flop_per_s": None, "int8_op_per_s": None, "fp4_flop_per_s": None,
        "link_bytes_per_s": _or_none(_median(peers, "link_bytes_per_s")), "compute_capability": None,
        "tdp_watts": numbers.get("watts") or _or_none(_median(peers, "tdp_watts")),
        "buy_usd": numbers.get("price"), "rent_usd_per_hour": numbers.get("rent"), "released": "",
        "evidence": "user", "note": "", "source": "stated by hand", "as_of": "",
    }  # fmt: skip
    return device_from_row(row, {}, "stated by hand")


def _parts(text: str) -> dict[str, str]:
    allowed = (*NEEDED, "compute", "watts", "price", "rent")
    parts: dict[str, str] = {}
    for part in text.partition(":")[2].split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name.lower() not in allowed or not value or name.lower() in parts:
            raise BadInput("device '{given}': '{part}' is not one of {allowed} with a value, said once; like {example}",
                           given=text, part=part.strip(), allowed=", ".join(allowed), example=EXAMPLE)  # fmt: skip
        parts[name.lower()] = value
    missing = [name for name in NEEDED if name not in parts]
    if missing:
        raise BadInput("device '{given}' lacks {missing}; write it like {example}",
                       given=text, missing=", ".join(missing), example=EXAMPLE)  # fmt: skip
    return parts


def _class(value: str) -> str:
    try:
        return one_of(*DEVICE_CLASSES)(value.lower())
    except ValueError:
        raise BadInput("device class '{given}' is not known; one of {allowed}",
                       given=value, allowed=", ".join(DEVICE_CLASSES)) from None  # fmt: skip


def _bandwidth(value: str) -> float:
    if not value.lower().endswith("/s"):
        raise InvalidQuantity("bandwidth: '{given}' is not a rate; write it like 50GB/s", given=value)
    return parse_bytes(value[:-2], "bandwidth", LARGEST_BANDWIDTH)


def _number(name: str, value: str) -> float:
    number = parse_number(value, name)
    if not 0 < number <= LARGEST_RATE:
        raise InvalidQuantity("{what}: '{given}' must be above 0 and at most {largest}",
                              what=name, given=value, largest=f"{LARGEST_RATE:g}")  # fmt: skip
    return number


def _median(peers: Iterable[Device], name: str) -> float:
    values = np.array([getattr(peer, name) for peer in peers])
    return float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else float("nan")


def _flop_per_byte(peers: Iterable[Device], name: str) -> float:
    ratios = [getattr(peer, name) / peer.bandwidth_bytes_per_s for peer in peers]
    known = [ratio for ratio in ratios if np.isfinite(ratio)]
    return float(np.median(known)) if known else float("nan")


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
