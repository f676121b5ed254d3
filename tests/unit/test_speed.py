"""Terms of a step: unknown rates, devices without matrix units, splits."""

from dataclasses import replace

import numpy as np
import pytest
from tests.property.test_speed_laws import CONSTANTS

from sizewise.estimate.columns import MachineColumns
from sizewise.estimate.speed import matrix_flop_per_s, read_s_per_byte, vector_flop_per_s


def machine_with(**changes: float) -> MachineColumns:
    plain = {
        "num_devices": 1.0, "memory_bytes": 24e9, "usable_bytes": 23e9, "bandwidth_bytes_per_s": 1e12,
        "fp32_flop_per_s": 40e12, "fp16_flop_per_s": 160e12, "fp8_flop_per_s": np.nan, "int8_op_per_s": np.nan,
        "fp4_flop_per_s": np.nan, "link_bytes_per_s": 25e9, "compute_capability": 8.6, "tdp_watts": 300.0,
        "is_unified": 0.0, "is_owned": 0.0, "host_memory_bytes": np.nan, "host_bandwidth_bytes_per_s": np.nan,
        "buy_usd": np.nan, "rent_usd_per_hour": np.nan,
    }  # fmt: skip
    columns = {name: np.array([value]) for name, value in (plain | changes).items()}
    known = {name: columns[name] for name in MachineColumns.__dataclass_fields__ if name in columns}
    missing = [name for name in MachineColumns.__dataclass_fields__ if name not in columns]
    return MachineColumns(**known, **{name: np.array([np.nan]) for name in missing})


@pytest.mark.parametrize(
    ("compute_class", "changes", "flop_per_s"),
    [
        ("fp16", {}, 160e12),
        ("fp16", {"fp16_flop_per_s": np.nan}, 40e12),
        ("fp8", {}, 160e12),
        ("fp8", {"fp8_flop_per_s": 320e12}, 320e12),
        ("fp8", {"int8_op_per_s": 320e12}, 160e12),
        ("int8", {"int8_op_per_s": 320e12}, 320e12),
        ("fp4", {"fp8_flop_per_s": 320e12}, 320e12),
        ("fp4", {"fp8_flop_per_s": 320e12, "fp4_flop_per_s": 640e12}, 640e12),
    ],
)
def test_a_device_computes_in_the_narrowest_format_it_has(
    compute_class: str, changes: dict[str, float], flop_per_s: float
) -> None:
    assert matrix_flop_per_s(machine_with(**changes), compute_class).tolist() == [flop_per_s]


@pytest.mark.parametrize(
    ("capability", "flop_per_s"), [(8.0, 10e12), (9.0, 10e12), (8.9, 40e12), (np.nan, 40e12)]
)
def test_an_unlisted_vector_rate_follows_from_the_matrix_rate(capability: float, flop_per_s: float) -> None:
    machines = machine_with(fp32_flop_per_s=np.nan, compute_capability=capability)
    assert vector_flop_per_s(machines).tolist() == [flop_per_s]


def test_unpacking_costs_more_on_devices_without_matrix_units() -> None:
    # 1 / (0.75 x 1 TB/s) + 4 FLOP / 40 TFLOP/s, and three times the second part without matrix units
    plain = read_s_per_byte(machines=machine_with(), coefficients=CONSTANTS)
    old = read_s_per_byte(machines=machine_with(fp16_flop_per_s=40e12), coefficients=CONSTANTS)
    assert np.asarray(plain).tolist() == pytest.approx([1 / 0.75e12 + 4 / 40e12])
    assert np.asarray(old).tolist() == pytest.approx([1 / 0.75e12 + 12 / 40e12])


def test_an_unknown_bandwidth_stays_unknown() -> None:
    constants = replace(CONSTANTS, vector_flop_per_byte=0.0)
    unknown = read_s_per_byte(machines=machine_with(bandwidth_bytes_per_s=np.nan), coefficients=constants)
    assert np.isnan(np.asarray(unknown)).all()
