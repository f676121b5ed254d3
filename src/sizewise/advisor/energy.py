"""Power of a machine under a load, and the energy of an answer: from the listed power of its devices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.catalog.prices import cost_defaults
from sizewise.domain.energy import Energy
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.estimate.columns import first_value, machine_columns
from sizewise.estimate.cost import machine_watts

if TYPE_CHECKING:
    from sizewise.domain.device import Machine

LEAST_SHARE_OF_TDP = 0.6
"""A busy device draws at least this share of its listed power, as reading weights leaves arithmetic idle. Assumed;
power limits that users set go as low."""


def energy_under_load(machine: Machine, *, num_running: float, output_tokens_per_s: float) -> Energy:
    """Power at the plug, host included, and energy of an output token, prompts included.

    A device is busy while anything runs: 1 - exp(-running) of the time. Power: devices x TDP x (idle + (1 - idle) x
    busy) + host, between LEAST_SHARE_OF_TDP and all of the listed power; energy: power / output tokens per second.
    """
    busy_ratio = 1.0 - math.exp(-num_running)
    columns = machine_columns([machine])
    low, likely, high = (
        first_value(machine_watts(columns, cost_defaults(case), busy_ratio=busy_ratio))
        for case in ("low", "likely", "high")
    )
    if not math.isfinite(likely) or output_tokens_per_s <= 0:
        nothing = Unknown(reason="no power is listed for this device")
        return Energy(power_watts=nothing, joules_per_token=nothing)
    watts = Estimate(
        low=LEAST_SHARE_OF_TDP * min(low, likely), likely=likely, high=max(high, likely), basis="assumed"
    )
    return Energy(
        power_watts=watts,
        joules_per_token=Estimate(
            low=watts.low / output_tokens_per_s,
            likely=watts.likely / output_tokens_per_s,
            high=watts.high / output_tokens_per_s,
            basis="assumed",
        ),
    )
