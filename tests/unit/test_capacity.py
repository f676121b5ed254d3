"""`capacity`: what is carried, how many machines, what a simulation adds, what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from sizewise.advisor import LoadQuestion, Question, capacity
from sizewise.domain.estimate import Estimate
from sizewise.errors import BadInput, InvalidFile, InvalidQuantity, NotSupported, SizewiseError, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.capacity import CapacityAnswer

QWEN = Question(
    model=("Qwen/Qwen3-8B",),
    device=("H100 SXM",),
    quantization=("FP8",),
    engine=("vllm",),
    input_tokens="1000",
)
SMALL = replace(QWEN, device=("RTX 4090",), quantization=("BF16",), max_ttft="3s", max_tpot="100ms")
"""Room for few requests, so that a simulation is short."""


@cache
def answer(question: Question = QWEN, load: LoadQuestion | None = None) -> CapacityAnswer:
    return capacity(question, load)


def test_the_limit_meets_the_targets_at_the_95th_percentile() -> None:
    found = answer()
    for figures in (found.at_requests, found.at_users):
        assert figures is not None
        assert figures.ttft.p95_s <= found.max_ttft_s
        assert figures.tpot.p95_s <= found.max_tpot_s


def test_a_range_holds_its_likely_value() -> None:
    found = answer()
    assert 0 < found.requests_per_s.low < found.requests_per_s.likely <= found.requests_per_s.high
    assert 0 < found.num_users.low < found.num_users.likely <= found.num_users.high


def test_tighter_targets_carry_fewer_users() -> None:
    tight = answer(replace(QWEN, max_tpot="8ms"))
    assert 0 < tight.num_users.likely < answer().num_users.likely
    assert tight.binding == "tpot"


def test_targets_that_one_user_misses_carry_nobody() -> None:
    none = answer(replace(QWEN, max_tpot="1ms"), LoadQuestion(rate=5))
    assert none.requests_per_s.likely == none.num_users.likely == 0
    assert none.at_requests is None
    assert none.at_users is None
    assert none.plan is None


def test_users_who_pause_longer_are_more() -> None:
    eager, patient = (answer(replace(QWEN, think_time=pause)) for pause in ("5s", "60s"))
    assert patient.num_users.likely > 2 * eager.num_users.likely


def test_machines_for_a_rate_keep_a_tenth_of_headroom_and_one_to_spare() -> None:
    """ceil(rate / (0.9 x what one carries)), N + 1 beside it."""
    each = answer().requests_per_s.likely
    plan = answer(QWEN, LoadQuestion(rate=10 * each)).plan
    assert plan is not None
    assert plan.num_machines == math.ceil(10 / 0.9) == 12
    assert plan.num_machines_with_spare == 13
    assert plan.num_machines_low <= plan.num_machines <= plan.num_machines_high
    assert plan.each.requests_per_s == pytest.approx(10 * each / 12)


def test_ten_and_a_thousand_users_get_different_machines() -> None:
    few, many = (answer(replace(QWEN, users=users)).plan for users in ("10", "10000"))
    assert few is not None
    assert many is not None
    assert few.num_machines == 1
    assert many.num_machines > 5


def test_without_a_format_the_one_with_most_bits_that_carries_somebody_is_taken() -> None:
    roomy = answer(replace(QWEN, quantization=()))
    small = answer(replace(QWEN, quantization=(), engine=(), device=("RTX 3060 12GB",), max_ttft="10s"))
    assert roomy.deployment.quantization == "BF16"
    assert small.deployment.quantization != "BF16"
    assert small.num_users.likely > 0


@pytest.mark.slow
def test_a_simulation_is_near_the_closed_form_and_has_its_own_limit() -> None:
    found = answer(SMALL, LoadQuestion(simulates=True, rate=50))
    simulated = found.simulation
    assert simulated is not None
    assert 0.7 * found.requests_per_s.likely < simulated.largest < 1.3 * found.requests_per_s.likely
    light = simulated.loads[0]
    assert light.attained_ratio > 0.99
    assert light.goodput_requests_per_s <= light.requests_per_s
    assert simulated.num_machines >= 1
    assert simulated.arrivals == "poisson"


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("load", [LoadQuestion(rate=0.05), LoadQuestion()])
def test_a_card_with_room_for_few_whole_contexts_carries_what_its_pages_hold(load: LoadQuestion) -> None:
    """An L4 has pages for 3 contexts of 8K tokens, or about twice as many usual requests: places of the closed form."""
    users = None if load.rate else "7"
    question = Question(
        model=("Qwen/Qwen3-8B",), device=("L4",), engine=("vllm",), quantization=("BF16",), users=users,
        max_ttft="2s", max_tpot="100ms",
    )  # fmt: skip
    found = answer(question, replace(load, simulates=True))
    assert found.simulation is not None
    told = found.requests_per_s if load.rate else found.num_users
    assert found.expected_sequences > found.max_sequences
    assert told.likely == pytest.approx(found.simulation.largest, rel=0.35)


@pytest.mark.slow
def test_a_simulation_is_the_same_for_the_same_seed_only() -> None:
    first, again, other = (
        capacity(SMALL, LoadQuestion(simulates=True, seed=seed)).simulation for seed in ("1", "1", "2")
    )
    assert first == again
    assert first != other


@pytest.mark.slow
def test_bursts_carry_less_than_poisson_arrivals() -> None:
    calm = answer(SMALL, LoadQuestion(simulates=True)).simulation
    bursts = answer(SMALL, LoadQuestion(simulates=True, bursts="5")).simulation
    assert calm is not None
    assert bursts is not None
    assert bursts.arrivals == "bursts"
    assert bursts.loads[5].ttft.p95_s > calm.loads[5].ttft.p95_s


@pytest.mark.slow
def test_users_are_simulated_as_users() -> None:
    found = answer(replace(SMALL, users="500", think_time="10s"), LoadQuestion(simulates=True)).simulation
    assert found is not None
    assert found.arrivals == "users"
    assert [load.num_users for load in found.loads] == sorted(load.num_users for load in found.loads)


@pytest.mark.slow
def test_a_trace_gives_lengths_and_rate_and_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    lines = [
        f'{{"timestamp": {i // 4}, "input_tokens": {500 + 10 * (i % 7)}, "output_tokens": {100 + i % 5}}}'
        for i in range(401)
    ]
    path.write_text("\n".join(lines))
    found = answer(replace(SMALL, input_tokens=None), LoadQuestion(trace=str(path), simulates=True))
    assert found.input_tokens == 530
    assert found.plan is not None
    assert found.plan.requests_per_s == pytest.approx(4.0)
    assert found.simulation is not None
    assert found.simulation.arrivals == "trace"


def test_users_and_a_trace_are_two_loads(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,input_tokens,output_tokens\n1,20,30\n2,20,30\n")
    with pytest.raises(BadInput, match="--users and --trace"):
        capacity(replace(QWEN, users="5"), LoadQuestion(trace=str(path)))


@pytest.mark.slow
def test_what_the_closed_form_leaves_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,input_tokens,output_tokens\n1,20,30\n2,9000,30\n")
    question = replace(SMALL, input_tokens=None)
    told = [str(note) for note in answer(question, LoadQuestion(trace=str(path), bursts="2")).caveats]
    assert [note.split()[0] for note in told] == ["only", "bursts"]
    seen = [str(note) for note in answer(question, LoadQuestion(trace=str(path), simulates=True)).caveats]
    assert seen == ["50 % of the prompts are longer than the context of 8K tokens; the simulation cuts them"]


@pytest.mark.slow
def test_a_full_pool_is_seen_by_the_simulation() -> None:
    """An RTX 4090 with BF16 has room for few whole contexts; beyond its limit requests are sent back."""
    question = replace(QWEN, device=("RTX 4090",), quantization=("BF16",), max_ttft="20s", max_tpot="1s")
    found = answer(question, LoadQuestion(simulates=True)).simulation
    assert found is not None
    assert found.loads[0].preempted_ratio == 0
    assert found.loads[-1].preempted_ratio > 0


@pytest.mark.parametrize(
    ("question", "load", "error", "said"),
    [
        (replace(QWEN, model=()), None, BadInput, "MODEL: name exactly one; 0"),
        (replace(QWEN, device=("A100", "H100")), None, BadInput, "--device: name exactly one; 2"),
        (replace(QWEN, device=("RTX 9999",)), None, UnknownName, "RTX 9999"),
        (replace(QWEN, users="5"), LoadQuestion(rate="5"), BadInput, "--rate and --users"),
        (replace(QWEN, model=("BAAI/bge-m3",)), None, NotSupported, "writes no text"),
        (QWEN, LoadQuestion(rate="0"), InvalidQuantity, "--rate"),
        (QWEN, LoadQuestion(bursts="-1"), InvalidQuantity, "--bursts"),
        (QWEN, LoadQuestion(length_variation="x"), InvalidQuantity, "--length-variation"),
        (QWEN, LoadQuestion(trace="/nothing/here.csv"), InvalidFile, "cannot read"),
        (QWEN, LoadQuestion(simulates=True, seed="a"), InvalidQuantity, "--seed"),
        (replace(QWEN, quantization=("Q4_K_M",)), None, NotSupported, "no engine runs"),
        (replace(QWEN, model=("Qwen/Qwen3-235B-A22B",), device=("RTX 4090",)), None, NotSupported, "does not fit"),
    ],
)  # fmt: skip
def test_bad_input_is_said_clearly(
    question: Question, load: LoadQuestion | None, error: type[SizewiseError], said: str
) -> None:
    with pytest.raises(error, match=said):
        capacity(question, load)


def test_a_cached_prefix_shortens_the_wait_and_carries_more() -> None:
    warm = answer(replace(QWEN, prefix_hit="0.8"))
    assert warm.alone.ttft.mean_s < answer().alone.ttft.mean_s
    assert warm.requests_per_s.likely > answer().requests_per_s.likely
    assert warm.max_sequences == answer().max_sequences


@pytest.mark.parametrize("share", ["-0.1", "1", "80"])
def test_a_share_of_the_prompt_that_cannot_be_is_refused(share: str) -> None:
    with pytest.raises(BadInput, match=r"--prefix-hit: .* 0 to 0\.99"):
        answer(replace(QWEN, prefix_hit=share))


def test_energy_is_power_over_tokens_and_lies_within_what_the_machine_may_draw() -> None:
    found = answer()
    assert found.energy is not None
    assert found.at_requests is not None
    watts, joules = found.energy.power_watts, found.energy.joules_per_token
    assert isinstance(watts, Estimate)
    assert isinstance(joules, Estimate)
    assert joules.likely == pytest.approx(watts.likely / found.at_requests.output_tokens_per_s)
    assert 0 < joules.low < joules.likely < joules.high
    assert 700 < watts.likely < 1200  # 700 W of the H100, and its share of the server
    assert watts.basis == "assumed"
