"""Memory, speed, load and cost of every candidate of a block, in a few vectorised expressions.

A block is rows (model x quantization) of one engine and one weight format against machines with one device count;
rows shaped [n, 1] meet machines shaped [m]. The same function evaluates a single pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time
from sizewise.estimate.columns import Columns
from sizewise.estimate.cost import monthly_usd
from sizewise.estimate.kv_cache import KV_TYPE_BYTES
from sizewise.estimate.load import active_ratio, busy_ratio, capacity_sequences, users_per_replica
from sizewise.estimate.memory import MemoryTerms, max_sequences, memory_terms, shortfall_bytes
from sizewise.estimate.prefill import Prefill, prefill
from sizewise.estimate.speed import StepTerms, step_s, step_terms
from sizewise.estimate.steady import Replica

if TYPE_CHECKING:
    from sizewise.domain.engine import Engine
    from sizewise.domain.number import Number
    from sizewise.domain.request import Request
    from sizewise.domain.workload import Workload
    from sizewise.estimate.columns import MachineColumns, ModelColumns, WeightColumns
    from sizewise.estimate.cost import MachineCosts
    from sizewise.estimate.speed import SpeedCoefficients

HEADROOM_RATIO = 0.9
"""Share of a replica's capacity that is planned for. [ratio] Assumed: a tenth is kept for peaks."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Candidates of one engine, one weight speed class and one device count."""

    engine: Engine
    row_ids: Array
    """Which pair each row is. [n]"""
    models: ModelColumns
    weights: WeightColumns
    machine_ids: Array
    """[m]"""
    machines: MachineColumns
    coefficients: SpeedCoefficients
    costs: MachineCosts
    max_replicas: Array
    """Replicas that the machines at hand allow; infinite on the market. [m]"""
    split: str

    @property
    def num_candidates(self) -> int:
        """Rows times machines."""
        return len(self.row_ids) * len(self.machine_ids)


@dataclass(frozen=True, kw_only=True)
class Physics:
    """What the hardware does with a model, whatever is asked of it."""

    memory: MemoryTerms
    step: StepTerms
    prompt: Prefill


@dataclass(frozen=True, kw_only=True)
class Evaluated(Columns):
    """Likely values, one entry a candidate; NaN where unknown."""

    shortfall_bytes: Array
    """Memory missing for one request; not positive where it fits. [bytes]"""
    max_sequences: Array
    """Requests that fit at once. [count]"""
    decode_s: Array
    """One token of a single stream. [s]"""
    prefill_s: Array
    num_sequences: Array
    """Requests that run at once within the latency targets; 0: none. [count]"""
    num_users: Array
    """Users that one replica carries within the targets. [users]"""
    replicas: Array
    active_ratio: Array
    """Share of the time in which the request of a user runs, answered as quickly as alone. [ratio]"""
    busy_ratio: Array
    """Share of the active hours in which a replica works, answers as quick as alone: a lower end under load. [ratio]"""
    monthly_usd: Array
    """Cheapest allowed path. [USD/month]"""
    path: Array
    """Index into the request's paths."""
    upfront_usd: Array


def physics(block: Block, request: Request) -> Physics:
    """Memory terms, step terms and prefill of a block."""
    workload = request.workload
    kv_bytes = KV_TYPE_BYTES[request.kv_type]
    memory = memory_terms(
        block.engine.memory_rule,
        weights=block.weights,
        models=block.models,
        machines=block.machines,
        engine=block.engine,
        context_tokens=float(workload.context_tokens),
        k_bytes_per_element=kv_bytes,
        v_bytes_per_element=kv_bytes,
        split=block.split,
    )
    step = step_terms(
        models=block.models,
        weights=block.weights,
        machines=block.machines,
        coefficients=block.coefficients,
        context_tokens=mean_held_tokens(workload),
        k_bytes_per_element=kv_bytes,
        v_bytes_per_element=kv_bytes,
        split=block.split,
    )
    prompt = prefill(
        models=block.models,
        weights=block.weights,
        machines=block.machines,
        coefficients=block.coefficients,
        input_tokens=workload.input_tokens,
        cached_tokens=workload.prefix_hit_ratio * workload.input_tokens,
        split=block.split,
    )
    return Physics(memory=memory, step=step, prompt=prompt)


def replica_of(known: Physics, workload: Workload, max_sequences: Number) -> Replica:
    """The candidates as replicas that serve requests of mean lengths."""
    return Replica(
        terms=known.step,
        prompt_s=known.prompt.work_s,
        launch_s=known.prompt.launch_s,
        output_tokens=workload.output_tokens,
        max_sequences=max_sequences,
    )


