"""`fit --ask-engine`: what llama.cpp itself would allocate, beside what was predicted."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.advisor.fit_terms import Case, cache_types
from sizewise.catalog.weights_table import mixture_rules
from sizewise.domain.answers import EngineBuffer
from sizewise.errors import NotSupported
from sizewise.estimate.columns import first_value
from sizewise.proof.engine_architectures import BUILD, copied_bytes
from sizewise.proof.engine_oracle import Oracle, OracleSettings

if TYPE_CHECKING:
    from sizewise.domain.number import Number
    from sizewise.proof.engine_oracle import EngineReply

FILE_ORIGINS = ("file", "ollama")
"""Where a GGUF file is one on this computer."""
ASKED_RULE = "llamacpp"
"""Memory rule of the engines that can be asked."""


def engine_buffers(case: Case) -> tuple[EngineBuffer, ...]:
    """Weights, cache and compute buffer of this case on one device, predicted and as the engine reports them.

    Raises: MissingExtra without the engine; NotSupported for other engines, formats and architectures.
    """
    rules = mixture_rules()
    if case.rule != ASKED_RULE:
        raise NotSupported("only llama.cpp can be asked; name --engine llama.cpp")
    file = _own_file(case)
    is_known_type = case.quantization.name in rules.base_types or case.quantization.name in rules.relatives
    if file is None and not is_known_type:
        raise NotSupported(
            "llama.cpp has no file type '{given}'; name --quantization Q4_K_M or another of its types",
            given=case.quantization.name,
        )
    with Oracle() as oracle:
        settings = [_settings(case)]
        reply = (
            oracle.ask_file(file, settings) if file
            else oracle.ask(case.model, case.quantization.name, rules, settings)
        )[0]  # fmt: skip
    if reply.error:
        raise NotSupported("the engine refuses: {problem}", problem=reply.error)
    return _lines(case, reply)


def _own_file(case: Case) -> Path | None:
    """The GGUF file that the model was read from, whose own header the engine then reads; None without one."""
    if not case.is_stored or case.stored is None or case.stored.origin not in FILE_ORIGINS:
        return None
    return Path(case.stored.gguf_path) if case.stored.gguf_path else None


def _settings(case: Case) -> OracleSettings:
    k_type, v_type = cache_types(case.kv_type)
    return OracleSettings(
        context_tokens=case.context_tokens * case.num_sequences,
        ubatch_tokens=case.engine.ubatch_tokens,
        k_type=k_type,
        v_type=v_type,
        num_slots=case.num_sequences,
    )


def _lines(case: Case, reply: EngineReply) -> tuple[EngineBuffer, ...]:
    given = {f.name: getattr(case, f.name) for f in fields(Case)}
    terms = Case(**given | {"machine": replace(case.machine, num_devices=1)}).terms
    cache = first_value(terms.kv_constant) + case.num_sequences * first_value(terms.per_sequence)
    copied = 0.0 if _own_file(case) else copied_bytes(case.model, case.weights.output_bytes)
    predicted: tuple[tuple[str, Number, int], ...] = (
        ("weights", case.weights.file_bytes + copied, reply.weights_bytes),
        ("kv_cache", cache, reply.kv_bytes),
        ("compute", first_value(terms.compute), reply.compute_bytes),
    )
    return tuple(
        EngineBuffer(part=part, predicted_bytes=float(ours), engine_bytes=float(theirs), engine_build=BUILD)
        for part, ours, theirs in predicted
    )
