"""Money of hardware that is rented, bought or owned. All formulas broadcast; unknown prices are NaN and stay NaN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.domain.number import np
from sizewise.units import HOURS_PER_MONTH, MILLION, SECONDS_PER_HOUR, SECONDS_PER_MONTH

if TYPE_CHECKING:
    from sizewise.domain.number import Number

MONTHS_PER_YEAR = 12.0
WATTS_PER_KILOWATT = 1000.0
ROUNDING = 1e-9
"""Relative slack before a whole step is added: 3.0000000001 replicas are 3. [ratio]"""


def whole_steps(amount: Number, *, step: Number) -> Number:
    """Whole steps that hold an amount: machines, replicas, licences. [count]

    ceil(amount / step), forgiving float noise of 1e-9; an unknown or zero step is an unknown or endless
    count.

    >>> float(whole_steps(1.01, step=1.0))
    2.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.asarray(amount, dtype=np.float64) / step
    return np.ceil(ratio * (1.0 - ROUNDING))


def peak_requests_per_s(
    *, requests_per_month: Number, peak_ratio: Number, active_hours: Number = HOURS_PER_MONTH
) -> Number:
    """Request rate to be carried. [1/s]

    requests / (active hours x 3,600) x peak over mean rate.

    >>> round(float(peak_requests_per_s(requests_per_month=946_080, peak_ratio=3.0)), 3)
    1.08
    """
    return requests_per_month / (active_hours * SECONDS_PER_HOUR) * peak_ratio


def monthly_capacity_requests(
    *, requests_per_s: Number, headroom_ratio: Number, peak_ratio: Number
) -> Number:
    """Requests that one replica carries in a month at this peak over mean rate. [requests/month]

    >>> round(monthly_capacity_requests(requests_per_s=1.2, headroom_ratio=0.9, peak_ratio=3.0), 3)
    946080.0
    """
    return requests_per_s * headroom_ratio / peak_ratio * SECONDS_PER_MONTH


def num_machines(*, num_replicas: Number, devices_per_replica: Number, devices_per_machine: Number,
                 num_spares: Number = 0.0) -> Number:  # fmt: skip
    """Whole machines for whole replicas. [count]

    A replica inside a machine does not straddle two: a machine holds floor(devices / devices per replica)
    replicas; a replica wider than a machine takes whole machines.
    """
    inside = np.floor(np.asarray(devices_per_machine, dtype=np.float64) / devices_per_replica)
    machines = np.where(
        inside >= 1.0,
        whole_steps(num_replicas, step=np.maximum(inside, 1.0)),
        num_replicas * whole_steps(devices_per_replica, step=devices_per_machine),
    )
    return machines + num_spares


def capital_recovery_factor(*, rate_per_year: Number, life_months: Number) -> Number:
    """Monthly instalment of one unit borrowed over the life. [1/month]

    (i/12) (1 + i/12)^n / ((1 + i/12)^n - 1) = (i/12) / (1 - (1 + i/12)^-n); without interest 1/n.
    Source: annuity formula.

    >>> round(float(capital_recovery_factor(rate_per_year=0.08, life_months=36)), 7)
    0.0313364
    """
    monthly = np.asarray(rate_per_year, dtype=np.float64) / MONTHS_PER_YEAR
    safe = np.where(monthly > 0.0, monthly, 1.0)
    repaid = -np.expm1(-life_months * np.log1p(safe))
    return np.where(monthly > 0.0, safe / repaid, 1.0 / np.asarray(life_months, dtype=np.float64))


def depreciation_monthly_usd(*, capex_usd: Number, residual_ratio: Number, life_months: Number) -> Number:
    """Value lost each month, in a straight line. [USD/month]  capex (1 - residual share) / life."""
    return capex_usd * (1.0 - residual_ratio) / life_months


def capital_monthly_usd(*, capex_usd: Number, residual_ratio: Number, rate_per_year: Number) -> Number:
    """Charge for the money bound on average. [USD/month]  (capex + residual) / 2 x i / 12."""
    return capex_usd * (1.0 + residual_ratio) / 2.0 * rate_per_year / MONTHS_PER_YEAR


def annuity_monthly_usd(
    *, capex_usd: Number, residual_ratio: Number, rate_per_year: Number, life_months: Number
) -> Number:
    """Depreciation and capital together as an annuity. [USD/month]

    (capex - residual / (1 + i/12)^n) x capital recovery factor.

    >>> round(float(annuity_monthly_usd(capex_usd=26_000, residual_ratio=0.2, rate_per_year=0.08, life_months=36)), 1)
    686.5
    """
    discount = (1.0 + np.asarray(rate_per_year, dtype=np.float64) / MONTHS_PER_YEAR) ** -life_months
    factor = capital_recovery_factor(rate_per_year=rate_per_year, life_months=life_months)
    return capex_usd * (1.0 - residual_ratio * discount) * factor


