"""`fit --pipeline-parallel N`: the layers of a model on N stages, each of so many equal devices."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sizewise.advisor.fit_terms import Case, cache_bytes
from sizewise.domain.answers import PipelineStage
from sizewise.errors import NotSupported
from sizewise.estimate.columns import first_value
from sizewise.estimate.memory import MemoryTerms, max_sequences, memory_terms, shortfall_bytes
from sizewise.estimate.memory_answers import memory_parts, memory_total
from sizewise.estimate.pipeline import Stage, stage_engine, stage_models, stage_weights, stages

if TYPE_CHECKING:
    from sizewise.domain.device import Machine
    from sizewise.domain.estimate import Estimate
    from sizewise.domain.number import Array

MOST_STAGES = 64


@dataclass(frozen=True, kw_only=True)
class PipelineCase(Case):
    """A model on stages; its machine is the devices of one stage."""

    pipeline_stages: int

    @property
    def num_stages(self) -> int:
        """Stages of the pipeline."""
        return self.pipeline_stages

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Layers and ends of every stage."""
        return stages(self.model.num_layers, self.pipeline_stages)

    def terms_at(self, context_tokens: float | Array) -> MemoryTerms:
        """Terms of the stage with the least room left."""
        terms = [self.stage_terms(stage, context_tokens) for stage in self._distinct]
        return max(terms, key=lambda t: first_value(shortfall_bytes(t, float(self.num_sequences))))

    def stage_terms(self, stage: Stage, context_tokens: float | Array) -> MemoryTerms:
        """Memory terms of one device of a stage."""
        models, weights, machines = self.columns
        k_bytes, v_bytes = cache_bytes(self.kv_type)
        return memory_terms(
            self.rule, weights=stage_weights(weights, models, stage), models=stage_models(models, stage),
            machines=machines, engine=stage_engine(self.engine, stage), context_tokens=context_tokens,
            k_bytes_per_element=k_bytes, v_bytes_per_element=v_bytes, split=self.split,
        )  # fmt: skip

    def max_concurrency(self, context_tokens: float) -> int:
        """Requests that hold so much at once on every stage."""
        found = (max_sequences(self.stage_terms(stage, context_tokens)) for stage in self._distinct)
        return int(min(first_value(count) for count in found))

    def stage_answers(self) -> tuple[PipelineStage, ...]:
        """Layers and memory of one device of every stage."""
        return tuple(
            PipelineStage(num_layers=stage.num_layers, memory_bytes=self._stage_bytes(stage))
            for stage in self.stages
        )

    def _stage_bytes(self, stage: Stage) -> Estimate:
        terms = self.stage_terms(stage, float(self.context_tokens))
        parts = memory_parts(
            terms,
            rule=self.rule,
            num_sequences=self.num_sequences,
            weights_basis=self.weights.basis,
            fitted=self.fitted_ranges,
        )
        return memory_total(parts)

    @cached_property
    def _distinct(self) -> tuple[Stage, ...]:
        return tuple(dict.fromkeys(self.stages))


def of_one_stage(machine: Machine, num_stages: int) -> Machine:
    """The devices of one stage.

    Raises: NotSupported where they do not divide.
    """
    if num_stages > MOST_STAGES or machine.num_devices % num_stages:
        raise NotSupported(
            "{n} stages need a multiple of {n} equal devices; --device names {count}",
            n=str(num_stages), count=str(machine.num_devices),
        )  # fmt: skip
    return replace(machine, num_devices=machine.num_devices // num_stages)


def on_stages(case: Case, num_stages: int) -> Case:
    """The case on so many stages; as it is on one.

    Raises: NotSupported for an engine without pipeline parallelism, and for more stages than layers.
    """
    if num_stages == 1:
        return case
    if not case.engine.has_pipeline or not case.model.is_generator:
        raise NotSupported(
            "{engine} has no pipeline stages; leave out --pipeline-parallel, or name --engine vllm or sglang",
            engine=case.engine.title,
        )
    if num_stages > case.model.num_layers:
        raise NotSupported(
            "{n} stages for {layers} layers; name fewer stages",
            n=str(num_stages), layers=str(case.model.num_layers),
        )  # fmt: skip
    given = {f.name: getattr(case, f.name) for f in fields(Case)}
    return PipelineCase(**given, pipeline_stages=num_stages)
