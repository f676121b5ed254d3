"""The constants of money of one question: the catalog's, a profile's, the user's; each visible and changeable."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.own_prices import money_usd, tariff_usd
from sizewise.catalog.prices import CHEAPENS, OPPOSITE, cost_constant, cost_defaults
from sizewise.domain.cost import CostTerm
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.errors import InvalidQuantity
from sizewise.estimate.break_even import MONTHS_PER_YEAR
from sizewise.estimate.cost import CostDefaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sizewise.domain.text import Text

DEFAULT, YOU, PROFILE = "default", "you", "profile"
MOST_MONTHS, MOST_PERSONS, MOST_PUE, MOST_PEAK, MOST_FX, MOST_SPARES = 240.0, 1e4, 5.0, 1e3, 1e4, 100.0


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One option that changes constants."""

    what: Text
    constants: tuple[str, ...]
    """Rows of cost_defaults.csv that it sets, all to the same value."""
    parse: Callable[[str, str, float], float]
    """Text, what it is called, CNY for a dollar."""
    unit: str
    is_ranged: bool = True
    """Does its range widen the cost? Not where the likely value is a decision of the user, such as people."""


def share(text: str, what: str, _: float = 1.0) -> float:
    """A share, as a parser of settings. [ratio]"""
    return units.parse_share(text, what)


def within(text: str, what: str, _: float, *, low: float, high: float) -> float:
    """A plain number between two ends.

    Raises: InvalidQuantity outside of them.
    """
    value = units.parse_number(text, what)
    if not low <= value <= high:
        raise InvalidQuantity(
            "{what}: '{given}' must lie between {low} and {high}",
            what=what,
            given=text,
            low=f"{low:g}",
            high=f"{high:g}",
        )
    return value


def _remaining(text: str, what: str, cny_per_usd: float) -> float:
    """A yearly fall of 30% as the factor that is left: 0.7."""
    return 1.0 - share(text, what, cny_per_usd)


_MONTHS = partial(within, low=1.0, high=MOST_MONTHS)
_PERSONS = partial(within, low=0.0, high=MOST_PERSONS)

SETTINGS: dict[str, Setting] = {
    "electricity": Setting(what=T("electricity"), constants=("tariff_usd_per_kwh",), parse=tariff_usd, unit="USD/kWh"),
    "pue": Setting(
        what=T("power of the building over power of the machines"), constants=("desktop_pue", "server_pue"),
        parse=partial(within, low=1.0, high=MOST_PUE), unit="ratio",
    ),
    "idle_power": Setting(
        what=T("power of an idle card over its most"), constants=("idle_power_ratio",), parse=share, unit="ratio"
    ),
    "life": Setting(what=T("life of bought machines"), constants=("life_months",), parse=_MONTHS, unit="months"),
    "residual": Setting(what=T("value left after that"), constants=("residual_ratio",), parse=share, unit="ratio"),
    "capital": Setting(
        what=T("interest on the money bound, a year"), constants=("capital_rate_per_year",), parse=share, unit="1/year"
    ),
    "maintenance": Setting(
        what=T("maintenance, share of the price a year"),
        constants=("desktop_maintenance_per_year", "server_maintenance_per_year"), parse=share, unit="1/year",
    ),
    "space": Setting(
        what=T("space for a server, for each kW and month"), constants=("colocation_usd_per_kw_month",),
        parse=money_usd, unit="USD/kW",
    ),
    "staff": Setting(
        what=T("people for one's own machines"), constants=("staff_fte",), parse=_PERSONS, unit="persons",
        is_ranged=False,
    ),
    "api_staff": Setting(
        what=T("people for an API"), constants=("api_staff_fte",), parse=_PERSONS, unit="persons", is_ranged=False
    ),
    "staff_cost": Setting(
        what=T("cost of a person a month"), constants=("staff_usd_per_month",), parse=money_usd, unit="USD"
    ),
    "setup": Setting(
        what=T("setting up one's own machines, once"), constants=("setup_usd",), parse=money_usd, unit="USD",
        is_ranged=False,
    ),
    "api_setup": Setting(
        what=T("connecting an API, once"), constants=("api_integration_usd",), parse=money_usd, unit="USD",
        is_ranged=False,
    ),
    "spares": Setting(
        what=T("spare machines, beyond what the load needs"), constants=("spare_machines",),
        parse=partial(within, low=0.0, high=MOST_SPARES), unit="machines", is_ranged=False,
    ),
    "traffic": Setting(
        what=T("traffic out of a rented machine, for each GB"), constants=("egress_usd_per_gb",), parse=money_usd,
        unit="USD/GB",
    ),
    "network": Setting(
        what=T("network of bought machines, for each device, once"), constants=("network_usd_per_device",),
        parse=money_usd, unit="USD", is_ranged=False,
    ),
    "licence_fee": Setting(
        what=T("software licence, for each device and year"), constants=("licence_usd_per_device_year",),
        parse=money_usd, unit="USD", is_ranged=False,
    ),
    "reserved_discount": Setting(
        what=T("discount for a year's commitment"), constants=("reserved_1y_discount_ratio",), parse=share, unit="ratio"
    ),
    "spot_discount": Setting(
        what=T("discount of machines that can be taken away"), constants=("spot_discount_ratio",), parse=share,
        unit="ratio",
    ),
    "api_falls": Setting(
        what=T("price of an API after a year over today's"), constants=("api_price_yearly_factor",), parse=_remaining,
        unit="ratio",
    ),
    "peak": Setting(
        what=T("peak over mean use"), constants=("office_peak_ratio",),
        parse=partial(within, low=1.0, high=MOST_PEAK), unit="ratio", is_ranged=False,
    ),
    "exchange_rate": Setting(
        what=T("CNY for one USD"), constants=("fx_cny_per_usd",), parse=partial(within, low=1e-3, high=MOST_FX),
        unit="CNY/USD",
    ),
}  # fmt: skip
"""Options by name; every one is also a key of a profile."""
OPTIONAL = ("staff", "api-staff", "setup", "api-setup", "spares", "network", "licence-fee")
"""Settings whose default is that nothing of it is needed."""
FIXED = (
    "spot_interruption_ratio", "scale_to_zero_ratio", "engine_start_s", "weights_load_bytes_per_s",
    "storage_usd_per_gb_month", "desktop_host_usd", "desktop_host_usd_per_device", "server_host_usd",
    "server_host_usd_per_device", "desktop_host_watts", "server_host_watts_per_device", "answer_bytes_per_token",
)  # fmt: skip
"""Constants that are used and shown, and changed in the catalog only."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Every constant of one question with its range."""

    values: Mapping[str, Estimate]
    """By row of cost_defaults.csv."""
    shown: tuple[CostTerm, ...]

    def likely(self, name: str) -> float:
        """The likely value of a constant."""
        return self.values[name].likely

    def end(self, name: str, case: str) -> float:
        """The value that gives a low, likely or high cost."""
        return float(getattr(self.values[name], OPPOSITE[case] if name in CHEAPENS else case))

    def by_device(self, case: str, *, is_bought: bool) -> tuple[tuple[str, float], ...]:
        """Licence, and the network of a bought device over its life without a value at the end. [USD/month]"""
        parts = [("licence", self.end("licence_usd_per_device_year", case) / MONTHS_PER_YEAR)]
        if is_bought:
            network = self.end("network_usd_per_device", case) / self.end("life_months", case)
            parts.insert(0, ("network", network))
        return tuple((name, usd) for name, usd in parts if usd)

    @cached_property
    def defaults(self) -> Mapping[str, CostDefaults]:
        """What machine costs need, as in the search, with the changes of this question; for each end of the cost."""
        names = [f.name for f in fields(CostDefaults) if f.name in self.values]
        return {
            case: replace(cost_defaults(case), **{name: self.end(name, case) for name in names})
            for case in OPPOSITE
        }


