"""Hypothesis strategies that build valid domain values: models, devices, machines, estimates."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from sizewise.domain.device import DEVICE_CLASSES, Device, Machine
from sizewise.domain.estimate import BASES, Estimate
from sizewise.domain.model import CacheShape, Experts, Latent, LayerCounts, Model
from sizewise.units import GIB

HEAD_DIMS = (64, 80, 96, 128, 256)


@st.composite
def estimates(draw: st.DrawFn, largest: float = 1e15) -> Estimate:
    """Ordered ranges of amounts of at least zero."""
    low, likely, high = sorted(draw(st.lists(st.floats(0, largest), min_size=3, max_size=3)))
    return Estimate(low=low, likely=likely, high=high, basis=draw(st.sampled_from(BASES)))


@st.composite
def layer_counts(draw: st.DrawFn) -> LayerCounts:
    """1 to 128 layers, some with a window."""
    num_layers = draw(st.integers(1, 128))
    num_sliding = draw(st.sampled_from((0, num_layers // 2, num_layers * 5 // 6)))
    return LayerCounts(full=num_layers - num_sliding, sliding=num_sliding)


@st.composite
def experts(draw: st.DrawFn, num_layers: int) -> Experts:
    """Mixtures of 4 to 512 experts with at least one layer of them."""
    num_experts = draw(st.sampled_from((4, 8, 64, 128, 256, 512)))
    return Experts(
        num_experts=num_experts,
        num_experts_per_token=draw(st.integers(1, min(16, num_experts))),
        num_shared_experts=draw(st.integers(0, 2)),
        ffn_size=128 * draw(st.integers(1, 64)),
        num_dense_layers=draw(st.integers(0, min(3, num_layers - 1))),
    )


LATENTS = st.none() | st.just(
    Latent(kv_lora_rank=512, q_lora_rank=1536, qk_nope_dim=128, qk_rope_dim=64, v_dim=128)
)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Generators: dense or a mixture of experts; with full, windowed or latent attention."""
    latent = draw(LATENTS)
    counts = draw(layer_counts()) if latent is None else LayerCounts(full=draw(st.integers(1, 80)))
    num_layers = counts.full + counts.sliding
    num_kv_heads = draw(st.sampled_from((1, 2, 4, 8)))
    num_heads = num_kv_heads * draw(st.sampled_from((1, 2, 4, 8)))
    head_dim = draw(st.sampled_from(HEAD_DIMS))
    mixture = draw(st.none() | experts(num_layers))
    ffn_size = 128 * draw(st.integers(2, 256))
    hidden_size = 128 * draw(st.integers(2, 128))
    vocab_size = draw(st.integers(1_000, 262_144))
    shared = (
        2 * vocab_size * hidden_size + num_layers * hidden_size * 2 * (num_heads + num_kv_heads) * head_dim
    )
    num_params, num_active_params = _parameters(shared, num_layers, hidden_size, ffn_size, mixture)
    return Model(
        name="maker/model",
        family="family",
        kind="generator",
        num_params=num_params,
        num_active_params=num_active_params,
        num_layers=num_layers,
        hidden_size=hidden_size,
        ffn_size=ffn_size,
        num_heads=num_heads,
        num_kv_heads=num_kv_heads,
        head_dim=head_dim,
        vocab_size=vocab_size,
        ties_embeddings=False,
        attention="mla" if latent else "sliding" if counts.sliding else "gqa",
        layers=counts,
        cache=_cache(counts, num_kv_heads, head_dim, draw(st.sampled_from((512, 1024, 4096))), latent),
        latent=latent,
        experts=mixture,
        max_context_tokens=draw(st.sampled_from((2048, 32768, 131072, 10_485_760))),
        native_format="BF16",
        licence="apache-2.0",
        commercial_use="yes",
        languages=("en",),
        released="2026-01",
        tasks=("chat",),
        is_instruct=True,
        source="generated",
        as_of="2026-11-23",
    )