def power_watts(*, tdp_watts: Number, idle_power_ratio: Number, busy_ratio: Number) -> Number:
    """Mean power of a device that is always on. [W]  TDP x (idle share + (1 - idle share) x busy share)."""
    return tdp_watts * (idle_power_ratio + (1.0 - idle_power_ratio) * busy_ratio)


def energy_monthly_usd(
    *, watts: Number, pue: Number, tariff_usd_per_kwh: Number, hours: Number = HOURS_PER_MONTH
) -> Number:
    """Electricity for this power at the plug. [USD/month]  kW x hours x PUE x tariff."""
    return watts / WATTS_PER_KILOWATT * hours * pue * tariff_usd_per_kwh


@dataclass(frozen=True, kw_only=True)
class OwnedParts:
    """What owning costs each month, part by part; the parts sum to `total_usd`. [USD/month]"""

    depreciation_usd: Number
    capital_usd: Number
    energy_usd: Number
    maintenance_usd: Number
    facility_usd: Number
    staff_usd: Number

    @property
    def total_usd(self) -> Number:
        """Full cost: a new decision pays for everything."""
        return self.depreciation_usd + self.capital_usd + self.running_usd

    @property
    def running_usd(self) -> Number:
        """What is paid while it runs, once it has been bought."""
        return self.energy_usd + self.maintenance_usd + self.facility_usd + self.staff_usd

    @property
    def marginal_usd(self) -> Number:
        """What changes when hardware that is there anyway is used: the electricity. The rest is sunk."""
        return self.energy_usd


def buy_monthly_parts(
    *,
    capex_usd: Number,
    residual_ratio: Number,
    rate_per_year: Number,
    life_months: Number,
    maintenance_per_year: Number,
    energy_usd: Number,
    facility_usd: Number = 0.0,
    staff_fte: Number = 0.0,
    staff_usd_per_month: Number = 0.0,
) -> OwnedParts:
    """Monthly cost of bought hardware with simple depreciation and interest. [USD/month]

    Source: straight-line depreciation, simple interest on the mean value; worked case in tests/golden/test_cost.py.
    """
    return OwnedParts(
        depreciation_usd=depreciation_monthly_usd(
            capex_usd=capex_usd, residual_ratio=residual_ratio, life_months=life_months
        ),
        capital_usd=capital_monthly_usd(
            capex_usd=capex_usd, residual_ratio=residual_ratio, rate_per_year=rate_per_year
        ),
        energy_usd=energy_usd,
        maintenance_usd=capex_usd * maintenance_per_year / MONTHS_PER_YEAR,
        facility_usd=facility_usd,
        staff_usd=staff_fte * staff_usd_per_month,
    )


def rent_monthly_usd(
    *,
    usd_per_machine_hour: Number,
    num_machines: Number,
    hours: Number = HOURS_PER_MONTH,
    num_cold_starts: Number = 0.0,
    cold_start_s: Number = 0.0,
    discount_ratio: Number = 0.0,
    interruption_ratio: Number = 0.0,
    storage_usd: Number = 0.0,
    egress_usd: Number = 0.0,
) -> Number:
    """Rent of whole machines. [USD/month]

    price x (1 - discount) x machines x (hours + cold starts) / (1 - share of work lost to interruptions),
    and storage and traffic. Always on: 730 h; office: the hours of the window; scale to zero: worked hours x
    1.1.

    >>> round(float(rent_monthly_usd(usd_per_machine_hour=1.88, num_machines=1)), 1)
    1372.4
    """
    billed = hours + num_cold_starts * cold_start_s / SECONDS_PER_HOUR
    price = usd_per_machine_hour * (1.0 - discount_ratio) / (1.0 - interruption_ratio)
    return price * num_machines * billed + storage_usd + egress_usd


def usd_per_million_tokens(*, monthly_usd: Number, tokens_per_month: Number) -> Number:
    """Cost of a million tokens at the load that there really is, never at saturation. [USD/Mtok]

    >>> float(usd_per_million_tokens(monthly_usd=100.0, tokens_per_month=2e8))
    0.5
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.asarray(monthly_usd, dtype=np.float64) / tokens_per_month
    return ratio * MILLION


def split_usd_per_million_output_tokens(
    *,
    usd_per_hour: Number,
    input_tokens_per_s: Number,
    output_tokens_per_s: Number,
    output_over_input: Number = 4.0,
) -> Number:
    """Cost of a million output tokens when input and output are charged apart. [USD/Mtok]

    USD/s / (input rate / r + output rate); an input token costs 1/r of it. Source: GKE Inference Quickstart,
    r = 4.

    >>> round(float(split_usd_per_million_output_tokens(
    ...     usd_per_hour=4.5, input_tokens_per_s=5000.0, output_tokens_per_s=1200.0)), 3)
    0.51
    """
    rate = input_tokens_per_s / output_over_input + output_tokens_per_s
    return usd_per_hour / SECONDS_PER_HOUR / rate * MILLION
