"""`fit`: does this model run on this machine, with what context and concurrency; if not, what would make it fit?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.asking import LARGEST_TOKENS, kv_type_named, optional
from sizewise.advisor.case_speed import decode_at, prefill_at
from sizewise.advisor.fit_hardware import hardware, joined, over_devices
from sizewise.advisor.fit_lifts import fit_lifts
from sizewise.advisor.fit_pipeline import MOST_STAGES, PipelineCase, of_one_stage, on_stages
from sizewise.advisor.fit_terms import Case, can_cache, is_possible
from sizewise.catalog import load_catalog
from sizewise.catalog.engine_versions import named_version, split_version
from sizewise.decide.baseline import rule_of_thumb_bytes
from sizewise.decide.candidates import is_sensible
from sizewise.domain.answers import FitAnswer
from sizewise.domain.decision import Deployment
from sizewise.domain.estimate import Unknown
from sizewise.domain.request import Filters, Limits
from sizewise.domain.text import T
from sizewise.errors import NotSupported
from sizewise.export import launch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.domain.engine import Engine
    from sizewise.domain.estimate import Estimate
    from sizewise.domain.model import Model
    from sizewise.domain.quantization import Quantization
    from sizewise.domain.text import Text
    from sizewise.sources.resolved import Resolved

USUAL_CONTEXT_TOKENS = 8192
"""Context asked about when nothing is said. [tokens]"""
MOST_REQUESTS = 100_000
FITS_ORDER = {"yes": 2, "tight": 1, "no": 0}
SERVER_ENGINES = ("vllm", "sglang", "llama.cpp", "ollama", "mlx")
DESKTOP_ENGINES = ("llama.cpp", "ollama", "mlx", "vllm", "sglang")
"""Which engine is meant when none is named: servers in the data centre, llama.cpp elsewhere."""
HALF_PRECISION_BITS = 16.0
"""Files with fewer bits are used as they are; from others every smaller format can be made. [bits/weight]"""
LAYERED_ENGINE = "llama.cpp"
"""Engine of unequal devices, and the one that can be asked."""
STAGED_ENGINE = "vllm"
"""Engine of pipeline stages."""
FORWARD_ENGINE = "transformers"
"""Runs models that give a score, a label or a vector."""
WITHOUT_SPEED = Unknown(reason="it does not fit, so it has no speed")


def fit(
    model: str,
    *,
    device: str | Sequence[str],
    quantization: str | None = None,
    engine: str | None = None,
    context: str | float | None = None,
    users: str | float | None = None,
    kv_type: str | None = None,
    usable: str | float | None = None,
    system: str | None = None,
    pipeline_parallel: str | float | None = None,
    ask_engine: bool = False,
    user_catalog: str | None = None,
    no_store: bool | None = None,
) -> FitAnswer:
    """The verdict for one model on one machine; without a format the one with most bits that fits.

    Arguments: `model` a catalog name, a Hugging Face id, a folder with config.json, a .gguf or .safetensors file,
    `ollama:NAME` or `modelscope:ORG/NAME`; `device` such as 'RTX 4090' or
    '2x RTX 3090'; `users` requests at the same time; several devices share it layer by layer;
    `kv_type` such as 'q8_0', or 'q8_0/f16' for K and V; `usable` memory of each device and `system` (headless,
    desktop, windows) instead of the usual reserve; `pipeline_parallel` stages that share the layers, each of an equal
    part of the devices; `ask_engine` asks llama.cpp what it would allocate.
    Raises: SizewiseError for input that cannot be used.
    """
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    found = find_model(catalog, model)
    known = found.model
    machines = hardware(
        catalog,
        [device] if isinstance(device, str) else device,
        usable=usable,
        system=system,
        uses_store=not no_store,
    )
    tokens = optional(context, units.parse_tokens, "--context", LARGEST_TOKENS)
    wanted = int(tokens) if tokens is not None else min(USUAL_CONTEXT_TOKENS, known.max_context_tokens)
    requests = optional(users, units.parse_whole, "--users", MOST_REQUESTS)
    is_unequal = len(machines) > 1
    num_stages = int(optional(pipeline_parallel, units.parse_whole, "--pipeline-parallel", MOST_STAGES) or 1)
    if num_stages > 1:
        if is_unequal or ask_engine:
            raise NotSupported(
                "--pipeline-parallel is for equal devices and for vllm or sglang, which cannot be asked"
            )
        machines = (of_one_stage(machines[0], num_stages),)
    cases = possible_cases(
        catalog, known, joined(machines) if is_unequal else machines[0], quantization=quantization,
        engine=engine or _usual_engine(is_layered=is_unequal or ask_engine, num_stages=num_stages),
        context_tokens=wanted, num_sequences=int(requests or 1), kv_type=_cache_named(kv_type), stored=found,
    )  # fmt: skip
    best = best_case([on_stages(over_devices(case, machines), num_stages) for case in cases])
    if not ask_engine:
        return answer(best)
    from sizewise.advisor.ask_engine import engine_buffers

    return replace(answer(best), engine_buffers=engine_buffers(best))


def _cache_named(text: str | None) -> str:
    """One cache type, or those of K and V with a slash between."""
    return "/".join(dict.fromkeys(kv_type_named(part) for part in (text or "f16").split("/", 1)))


def find_model(catalog: Catalog, text: str) -> Resolved:
    """A model of the catalog, or one read from a file, a folder, a hub or Ollama, with its exact weights.

    Raises: UnknownName, InvalidFile, NotSupported; GatedModel or HubUnreachable for a name on a hub.
    """
    from sizewise.sources.resolve import resolve_model

    return resolve_model(text, catalog)


def possible_cases(
    catalog: Catalog, model: Model, hardware: Machine, *, quantization: str | None, engine: str | None,
    context_tokens: int, num_sequences: int, kv_type: str, stored: Resolved | None = None,
) -> list[Case]:  # fmt: skip
    """Every engine and format that the question leaves open.

    Raises: NotSupported where nothing runs it there.
    """
    native = catalog.quantizations[model.native_format]
    formats = (
        [catalog.quantization(quantization)] if quantization
        else [native] if is_used_as_it_is(stored, native)
        else [q for q in catalog.quantizations.values() if _is_offered(q, model, native)]
    )  # fmt: skip
    engines = _engines(catalog, model, hardware, engine)
    if not engine and stored and is_used_as_it_is(stored, native):
        engines = [e for e in engines if not stored.container or stored.container in e.containers]
    cases = [
        Case(
            catalog=catalog, model=model, quantization=q, engine=e, machine=hardware, context_tokens=context_tokens,
            num_sequences=num_sequences, kv_type=kv_type, stored=stored,
        )
        for e in engines for q in formats if is_possible(e, model, q, hardware) and can_cache(e, kv_type)
    ]  # fmt: skip
    if not cases:
        raise NotSupported(
            "no engine of {engines} runs {model} in {formats} with a {kv_type} cache on {hardware}; "
            "name another --engine, --quantization or --device",
            engines=", ".join(e.name for e in engines), model=model.name, kv_type=kv_type,
            formats=quantization or "any proposed format", hardware=hardware.device.name,
        )  # fmt: skip
    return cases


def _usual_engine(*, is_layered: bool, num_stages: int) -> str | None:
    """The engine that is meant where none is named; None: several are tried."""
    if num_stages > 1:
        return STAGED_ENGINE
    return LAYERED_ENGINE if is_layered else None


def _engines(catalog: Catalog, model: Model, hardware: Machine, named: str | None) -> list[Engine]:
    """The engine of this name, at its version where one is given ('vllm@0.19'); else those that are usual there.

    Raises: UnknownName, NotSupported.
    """
    if named:
        name, version = split_version(named)
        return [named_version(catalog.engine(name), version, hardware.device.compute_capability)]
    order = DESKTOP_ENGINES if hardware.device.kind != "datacenter" else SERVER_ENGINES
    names = order if model.is_generator else (FORWARD_ENGINE,)
    return [catalog.engines[name] for name in names if name in catalog.engines]


def is_used_as_it_is(stored: Resolved | None, native: Quantization) -> bool:
    """Files that are quantized already, and GGUF files, are not converted unasked."""
    if stored is None or stored.quantization is None:
        return False
    return stored.container == "gguf" or native.nominal_bits < HALF_PRECISION_BITS


def _is_offered(quantization: Quantization, model: Model, native: Quantization) -> bool:
    """The published format; of a generator also what the search would propose: never more bits than published."""
    if not model.is_generator:
        return quantization.name == native.name
    return is_sensible(quantization, native, Filters(), Limits())


def best_case(cases: list[Case]) -> Case:
    """Of the best verdict the most bits; where nothing fits, what comes closest.

    Closest is first an engine that may keep a part in host memory: what helps on the same hardware needs one.
    """
    best = max(FITS_ORDER[c.verdict] for c in cases)
    able = [c for c in cases if FITS_ORDER[c.verdict] == best]
    if best > 0:
        return max(able, key=lambda c: c.quantization.nominal_bits)
    return min(able, key=lambda c: (not c.engine.can_offload, c.shortfall_bytes))


def answer(case: Case) -> FitAnswer:
    """The verdict in full."""
    verdict = case.verdict
    too_long = case.context_tokens > case.model.max_context_tokens
    deployment = _deployment(case)
    start = launch(deployment)
    can_start = case.model.is_generator and verdict != "no"
    return FitAnswer(
        model=case.model.name,
        kind=case.model.kind,
        quantization=case.quantization.name,
        engine=case.engine.name,
        engine_version=case.engine.version,
        device=case.machine.device.name,
        num_devices=case.machine.num_devices * case.num_stages,
        split=case.split,
        kv_type=case.kv_type,
        context_tokens=case.context_tokens,
        num_sequences=case.num_sequences,
        fits=verdict,
        binding="" if verdict != "no" else ("context" if too_long else "memory"),
        memory=case.parts,
        memory_bytes=case.total,
        usable_bytes=case.usable_bytes,
        shortfall_bytes=max(case.shortfall_bytes, 0.0),
        max_context_tokens=case.max_context(),
        max_concurrency=case.max_concurrency(float(case.context_tokens)),
        expected_concurrency=case.max_concurrency(case.context_tokens / 2),
        decode_tokens_per_s=_decode_rate(case) if case.model.is_generator else None,
        texts_per_s=None if case.model.is_generator else _text_rate(case),
        rule_of_thumb_bytes=rule_of_thumb_bytes(case.model.num_params),
        lifts=() if verdict == "yes" else fit_lifts(case),
        caveats=tuple(_caveats(case)),
        command=start.command if can_start else "",
        prepare=start.prepare if can_start else (),
        layers_per_device=case.layers_per_device,
        stages=case.stage_answers() if isinstance(case, PipelineCase) else (),
    )


def _decode_rate(case: Case) -> Estimate | Unknown:
    """One stream alone, half of the context held. [tokens/s]"""
    return WITHOUT_SPEED if case.verdict == "no" else decode_at(case, case.context_tokens / 2)


def _text_rate(case: Case) -> Estimate | Unknown:
    """Texts of the whole context, one forward pass each. [texts/s]"""
    if case.verdict == "no":
        return WITHOUT_SPEED
    rate = prefill_at(case, float(case.context_tokens))
    return rate if isinstance(rate, Unknown) else rate.scaled(1.0 / case.context_tokens)


def _own_evidence(case: Case) -> list[Text]:
    """What the speed rests on where it was measured on this computer."""
    own = case.machine.device.calibration
    if own is None or own.engine_family != case.engine.name:
        return []
    if own.own_rate(case.model.name, case.quantization.name, "decode"):
        return [T("the speed is that of your own measurement of this model in this format")]
    return [
        T("the speed is corrected by {count} measurements of this computer", count=str(own.num_measurements))
    ]


def _caveats(case: Case) -> list[Text]:
    found = list(case.stored.caveats) if case.stored else []
    found += _own_evidence(case)
    if not case.model.is_generator:
        found.append(
            T(
                "not a generator: this model gives a {kind}, by one forward pass for each text; it writes no tokens",
                kind=case.model.kind,
            )
        )
    if not case.model.has_exact_shape and not case.is_stored:
        found.append(T("its tensors are not all known: weights are parameters times bits"))
    if case.machine.device.evidence == "recalled":
        found.append(T("the figures of this device are recalled, not read from a source"))
    if case.machine.device.usable_basis == "assumed":
        found.append(T("the usable memory of this device is assumed; the driver's own figure is better"))
    return found


def _deployment(case: Case) -> Deployment:
    return Deployment(
        model=case.model.name,
        quantization=case.quantization.name,
        engine=case.engine.name,
        engine_version=case.engine.version,
        device=case.machine.device.name,
        num_devices=case.machine.num_devices * case.num_stages,
        pipeline_stages=case.num_stages,
        replicas=1,
        context_tokens=case.context_tokens,
        num_sequences=case.num_sequences,
        kv_type=case.kv_type,
        split=case.split,
        path="owned",
        memory_utilization=case.engine.memory_utilization,
        is_native_format=case.quantization.name == case.model.native_format,
        device_is_cpu=case.machine.device.kind == "cpu",
        layers_per_device=case.layers_per_device,
        gguf_path=case.stored.gguf_path if case.stored else "",
        checkpoint_path=case.stored.checkpoint_path if case.stored else "",
        download=case.stored.download if case.stored else "",
    )