def _parameters(
    shared: int, num_layers: int, hidden: int, ffn: int, mixture: Experts | None
) -> tuple[float, float]:
    """All and active parameters: the shared ones (embeddings, attention) and gated feed-forward blocks."""
    if mixture is None:
        return (float(shared + num_layers * 3 * hidden * ffn),) * 2
    one_expert = (num_layers - mixture.num_dense_layers) * 3 * hidden * mixture.ffn_size
    shared += mixture.num_dense_layers * 3 * hidden * ffn + one_expert * mixture.num_shared_experts
    return (
        float(shared + one_expert * mixture.num_experts),
        float(shared + one_expert * mixture.num_experts_per_token),
    )


def _cache(
    counts: LayerCounts, kv_heads: int, head_dim: int, window_tokens: int, latent: Latent | None
) -> CacheShape:
    per_layer = latent.kv_lora_rank + latent.qk_rope_dim if latent else 2 * kv_heads * head_dim
    return CacheShape(
        full_elements_per_token=counts.full * per_layer,
        sliding_elements_per_token=counts.sliding * per_layer,
        window_tokens=window_tokens if counts.sliding else 0,
        state_bytes=0.0,
        state_bytes_vllm=0.0,
        is_latent=latent is not None,
        num_kv_heads=1 if latent else kv_heads,
    )


@st.composite
def devices(draw: st.DrawFn) -> Device:
    """Accelerators of 2 to 288 GiB, 50 GB/s to 8 TB/s; prices may be unknown."""
    memory_bytes = draw(st.floats(2, 288)) * GIB
    fp16_flop_per_s = draw(st.floats(1e12, 2.5e15))
    buy_usd = draw(st.just(math.nan) | st.floats(50, 60_000))
    rent_usd_per_hour = draw(st.just(math.nan) | st.floats(0.05, 12))
    return Device(
        name="device",
        vendor="NVIDIA",
        kind="consumer",
        device_class=draw(st.sampled_from(DEVICE_CLASSES)),
        architecture="",
        memory_bytes=memory_bytes,
        usable_bytes=memory_bytes * draw(st.floats(0.6, 0.99)),
        usable_basis="derived",
        bandwidth_bytes_per_s=draw(st.floats(50e9, 8e12)),
        fp32_flop_per_s=fp16_flop_per_s / 4,
        fp16_flop_per_s=fp16_flop_per_s,
        fp8_flop_per_s=2 * fp16_flop_per_s,
        int8_op_per_s=2 * fp16_flop_per_s,
        fp4_flop_per_s=math.nan,
        link_bytes_per_s=draw(st.floats(12.5e9, 900e9)),
        compute_capability=draw(st.sampled_from((6.1, 7.5, 8.6, 8.9, 9.0, 10.0))),
        tdp_watts=draw(st.floats(15, 1400)),
        buy_usd=buy_usd,
        buy_usd_low=buy_usd * 0.8,
        buy_usd_high=buy_usd * 1.3,
        buy_price_kind="" if math.isnan(buy_usd) else "street",
        buy_price_as_of="2026-11-23",
        buy_price_source="generated",
        rent_usd_per_hour=rent_usd_per_hour,
        rent_usd_per_hour_low=rent_usd_per_hour * 0.5,
        rent_usd_per_hour_high=rent_usd_per_hour * 2,
        rent_num_offers=0 if math.isnan(rent_usd_per_hour) else 3,
        rent_price_as_of="2026-11-23",
        rent_price_source="generated",
        released="2025",
        evidence="file",
        source="generated",
        as_of="2026-11-23",
    )


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """One to eight equal devices in a host."""
    return Machine(
        device=draw(devices()),
        num_devices=draw(st.sampled_from((1, 2, 4, 8))),
        is_owned=draw(st.booleans()),
        host_memory_bytes=draw(st.floats(8, 2048)) * GIB,
        host_bandwidth_bytes_per_s=draw(st.floats(20e9, 600e9)),
    )
