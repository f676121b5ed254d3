"""An inference engine: what it runs on, what it reads, how it reserves memory."""

from __future__ import annotations

from dataclasses import dataclass

MEMORY_RULES = ("llamacpp", "paged", "growing")
"""How memory is reserved: everything at start; a pool of pages; growing with the sequence."""


@dataclass(frozen=True, kw_only=True)
class PoolProfile:
    """What a paged engine finds in the run that comes before its pool, and the defaults of that run, at one version."""

    bytes_per_logit: float
    """Peak of the sampler for one sequence and vocabulary entry. [bytes]"""
    base_bytes: float
    """Activations beside it that grow with nothing. [bytes]"""
    non_torch_bytes: float
    """Memory outside the allocator, one rank alone. [bytes]"""
    non_torch_split_bytes: float
    """The same of each rank of two and more: collective communication. [bytes]"""
    graph_bytes: float
    """CUDA graphs that count inside the share of the device. [bytes]"""
    batched_tokens: tuple[tuple[float, float], ...]
    """Default tokens of one batch: (from this device memory on [GiB], tokens), smallest first."""
    num_sequences: tuple[tuple[float, float], ...]
    """Default of the most sequences at once, in the same way. [count]"""
    large_above_capability: float
    """CUDA devices up to this capability have the smallest defaults, whatever their memory (vLLM: A100)."""
    whole_prompt_tokens: float
    """Prompts up to this length are read in one batch, so the profile run reads one of the whole context. [tokens]"""
    keeps_full_windows: bool
    """Do sliding layers keep every token (before the hybrid cache manager)?"""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One engine at one version."""

    name: str
    """Key: llama.cpp, ollama, vllm, sglang, tensorrt-llm, transformers, mlx ..."""
    title: str
    version: str
    memory_rule: str
    """One of MEMORY_RULES."""
    containers: tuple[str, ...]
    """Weight containers it reads."""
    quantizations: tuple[str, ...]
    """Names of the quantizations it runs; empty: all of its containers."""
    device_classes: tuple[str, ...]
    proposed_classes: tuple[str, ...]
    """Classes on which it is proposed without being asked for: those where its speed has been measured, or runs the
    same kernels as one of them."""
    min_compute_capability: float
    """CUDA devices below are refused. 0: no limit."""
    attentions: tuple[str, ...]
    """Attention kinds it runs."""
    split: str
    """How several devices share one model: layer, tensor or none."""
    max_devices: int
    kv_types: tuple[str, ...]
    """KV-cache types: f16, bf16, fp8, q8_0, q4_0 ..."""
    max_num_seqs: int
    """Most sequences that run at once by default."""
    max_batched_tokens: int
    block_tokens: int
    """Page size, or padding of the context. [tokens]"""
    ubatch_tokens: int
    """Physical batch of prefill. [tokens]"""
    can_offload: bool
    """Can part of the model stay in host memory?"""
    is_default: bool
    """Proposed without being asked for."""
    launch: str
    """Key of the export target; empty: no launch command."""
    source: str
    as_of: str
    memory_utilization: float = 1.0
    """Share of total device memory that it takes (paged); 1 elsewhere."""
    has_pipeline: bool = False
    """Can it put runs of layers on different devices and pass requests along them (beside tensor parallelism)?"""
    profile: PoolProfile | None = None
    """Paged engines: the profile run of this version."""
    keeps_all_logits: bool = False
    """llama.cpp: does it keep logits of the whole micro-batch, not of one token a slot?"""
    uses_flash_attention: bool = True
    """llama.cpp: by itself, without being told to?"""