def terms_of(given: Mapping[str, str | None], profile: Mapping[str, str]) -> Terms:
    """The constants: an option wins over the profile, the profile over the catalog.

    Raises: InvalidQuantity for values that make no sense.
    """
    rate = _exchange_rate(given, profile)
    values: dict[str, Estimate] = {}
    shown: list[CostTerm] = []
    for name, setting in SETTINGS.items():
        text, set_by = _said(name, given, profile)
        for row in setting.constants:
            constant = cost_constant(row)
            value = (
                constant.value if setting.is_ranged else Estimate.exactly(constant.value.likely, "assumed")
            )
            if text is not None:
                value = Estimate.exactly(setting.parse(text, f"--{name.replace('_', '-')}", rate))
            values[row] = value
            is_repeated = text is not None and row != setting.constants[0]
            if not is_repeated:
                shown.append(_shown(name, row, setting, value, set_by))
    for row in FIXED:
        values[row] = cost_constant(row).value
    return Terms(values=values, shown=tuple(shown))


def uncounted(shown: Sequence[CostTerm]) -> Iterator[Text]:
    """What costs nothing unless something is said: the options that count it."""
    nothing = [
        term for term in shown
        if term.set_by == DEFAULT and term.name in OPTIONAL and not term.value.likely
    ]  # fmt: skip
    if nothing:
        options = ", ".join(f"--{term.name}" for term in nothing)
        yield T(
            "people, set-up, spare machines, the network of a cluster and licences, as far as you do not give them: "
            "{options}",
            options=options,
        )


def _exchange_rate(given: Mapping[str, str | None], profile: Mapping[str, str]) -> float:
    text, _ = _said("exchange_rate", given, profile)
    setting = SETTINGS["exchange_rate"]
    return (
        cost_constant("fx_cny_per_usd").value.likely
        if text is None
        else setting.parse(text, "--exchange-rate", 1.0)
    )


def _said(name: str, given: Mapping[str, str | None], profile: Mapping[str, str]) -> tuple[str | None, str]:
    if given.get(name) is not None:
        return str(given[name]), YOU
    return (profile[name], PROFILE) if name in profile else (None, DEFAULT)


def _shown(name: str, row: str, setting: Setting, value: Estimate, set_by: str) -> CostTerm:
    constant = cost_constant(row)
    is_default = set_by == DEFAULT
    kinds = {
        "desktop": T("{what}, desktop", what=setting.what),
        "server": T("{what}, server", what=setting.what),
    }
    several = len(setting.constants) > 1 and is_default
    return CostTerm(
        name=name.replace("_", "-"),
        what=kinds[row.partition("_")[0]] if several else setting.what,
        value=value,
        unit=setting.unit,
        set_by=set_by,
        source=constant.source if is_default else "",
        as_of=constant.as_of if is_default else "",
    )
