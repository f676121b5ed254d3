"""What would make it fit, in the order in which people would rather have it; each change verified by the same estimate.

Fewer slots or a shorter context; a smaller cache type; fewer bits; more of the same cards; experts or layers in host
memory, with what that costs in speed; the cheapest other device; a smaller model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise.advisor.case_speed import terms_of_case
from sizewise.advisor.fit_terms import Case, is_possible, smaller_formats
from sizewise.advisor.space import MULTI_DEVICE_KINDS
from sizewise.catalog.speed_constants import coefficients
from sizewise.decide import wording
from sizewise.decide.candidates import EIGHT_BIT_CACHES
from sizewise.domain.device import Machine
from sizewise.domain.request import Limits
from sizewise.domain.text import T
from sizewise.estimate.columns import first_value
from sizewise.estimate.memory_answers import max_device_layers
from sizewise.estimate.offload import USUAL_HOST_BANDWIDTH_BYTES_PER_S, OnHost, offloaded_token_s
from sizewise.estimate.placement import expert_layers_on_host
from sizewise.units import format_bytes, format_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.text import Text

MOST_LIFTS = 6


def fit_lifts(case: Case) -> tuple[Text, ...]:
    """Changes that alone make it fit."""
    if case.context_tokens > case.model.max_context_tokens:
        return (
            T(
                "a context of at most {n} tokens, the model's own limit",
                n=f"{case.model.max_context_tokens:,}",
            ),
        )
    found = [text for step in STEPS for text in step(case)]
    return tuple(found[:MOST_LIFTS])


def _fewer_sequences(case: Case) -> Iterator[Text]:
    most = case.max_concurrency(float(case.context_tokens))
    if 1 <= most < case.num_sequences:
        yield T("{n} requests at once instead of {asked}", n=str(most), asked=str(case.num_sequences))


def _shorter_context(case: Case) -> Iterator[Text]:
    most = case.max_context()
    if 0 < most < case.context_tokens:
        yield T("a context of {n} tokens", n=format_tokens(most))


def _smaller_cache(case: Case) -> Iterator[Text]:
    for kv_type in EIGHT_BIT_CACHES:
        changed = replace(case, kv_type=kv_type)
        if (
            case.kv_type not in EIGHT_BIT_CACHES
            and kv_type in case.engine.kv_types
            and changed.verdict != "no"
        ):
            yield T("the KV cache in {kv_type} (8 bits: a small loss)", kv_type=kv_type)


def _fewer_bits(case: Case) -> Iterator[Text]:
    for changed in smaller_formats(case):
        if changed.verdict != "no":
            yield T(
                "the weights in {quantization}, {size} on the device",
                quantization=changed.quantization.name, size=format_bytes(changed.total.likely),
            )  # fmt: skip
            return


def _more_devices(case: Case) -> Iterator[Text]:
    if case.machine.device.kind not in MULTI_DEVICE_KINDS or case.layers_per_device:
        return
    for count in range(case.machine.num_devices + 1, Limits().max_devices // case.num_stages + 1):
        machine = replace(case.machine, num_devices=count, num_available=count)
        changed = replace(case, machine=machine)
        if is_possible(case.engine, case.model, case.quantization, machine) and changed.verdict != "no":
            every = replace(machine, num_devices=count * case.num_stages)
            yield T("{machine}", machine=wording.machine_name(every))
            return


def _experts_on_host(case: Case) -> Iterator[Text]:
    """The experts of as few layers as suffice."""
    experts = case.model.experts
    if (
        experts is None
        or not case.engine.can_offload
        or case.split != "none"
        or case.machine.device.is_unified
    ):
        return
    _, weights, _ = case.columns
    num_layers = case.model.num_layers - experts.num_dense_layers
    moved = first_value(
        expert_layers_on_host(
            shortfall_bytes=case.shortfall_bytes,
            expert_bytes=weights.expert_bytes,
            num_expert_layers=float(num_layers),
        )
    )
    if not moved > 0:
        return
    share, expert_bytes = moved / num_layers, first_value(weights.expert_bytes)
    rate = _offloaded_rate(case, OnHost(0.0, share))
    yield T(
        "the experts of {n} layers in host memory ({size} of RAM, --n-cpu-moe {flag}): about {rate} tokens/s",
        n=f"{moved:.0f}", size=format_bytes(expert_bytes * share), flag=f"{moved + experts.num_dense_layers:.0f}",
        rate=significant(rate, 2),
    )  # fmt: skip


def _cache_on_host(case: Case) -> Iterator[Text]:
    """The whole cache in host memory; weights and buffers stay."""
    if not (case.engine.can_offload and case.split == "none") or case.machine.device.is_unified:
        return
    cache = case.num_sequences * first_value(case.terms.per_sequence) + first_value(case.terms.kv_constant)
    if case.shortfall_bytes <= cache:
        yield T(
            "the KV cache in host memory ({size} of RAM, --no-kv-offload): slow with long texts",
            size=format_bytes(cache),
        )


def _layers_on_host(case: Case) -> Iterator[Text]:
    if not (case.engine.can_offload and case.split == "none") or case.machine.device.is_unified:
        return
    _, weights, _ = case.columns
    placed = max_device_layers(
        case.terms,
        weights=weights,
        num_layers=float(case.model.num_layers),
        num_sequences=float(case.num_sequences),
    )
    layers = int(first_value(placed.device_layers))
    if not 0 < layers < case.model.num_layers:
        return
    share = 1.0 - layers / case.model.num_layers
    rate = _offloaded_rate(case, OnHost(share, share))
    yield T(
        "{n} of {all} layers on the device (-ngl {n}), the rest in host memory ({size} of RAM): about {rate} tokens/s",
        n=str(layers), all=str(case.model.num_layers), size=format_bytes(first_value(placed.host_bytes)),
        rate=significant(rate, 2),
    )  # fmt: skip


def _offloaded_rate(case: Case, on_host: OnHost) -> float:
    """One stream with part of the reading done by the host, half of the context held. [tokens/s]"""
    models, weights, _ = case.columns
    constants = coefficients(case.engine.name, [case.machine.device], case.quantization.speed_class)
    terms = terms_of_case(case, constants, case.context_tokens / 2)
    known = case.machine.host_bandwidth_bytes_per_s
    token_s = offloaded_token_s(
        terms,
        weights=weights,
        models=models,
        on_host=on_host,
        host_bandwidth_bytes_per_s=known if known > 0 else USUAL_HOST_BANDWIDTH_BYTES_PER_S,
    )
    return 1.0 / first_value(token_s)


def _other_device(case: Case) -> Iterator[Text]:
    """The cheapest device with a price on which it fits alone."""
    if case.layers_per_device or case.num_stages > 1:
        return
    priced = sorted(
        (d for d in case.catalog.devices.values() if d.buy_usd > 0 and d.buy_price_kind == "street"),
        key=lambda d: (d.buy_usd, d.name),
    )
    for device in priced:
        machine = Machine(device=device)
        if device.name == case.machine.device.name:
            continue
        if (
            is_possible(case.engine, case.model, case.quantization, machine)
            and replace(case, machine=machine).verdict == "yes"
        ):
            yield T("one {device} (about {price})", device=device.name, price=wording.money(device.buy_usd))
            return


def _smaller_model(case: Case) -> Iterator[Text]:
    """The largest smaller model of the same family that fits as asked."""
    family = [
        m for m in case.catalog.models.values()
        if m.family == case.model.family and m.kind == case.model.kind and m.num_params < case.model.num_params
        and m.is_instruct == case.model.is_instruct
    ]  # fmt: skip
    for model in sorted(family, key=lambda m: (-m.num_params, m.name)):
        changed = replace(case, model=model)
        if is_possible(case.engine, model, case.quantization, case.machine) and changed.verdict != "no":
            yield T("the smaller {model}", model=model.name)
            return


STEPS = (
    _fewer_sequences, _shorter_context, _smaller_cache, _fewer_bits, _more_devices, _experts_on_host, _cache_on_host,
    _layers_on_host, _other_device, _smaller_model,
)  # fmt: skip
"""Kinds of changes, dearest last."""
