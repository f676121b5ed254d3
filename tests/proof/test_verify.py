"""`sizewise verify`: a real run of the real engine, what is refused before it, and nothing left behind."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sizewise import advisor
from sizewise.advisor import verify_plan, verify_runs
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.cli.main import main
from sizewise.domain.estimate import Estimate
from sizewise.domain.proof_answers import with_repeats
from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof import engine_oracle, engine_run, scratch, transformers_shape
from sizewise.proof.engine_gguf import write_shape_file
from sizewise.proof.engine_run import Stretch, rate
from sizewise.proof.scratch import remove_leftovers, scratch_folder
from sizewise.proof.store.place import StorePlace
from sizewise.proof.store.reading import records
from sizewise.proof.transformers_shape import dtype_of, shape_config
from sizewise.units import GIB

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.proof_answers import VerifyPlan

SMALL = "HuggingFaceTB/SmolLM2-135M-Instruct"
WORDS = ("verify", SMALL, "--quantization", "Q8_0", "--context", "1024")


def stretch(seconds: float, waited_s: float) -> Stretch:
    return Stretch(depth_tokens=4.0, num_tokens=8, seconds=seconds, waited_s=waited_s)


def test_a_rate_is_the_median_of_what_was_quiet() -> None:
    found = rate([stretch(1.0, 0.0), stretch(2.0, 0.01), stretch(1.6, 0.0), stretch(9.0, 5.0)])
    assert (found.low, found.likely, found.high) == (4.0, 5.0, 8.0)
    assert found.is_quiet
    assert found.num_repeats == 3


def test_a_rate_on_a_busy_computer_says_so_and_takes_the_quietest() -> None:
    found = rate(
        [stretch(1.0, 0.5), stretch(2.0, 0.2), stretch(4.0, 3.0), stretch(2.0, 0.3), stretch(1.0, 0.0)]
    )
    assert not found.is_quiet
    assert found.likely == 4.0


def test_the_range_holds_the_spread_of_the_repeats_as_well() -> None:
    """Widths of 0.3 and 0.4 in logarithms make one of 0.5; without repeats that differ nothing changes."""
    predicted = Estimate(low=10 * math.exp(-0.3), likely=10.0, high=10 * math.exp(0.3), basis="fitted")
    found = with_repeats(predicted, 5 * math.exp(-0.4), 5.0, 5.0)
    assert math.log(found.likely / found.low) == pytest.approx(0.5)
    assert found.likely == 10.0
    assert found.high == pytest.approx(predicted.high)


def test_values_stand_where_they_matter_and_nowhere_else(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "shapes.gguf"
    write_shape_file(
        path,
        load_catalog().model("allenai/OLMoE-1B-7B-0924-Instruct"),
        "Q4_K_M",
        mixture_rules(),
        has_values=True,
    )
    assert path.stat().st_blocks * 512 < 20e6
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    router = tensors["blk.7.ffn_gate_inp.weight"].data
    assert 0.95 < float(np.std(router)) < 1.05
    assert np.all(tensors["blk.0.attn_norm.weight"].data == 1.0)
    embedding = gguf.dequantize(
        tensors["token_embd.weight"].data[:64], tensors["token_embd.weight"].tensor_type
    )
    assert np.isfinite(embedding).all()
    assert len(np.unique(np.argmax(router @ embedding.T, axis=0))) > 16  # tokens go to experts of their own
    assert not tensors["blk.3.ffn_down_exps.weight"].data[0].any()


@pytest.mark.engine
@pytest.mark.slow
def test_prediction_and_engine_agree_and_the_run_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "store.sqlite3"))
    question = verify_runs.question_of
    monkeypatch.setattr(verify_runs, "question_of", lambda *given: replace(question(*given), budget_s=1.0))
    main([*WORDS, "--folder", str(tmp_path / "weights"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    memory = {line["part"]: line for line in answer["memory"]}
    assert memory["weights"]["predicted"]["likely"] == memory["weights"]["measured_bytes"]
    assert memory["kv_cache"]["predicted"]["likely"] == memory["kv_cache"]["measured_bytes"]
    assert memory["peak"]["predicted"]["likely"] == pytest.approx(memory["peak"]["measured_bytes"], rel=0.08)
    assert [(line["phase"], line["prompt_tokens"]) for line in answer["rates"]] == [
        ("decode", 1), ("decode", 1), ("prefill", 512),
    ]  # fmt: skip
    assert all(0 < line["low"] <= line["likely"] <= line["high"] for line in answer["rates"])
    assert list((tmp_path / "weights").iterdir()) == []
    place = StorePlace(path=tmp_path / "store.sqlite3")
    num_quiet = sum(line["is_quiet"] for line in answer["rates"])
    assert len(records(place, "measurements")) == 1 + num_quiet
    assert len(records(place, "predictions")) == 4
    assert len(records(place, "verifications")) == 1


def test_too_little_memory_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("xllamacpp")
    monkeypatch.setattr(verify_plan, "available_memory_bytes", lambda: 0.1 * GIB)
    assert main([*WORDS, "--folder", str(tmp_path)]) == 2
    assert "GiB of memory to be tried and 0.100 GiB are free; close programs" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_too_little_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("xllamacpp")
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert main([*WORDS, "--folder", str(tmp_path)]) == 2
    assert "are free; name another --folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xllamacpp")
    (tmp_path / "file").write_text("")
    assert main([*WORDS, "--folder", str(tmp_path / "file")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_large_run_is_asked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("xllamacpp")
    monkeypatch.setattr(verify_plan, "LARGE_S", 0.0)
    asked: list[VerifyPlan] = []

    def refuse(plan: VerifyPlan) -> bool:
        asked.append(plan)
        return False

    assert advisor.verify(SMALL, quantization="Q8_0", folder=str(tmp_path), agree=refuse) is None
    assert asked[0].is_large
    assert list(tmp_path.iterdir()) == []
    assert main([*WORDS, "--folder", str(tmp_path)]) == 2
    assert "give --yes to start it" in capsys.readouterr().err


def test_a_missing_engine_gives_the_install_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SIZEWISE_LLAMA_CPP", raising=False)
    for module in (engine_oracle, engine_run):
        monkeypatch.setattr(module, "engine_version", lambda: "")
    monkeypatch.setattr("sizewise.advisor.verify_runs.engine_version", lambda: "")
    assert main(list(WORDS)) == 2
    assert "pip install 'sizewise[engine]'" in capsys.readouterr().err
    assert issubclass(MissingExtra, Exception)


@pytest.mark.parametrize("engine", ["sglang", "mlx"])
def test_other_engines_are_told_what_to_do(engine: str) -> None:
    with pytest.raises(NotSupported, match="verify runs llama"):
        advisor.verify(SMALL, engine=engine)


@pytest.mark.engine
def test_a_file_that_the_engine_refuses_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, *_: object, **__: object) -> int:
        return path.write_bytes(b"GGUF and then nothing")

    monkeypatch.setattr("sizewise.advisor.verify_runs.write_shape_file", broken)
    with pytest.raises(NotSupported, match="the engine refuses"):
        advisor.verify(SMALL, quantization="Q8_0", folder=str(tmp_path), uses_store=False)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_goes_after_an_error(tmp_path: Path) -> None:
    def interrupted() -> None:
        with scratch_folder(tmp_path) as folder:
            (folder / "shapes.gguf").write_bytes(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_stays_and_one_of_a_recycled_process_number_goes(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert remove_leftovers(tmp_path) == 0
        (folder / scratch.OWNER).write_text(f"{os.getpid()} 12.00")
        assert remove_leftovers(tmp_path) == 1
    (tmp_path / "sizewise-verify-notes").write_text("a file of the user")
    assert remove_leftovers(tmp_path) == 0


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own, with its weights written."""
    child = subprocess.Popen(
        [sys.executable, "-m", "sizewise", *WORDS, "--folder", str(folder), "--no-store"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(folder.glob("*/shapes.gguf")):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.02)
    return child


@pytest.mark.engine
@pytest.mark.slow
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    child = _started(tmp_path)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(30) == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
@pytest.mark.slow
def test_what_kill_9_leaves_goes_with_the_next_start(tmp_path: Path) -> None:
    child = _started(tmp_path)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert len(list(tmp_path.iterdir())) == 1
    with scratch_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
@pytest.mark.slow
def test_the_options_of_a_recommendation_that_run_here_are_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[dict[str, object]] = []

    def quick(model: str, **given: object) -> None:
        asked.append({"model": model, **given})

    monkeypatch.setattr("sizewise.advisor.verify_options.verify", quick)
    words = [
        "recommend",
        "--model",
        "Qwen/Qwen3-0.6B",
        "--engine",
        "llama.cpp",
        "--min-quality",
        "1",
        "--max-ttft",
        "600s",
    ]
    assert main([*words, "--max-tpot", "60s", "--device", "this", "--verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verified"] == []  # nothing was agreed to
    assert [one["model"] for one in asked] == ["Qwen/Qwen3-0.6B"] * len(found["options"])
    assert main([*words, "--device", "RTX 4090", "--verify"]) == 2
    assert "none of the options runs on this computer with llama.cpp" in capsys.readouterr().err


@pytest.mark.slow
def test_transformers_runs_on_random_weights(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("torch", "transformers"):
        pytest.importorskip(
            package, reason=f"{package} is not installed: pip install 'sizewise[transformers]'"
        )
    question = engine_run.TransformersQuestion
    monkeypatch.setattr(
        verify_runs, "TransformersQuestion", lambda **given: question(**{**given, "budget_s": 1.0})
    )
    main(["verify", SMALL, "--engine", "transformers", "--no-store", "--json"])
    answer = json.loads(capsys.readouterr().out)
    memory = {line["part"]: line for line in answer["memory"]}
    assert memory["weights"]["predicted"]["likely"] == pytest.approx(
        memory["weights"]["measured_bytes"], rel=0.01
    )
    assert memory["kv_cache"]["predicted"]["likely"] == pytest.approx(
        memory["kv_cache"]["measured_bytes"], rel=0.02
    )
    assert memory["peak"]["predicted"]["likely"] == pytest.approx(memory["peak"]["measured_bytes"], rel=0.08)
    assert [line["phase"] for line in answer["rates"]] == ["decode", "decode", "prefill"]


def test_a_configuration_of_transformers_has_the_parameters_of_the_model() -> None:
    """Counted by hand from the configuration: embedding, attention, feed-forward block, norms of Llama 3.2 1B."""
    config = shape_config(load_catalog().model("meta-llama/Llama-3.2-1B-Instruct"))
    width, kv = config["hidden_size"], config["num_key_value_heads"] * config["head_dim"]
    layer = 2 * width * width + 2 * width * kv + 3 * width * config["intermediate_size"] + 2 * width
    total = config["vocab_size"] * width + config["num_hidden_layers"] * layer + width
    assert config["model_type"] == "llama"
    assert config["tie_word_embeddings"]
    assert total == load_catalog().model("meta-llama/Llama-3.2-1B-Instruct").num_params


def test_what_transformers_is_not_run_for_is_told() -> None:
    with pytest.raises(NotSupported, match="dense shapes of llama, qwen2, qwen3"):
        advisor.verify("google/gemma-2-2b-it", engine="transformers", quantization="BF16", uses_store=False)
    with pytest.raises(NotSupported, match="random weights in BF16, F16, F32, not in FP8"):
        dtype_of(load_catalog().quantization("FP8"))


def test_missing_transformers_gives_the_install_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(transformers_shape, "PACKAGES", ("no_such_package",))
    assert main(["verify", SMALL, "--engine", "transformers"]) == 2
    assert "pip install 'sizewise[transformers]'" in capsys.readouterr().err