def useful_replica(known: Physics, workload: Workload, fitting: Number) -> Replica:
    """The same with no more sequences than fit, and than there are people who send them."""
    return replica_of(known, workload, np.minimum(fitting, most_useful_sequences(workload)))


def carried(
    replica: Replica, *, max_tpot_s: Number, max_ttft_s: Number, think_time_s: Number
) -> tuple[Array, Array]:
    """Requests that run at once within the latency targets, and the users that this carries. [count, users]"""
    running = capacity_sequences(replica, max_tpot_s=max_tpot_s, max_ttft_s=max_ttft_s)
    return running, users_per_replica(replica, num_sequences=running, think_time_s=think_time_s)


def mean_held_tokens(workload: Workload) -> float:
    """Tokens that a running request holds on average: its prompt and half of its answer. [tokens]"""
    return workload.input_tokens + workload.output_tokens / 2


def evaluate(block: Block, request: Request) -> Evaluated:
    """Everything about every candidate of a block.

    Array shapes: [n, m] for rows shaped [n, 1] and machines shaped [m]; [n] for pairs.
    """
    workload, known = request.workload, physics(block, request)
    fitting = max_sequences(known.memory)
    running, users = carried(
        useful_replica(known, workload, fitting), max_tpot_s=workload.max_tpot_s, max_ttft_s=workload.max_ttft_s,
        think_time_s=workload.think_time_s,
    )  # fmt: skip
    replicas = num_replicas(workload.num_users, users)
    replicas = np.where(
        replicas <= np.minimum(block.max_replicas, request.limits.max_replicas), replicas, np.inf
    )
    decode_s, prefill_s = np.asarray(step_s(known.step, 1.0)), np.asarray(known.prompt.total_s)
    active = active_ratio(prefill_s + workload.output_tokens * decode_s, workload.think_time_s)
    busy = busy_ratio(active, workload.num_users / replicas)
    usd, path, upfront_usd = cheapest_path(block.costs, request, replicas, busy)
    return Evaluated(
        shortfall_bytes=np.asarray(shortfall_bytes(known.memory, 1.0)),
        max_sequences=np.asarray(fitting),
        decode_s=decode_s,
        prefill_s=prefill_s,
        num_sequences=running,
        num_users=users,
        replicas=replicas,
        active_ratio=np.asarray(active),
        busy_ratio=busy,
        monthly_usd=usd,
        path=path,
        upfront_usd=upfront_usd,
    )


def most_useful_sequences(workload: Workload) -> float:
    """No more requests run at once than there are people who send them. [count]"""
    return float(np.ceil(workload.num_users))


def num_replicas(num_users: float, users_each: Array) -> Array:
    """Whole replicas that carry the users with headroom; infinite where one cannot carry anybody.

    ceil(users / (0.9 x users of one replica)); a replica that carries all of them alone needs no second one.

    >>> num_replicas(20, np.array([8.0, 20.0, 0.0]))
    array([ 3.,  1., inf])
    """
    with np.errstate(divide="ignore"):
        shared = np.ceil(num_users / (HEADROOM_RATIO * users_each))
    return np.where(users_each >= num_users, 1.0, shared)


def cheapest_path(
    costs: MachineCosts, request: Request, replicas: Array, busy_ratio: Array
) -> tuple[Array, Array, Array]:
    """Monthly cost of the cheapest allowed way to pay, which way that is, and what is paid at once.

    A way over a budget is not allowed; where none is left the cost of the cheapest stands, so that its excess can be
    told.
    """
    limits, paths = request.limits, request.filters.paths
    best_usd: Array = np.full(np.shape(replicas), np.inf)
    best_path: Array = np.full(np.shape(replicas), -1)
    best_upfront: Array = np.full(np.shape(replicas), np.nan)
    for index, path in enumerate(paths):
        usd = monthly_usd(costs, path, replicas=replicas, busy_ratio=busy_ratio)
        upfront = replicas * costs.upfront_usd if path == "buy" else 0.0
        is_better = (usd < best_usd) & (upfront <= limits.upfront_budget_usd)
        best_usd = np.where(is_better, usd, best_usd)
        best_path = np.where(is_better, index, best_path)
        best_upfront = np.where(is_better, upfront, best_upfront)
    return best_usd, best_path, best_upfront
