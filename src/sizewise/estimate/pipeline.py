"""Pipeline parallelism: which layers, and which ends of the model, lie on which stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.engine import Engine
    from sizewise.estimate.columns import ModelColumns, WeightColumns


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a pipeline."""

    num_layers: int
    is_first: bool
    """Holds the token embedding."""
    is_last: bool
    """Holds the output matrix and the sampler."""


def stages(num_layers: int, num_stages: int) -> tuple[Stage, ...]:
    """Layers of every stage: equal, what is left over on the stages before the last, the nearest first.

    Source: vLLM, distributed/utils.py (get_pp_indices); SGLang does the same.

    >>> [stage.num_layers for stage in stages(61, 4)]
    [15, 15, 16, 15]
    """
    even, left = divmod(num_layers, num_stages)
    last = num_stages - 1
    return tuple(
        Stage(num_layers=even + (last - left <= i < last), is_first=i == 0, is_last=i == last)
        for i in range(num_stages)
    )


def stage_weights(weights: WeightColumns, models: ModelColumns, stage: Stage) -> WeightColumns:
    """Weights of one stage: its layers, and the embedding or the output matrix where it holds them. [bytes].

    The embedding is as large as the output matrix; a tied one is on the first and on the last stage.
    Valid for: checkpoints whose embedding and output have the same number format; layers count as equal.
    """
    share = stage.num_layers / models.num_layers
    ends = weights.output_bytes * (2.0 - models.ties_embeddings)
    held = weights.output_bytes * (stage.is_first + stage.is_last)
    return replace(
        weights,
        device_bytes=(weights.device_bytes - ends) * share + held,
        expert_bytes=weights.expert_bytes * share,
        output_bytes=weights.output_bytes * stage.is_last,
    )


def stage_models(models: ModelColumns, stage: Stage) -> ModelColumns:
    """Cache and state of the layers of one stage. [elements, bytes].

    Valid for: layers of different kinds that take turns, so that every stage has its share of each.
    """
    share = stage.num_layers / models.num_layers
    return replace(
        models,
        full_elements_per_token=models.full_elements_per_token * share,
        sliding_elements_per_token=models.sliding_elements_per_token * share,
        state_bytes=models.state_bytes * share,
        state_bytes_vllm=models.state_bytes_vllm * share,
    )


def stage_engine(engine: Engine, stage: Stage) -> Engine:
    """The engine as it profiles on one stage: only the last one samples; every stage talks to another."""
    if engine.profile is None:
        return engine
    profile = replace(engine.profile, non_torch_bytes=engine.profile.non_torch_split_bytes)
    if not stage.is_last:
        profile = replace(profile, bytes_per_logit=0.0)
    return replace(engine, profile=profile)
