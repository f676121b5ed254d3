"""One deployment whose capacity is asked: chosen like `fit` and `recommend` choose, and computed by their functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.options import deployment_of
from sizewise.advisor.space import Row, build_space
from sizewise.catalog.speed_constants import band
from sizewise.decide.evaluate import evaluate, mean_held_tokens, physics
from sizewise.decide.search import as_grid
from sizewise.errors import NotSupported
from sizewise.estimate.columns import first_value
from sizewise.estimate.memory import max_sequences
from sizewise.estimate.simulate_state import SimulatedEngine, simulated_engine
from sizewise.estimate.speed import StepTerms
from sizewise.estimate.steady import Replica

if TYPE_CHECKING:
    from sizewise.catalog import Catalog
    from sizewise.catalog.speed_constants import Band
    from sizewise.decide.evaluate import Block, Physics
    from sizewise.domain.decision import Deployment
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.request import Request
    from sizewise.estimate.lengths import Lengths

CROWD = 1000.0
"""Users with whom engines and formats are compared: more than one machine carries, or all of them. [users]"""
PAGED = "paged"
"""Memory rule of engines that give cache page by page, and take it back when it runs out."""
STALLING_RULES = frozenset({"growing"})
"""Memory rules of engines that read prompts apart from writing answers. Assumed."""
MOST_PLACES = 4096
"""Places that are simulated at most. [count]"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row on a machine under a request."""

    row: Row
    machine: Machine
    block: Block
    request: Request

    @property
    def known(self) -> Physics:
        """What the hardware does with the model."""
        return physics(self.block, self.request)

    @property
    def max_sequences(self) -> int:
        """Requests that have room at once, each with its whole context."""
        return int(first_value(max_sequences(self.known.memory)))

    @property
    def expected_sequences(self) -> int:
        """Requests of the usual length that run at once, prompt and half of the answer.

        Pages are given as texts grow, so more have room than with their whole context each; slots are as long as
        the context, however short the text.
        """
        if not self._is_paged:
            return self.max_sequences
        held = self._pool_tokens() / mean_held_tokens(self.request.workload)
        return max(min(int(held), self.row.engine.max_num_seqs), self.max_sequences)

    @property
    def _is_paged(self) -> bool:
        return self.row.engine.memory_rule == PAGED

    @property
    def deployment(self) -> Deployment:
        """The deployment with all the requests that it has room for."""
        values = evaluate(self.block, self.request)
        chosen = deployment_of(self.row, self.machine, self.block, values, self.request)
        return replace(chosen, replicas=1, num_sequences=self.max_sequences)

    def band(self, phase: str) -> Band:
        """80 % range of the constants behind this figure."""
        kind = "moe" if self.row.model.experts else "dense"
        return band(
            self.row.engine.name, self.machine.device, phase, kind, model_family=self.row.model.family
        )

    def replica(self, inputs: Lengths, outputs: Lengths) -> Replica:
        """The terms of the closed forms, as single numbers."""
        known = self.known
        return Replica(
            terms=_single(known.step),
            prompt_s=first_value(known.prompt.work_s),
            launch_s=first_value(known.prompt.launch_s),
            output_tokens=outputs.mean_tokens,
            input_variation=inputs.variation,
            output_variation=outputs.variation,
            max_sequences=float(self.expected_sequences),
        )

    def simulated(self) -> SimulatedEngine:
        """The same replica as the simulator sees it; engines with pages hold what their pool holds."""
        known, workload, engine = self.known, self.request.workload, self.row.engine
        longer = replace(
            workload,
            input_tokens=2 * workload.input_tokens,
            context_tokens=max(
                workload.context_tokens, int(2 * workload.input_tokens + workload.output_tokens)
            ),
        )
        twice = physics(self.block, replace(self.request, workload=longer))
        terms = _single(known.step)
        cached_s = (first_value(twice.step.sequence_s) - float(terms.sequence_s)) / workload.input_tokens
        return simulated_engine(
            terms,
            held_tokens=mean_held_tokens(workload),
            cache_token_s=max(cached_s, 0.0),
            input_tokens=workload.input_tokens,
            prompt_s=first_value(known.prompt.work_s),
            double_prompt_s=first_value(twice.prompt.work_s),
            launch_s=first_value(known.prompt.launch_s),
            max_running=min(engine.max_num_seqs if self._is_paged else self.max_sequences, MOST_PLACES),
            token_budget=engine.max_batched_tokens,
            pool_tokens=self._pool_tokens() if self._is_paged else np.inf,
            block_tokens=engine.block_tokens,
            stalls_answers=engine.memory_rule in STALLING_RULES,
        )

    def _pool_tokens(self) -> float:
        """Tokens in the pages that the memory leaves room for; one whole request at least. [tokens]"""
        memory, context = self.known.memory, self.request.workload.context_tokens
        room = first_value((memory.budget - memory.fixed) / memory.per_sequence)
        return float(np.floor(max(room, 1.0) * context) + 2 * self.row.engine.block_tokens)


def _single(terms: StepTerms) -> StepTerms:
    """Terms of one candidate as plain numbers."""
    return StepTerms(**{name: first_value(getattr(terms, name)) for name in terms.__dataclass_fields__})


def chosen_case(catalog: Catalog, request: Request, model: Model, machine: Machine) -> Case:
    """The asked format and engine; else the most bits that carry somebody, and the engine that carries most.

    Raises: NotSupported where nothing runs it there, or where it does not fit.
    """
    if not model.is_generator:
        raise NotSupported("{model} writes no text, so it has no users who wait for tokens", model=model.name)
    crowd = replace(request, workload=replace(request.workload, num_users=CROWD))
    space = build_space(catalog, request, [model], [machine])
    ranked: list[tuple[tuple[float, ...], Case]] = []
    for block in space.blocks:
        values = evaluate(as_grid(block), crowd)
        for i, row_id in enumerate(block.row_ids.tolist()):
            row = space.rows[row_id]
            case = Case(row=row, machine=machine, block=space.pair(row_id, 0), request=request)
            carried = float(values.num_sequences[i, 0])
            fitting = float(np.broadcast_to(values.max_sequences, values.num_sequences.shape)[i, 0])
            rank = (
                float(fitting > 0), float(carried > 0), row.quantization.nominal_bits, float(values.num_users[i, 0]),
                -float(values.decode_s[i, 0]),
            )  # fmt: skip
            ranked.append((rank, case))
    return _best(ranked, model, machine, request)


def _best(
    ranked: list[tuple[tuple[float, ...], Case]], model: Model, machine: Machine, request: Request
) -> Case:
    """The first of those that fit."""
    if not ranked:
        raise NotSupported(
            "no engine runs {model} in the asked format on {hardware}; name another --engine, --quantization or "
            "--device",
            model=model.name,
            hardware=machine.device.name,
        )
    rank, case = max(ranked, key=lambda entry: entry[0])
    if rank[0] == 0:
        raise NotSupported(
            "{model} does not fit on {hardware} with {context} tokens; sizewise fit says what is missing",
            model=model.name,
            hardware=machine.device.name,
            context=request.workload.context_tokens,
        )
    return case
