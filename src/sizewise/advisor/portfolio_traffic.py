"""Traffic by task and difficulty: each class becomes a complete request and a number of requests."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.asking import Asked, ask
from sizewise.advisor.question import Question
from sizewise.errors import BadInput, InvalidQuantity, SizewiseError, UnknownName, WithinClass
from sizewise.sources.traffic_file import read_traffic
from sizewise.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.request import Request

PEAK = 1.0
"""Peak over mean rate inside the active hours where nothing is said. Assumed."""
LARGEST_PEAK = 1000.0
API_WORDS = ("yes", "no")


@dataclass(frozen=True, kw_only=True)
class TrafficQuestion:
    """What may be said about all classes together."""

    users: str | float | None = None
    """People of all classes, split by their shares."""
    requests: str | float | None = None
    """Requests a month of all classes, split by their shares."""
    allows_api: bool = False
    """May requests go to an API where their class does not say?"""


@dataclass(frozen=True, kw_only=True)
class TrafficClass:
    """One class of requests."""

    name: str
    asked: Asked
    requests_per_month: float
    peak_requests_per_s: float
    """Rate that has to be carried; NaN: the load is given by users. [requests/s]"""
    allows_api: bool

    @property
    def request(self) -> Request:
        """The complete request of the class."""
        return self.asked.request


def traffic_classes(
    catalog: Catalog, place: str, hardware: Question, traffic: TrafficQuestion
) -> tuple[TrafficClass, ...]:
    """The classes of a file, on the hardware that is asked for.

    Raises: SizewiseError that names the class.
    """
    entries = read_traffic(Path(place))
    names = [entry.get("name", f"class {i}") for i, entry in enumerate(entries, 1)]
    for name in names:
        if names.count(name) > 1:
            raise BadInput("two classes are called '{name}'; give each a name of its own", name=name)
    whole = _whole_traffic(entries, traffic)
    return tuple(
        _class(catalog, name, entry, hardware, traffic, whole)
        for name, entry in zip(names, entries, strict=True)
    )


def _whole_traffic(entries: Sequence[Mapping[str, str]], traffic: TrafficQuestion) -> float:
    """Sum of the shares, which need a whole of which they are a part. [any unit]"""
    shares = [units.parse_count(entry["share"], "share") for entry in entries if "share" in entry]
    if shares and traffic.users is None and traffic.requests is None:
        raise BadInput("the classes have shares; give the whole with --users or --requests")
    if traffic.users is not None and traffic.requests is not None:
        raise BadInput("--users and --requests state the whole twice; give one of them")
    if not shares and (traffic.users is not None or traffic.requests is not None):
        raise BadInput("--users and --requests are split by shares; give every class a 'share'")
    return sum(shares)


def _class(
    catalog: Catalog,
    name: str,
    entry: Mapping[str, str],
    hardware: Question,
    traffic: TrafficQuestion,
    whole: float,
) -> TrafficClass:
    try:
        words = {f.name for f in fields(Question)} & set(entry)
        given: dict[str, object] = {word: entry[word] for word in words - {"language", "users"}}
        if "language" in entry:
            given["language"] = (entry["language"],)
        num_users, num_requests = _amount(entry, traffic, whole)
        if num_users is not None:
            given["users"] = num_users
        asked = ask(catalog, replace(hardware, **given))  # type: ignore[arg-type]  # words of Question
        return _loaded(name, entry, asked, num_requests, traffic)
    except SizewiseError as error:
        raise WithinClass(name, error) from error


def _amount(
    entry: Mapping[str, str], traffic: TrafficQuestion, whole: float
) -> tuple[float | None, float | None]:
    """People at the same time, or requests a month, of one class."""
    given = [word for word in ("users", "requests", "share") if word in entry]
    if len(given) != 1:
        raise BadInput(
            "give one of: users (people at the same time), requests (a month), share (of the whole)"
        )
    if given == ["users"]:
        return units.parse_whole(entry["users"], "users"), None
    if given == ["requests"]:
        return None, units.parse_count(entry["requests"], "requests")
    part = units.parse_count(entry["share"], "share") / whole
    if traffic.users is not None:
        return math.ceil(part * units.parse_whole(str(traffic.users), "--users")), None
    return None, part * units.parse_count(str(traffic.requests), "--requests")


def _loaded(
    name: str, entry: Mapping[str, str], asked: Asked, num_requests: float | None, traffic: TrafficQuestion
) -> TrafficClass:
    workload = asked.request.workload
    active_s = workload.active_hours_per_month * SECONDS_PER_HOUR
    cycle_s = workload.think_time_s + workload.max_ttft_s + workload.output_tokens * workload.max_tpot_s
    if num_requests is None:
        if "peak" in entry:
            raise BadInput("'peak' belongs to requests a month; users are already those of the peak")
        monthly, rate = workload.num_users / cycle_s * active_s, float("nan")
    else:
        monthly, rate = num_requests, num_requests / active_s * _peak(entry)
    return TrafficClass(
        name=name, asked=asked, requests_per_month=monthly, peak_requests_per_s=rate,
        allows_api=_yes(entry["api"]) if "api" in entry else traffic.allows_api,
    )  # fmt: skip


def _peak(entry: Mapping[str, str]) -> float:
    if "peak" not in entry:
        return PEAK
    peak = units.parse_number(entry["peak"], "peak")
    if not 1.0 <= peak <= LARGEST_PEAK:
        raise InvalidQuantity(
            "peak: '{given}' is not a peak over the mean; it is 1 or more", given=entry["peak"]
        )
    return peak


def _yes(word: str) -> bool:
    if word.lower() not in API_WORDS:
        raise UnknownName("api", word, API_WORDS, "allowed: yes, no")
    return word.lower() == "yes"
