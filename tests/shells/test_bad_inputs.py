"""Two hundred bad inputs: one clear line each on standard error, exit code 2, nothing on standard output, no traceback.

Every row of the table is a command line and a part of the line that must be said. `{dir}` is a folder with the files of
FILES. All run in this process; a dozen run as real programs in test_program.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sizewise.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

HUGE_FILE_BYTES = 100 * 2**20
LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "max_position_embeddings": 8192, "torch_dtype": "bfloat16", "tie_word_embeddings": False,
}  # fmt: skip


def config(**changes: object) -> bytes:
    return json.dumps({**LLAMA, **changes}).encode()


CONFIGS: dict[str, bytes] = {
    "truncated": config()[:120],
    "empty": b"",
    "list": b"[1, 2, 3]",
    "string": b'"llama"',
    "null": b"null",
    "binary": b"\x00\xff\xfe\x01" * 64,
    "deep": b'{"a":' * 100_000,
    "no-object": b"{}",
    "negative-layers": config(num_hidden_layers=-1),
    "zero-heads": config(num_attention_heads=0),
    "huge-hidden": config(hidden_size=10**30),
    "text-layers": config(num_hidden_layers="thirty-two"),
    "fraction-layers": config(num_hidden_layers=32.5),
    "nan-vocab": b'{"vocab_size": NaN, ' + config()[1:].replace(b'"vocab_size": 128256, ', b""),
    "null-layers": config(num_hidden_layers=None),
    "unknown-type": config(model_type="quantum", architectures=["QuantumForCausalLM"]),
}
SINGLE_HEADER = (
    "row_id,engine,engine_version,model,quant,kv_dtype,device,num_devices,tensor_parallel,pipeline_parallel,split,offload,"
    "phase,prompt_tokens,depth_tokens,generated_tokens,context_tokens,backend,flash_attention,device_memory_gb,"
    "gpu_memory_utilization,hipblaslt"
)
SINGLE_ROW = "a,llama.cpp,,Qwen/Qwen3-8B,Q4_K_M,,NVIDIA GeForce RTX 4090,1,,,,,decode,0,0,128,,,,,,"
FILES: dict[str, bytes] = {
    "kept.txt": b"kept",
    "empty.csv": b"",
    "binary.csv": b"\xff\xfe\x00\x00name",
    "header-only.txt": b"color,taste\nred,sweet\n",
    "models-short-header.csv": b"name,num_params\nmy,1\n",
    "devices-short-header.csv": b"name,device_class\nmy,cpu\n",
    "quotes.csv": b'name,num_params\n"open,1\n',
    "no-columns.csv": b"row_id,model\na,b\n",
    "twice.csv": f"{SINGLE_HEADER}\n{SINGLE_ROW}\n{SINGLE_ROW}\n".encode(),
    "no-row-id.csv": f"{SINGLE_HEADER}\n{SINGLE_ROW[1:]}\n".encode(),
    "short-row.csv": f"{SINGLE_HEADER}\na,llama.cpp\n".encode(),
    "bad-number.csv": f"{SINGLE_HEADER}\n{SINGLE_ROW.replace('4090,1,', '4090,many,')}\n".encode(),
    "nan-number.csv": f"{SINGLE_HEADER}\n{SINGLE_ROW.replace('4090,1,', '4090,nan,')}\n".encode(),
    "negative-number.csv": f"{SINGLE_HEADER}\n{SINGLE_ROW.replace('4090,1,', '4090,-1,')}\n".encode(),
    "good.csv": f"{SINGLE_HEADER}\n{SINGLE_ROW}\n".encode(),
}

NOT_POSITIVE = ("0", "-5", "1e30", "1" + "0" * 30)
NOT_NUMBERS = ("", " ", "nan", "inf", "-inf", "abc", "10^30", "twenty")
WRONG_UNITS = ("24GB", "24GiB")

NUMBER_OPTIONS: dict[str, tuple[str, ...]] = {
    "--users": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS, "1.5"),
    "--context": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS, "24"),
    "--input-tokens": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS),
    "--output-tokens": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS),
    "--think-time": ("-5", "1e30", *NOT_NUMBERS, *WRONG_UNITS),
    "--max-ttft": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS),
    "--max-tpot": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS),
    "--hours": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS, "731"),
    "--monthly-budget": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS, "800 EUR"),
    "--upfront-budget": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS),
    "--min-quality": ("-5", "101", "1e30", *NOT_NUMBERS, *WRONG_UNITS),
    "--top": (*NOT_POSITIVE, *NOT_NUMBERS, *WRONG_UNITS, "1.5"),
}
"""Option of `recommend` and values that it refuses; the line names the option."""

UNKNOWN_NAMES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("recommend", "--task", "summarisaton"), "summarization"),
    (("recommend", "--task", "codin"), "coding"),
    (("recommend", "--task", ""), "unknown task"),
    (("recommend", "--model", "Qwen/Qwn3-8B"), "Qwen/Qwen3-8B"),
    (("recommend", "--model", "meta-llama/Lama-3.3-70B-Instruct"), "meta-llama/Llama-3.3-70B-Instruct"),
    (("recommend", "--model", ""), "unknown model"),
    (("recommend", "--model", "13b"), "13b"),
    (("recommend", "--device", "RTX 4091"), "NVIDIA GeForce RTX 409"),
    (("recommend", "--device", "RTX40900"), "NVIDIA GeForce RTX 4090"),
    (("recommend", "--device", ""), "unknown device"),
    (("recommend", "--device", "24"), "'24'"),
    (("recommend", "--device", "24GB"), "24GB"),
    (("recommend", "--device", "24GiB"), "24GiB"),
    (("recommend", "--device", "0x RTX 4090"), "0"),
    (("recommend", "--device", "9x RTX 4090"), "1 to 8"),
    (("recommend", "--device", "999999999x RTX 4090"), "1 to 8"),
    (("recommend", "--device", "-1x RTX 4090"), "unknown device"),
    (("recommend", "--device", "2.5x RTX 4090"), "unknown device"),
    (("recommend", "--device", "RTX 3060"), "RTX 3060 12 GB"),
    (("recommend", "--engine", "vlm"), "vllm"),
    (("recommend", "--engine", "lama.cpp"), "llama.cpp"),
    (("recommend", "--quantization", "Q4_K_X"), "Q4_K_"),
    (("recommend", "--quantization", "4"), "unknown quantization"),
    (("recommend", "--license", "comercial"), "commercial"),
    (("recommend", "--path", "steal"), "owned, rent, buy"),
    (("recommend", "--kv-type", "q8"), "q8_0"),
    (("recommend", "--complexity", "simpel"), "simple"),
    (("recommend", "--as-good-as", "gpt-99"), "gpt-99"),
    (("recommend", "--language", "chinese!"), "language"),
    (("recommend", "--language", ""), "language"),
    (("recommend", "--language", "中文"), "language"),
    (("recommend", "--policy", "rule"), "rule-of-thumb"),
    (("recommend", "--policy", "rule-of-thumb", "--budget-limited", "maybe"), "yes, no"),
    (("recommend", "--lang", "fr"), "en, zh"),
    (("fit", "Qwen/Qwen3-8C", "--device", "RTX 4090"), "Qwen/Qwen3-8B"),
    (("fit", "", "--device", "RTX 4090"), "unknown model"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4080 Supr"), "RTX 4080"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--engine", "olama"), "ollama"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--quantization", "Q4KM"), "Q4KM"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--kv-type", "int3"), "f16"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--context", "0"), "--context"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--users", "-1"), "--users"),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--users", "nan"), "--users"),
    (("compare", "Qwen/Qwen3-8C on RTX 4090"), "Qwen/Qwen3-8B"),
    (("compare", "Qwen/Qwen3-8B@Q9 on RTX 4090"), "Q9"),
    (("compare", "Qwen/Qwen3-8B on RTX 4091"), "RTX 409"),
    (("compare", "@"), "@"),
    (("compare", "Qwen/Qwen3-8B@ on "), "Qwen/Qwen3-8B"),
    (("tiers", "--context", "-1"), "--context"),
    (("tiers", "--users", "0"), "--users"),
    (("tiers", "--task", "chatt"), "chat"),
    (("catalog", "list", "modl"), "model"),
    (("catalog", "show", "RTX 4091"), "RTX 409"),
    (("catalog", "show", ""), "unknown"),
    (("predict", "{dir}/good.csv", "--kind", "singel", "--out", "{dir}/out.csv"), "single"),
)  # fmt: skip
"""Names that nobody knows, and what the line says instead: the nearest names, or what is allowed."""

GRAMMAR: tuple[tuple[tuple[str, ...], str], ...] = (
    (("recomend",), "recommend"),
    (("",), "unknown command"),
    (("--taks", "chat"), "--taks"),
    (("recommend", "--taks", "chat"), "--task"),
    (("recommend", "--task"), "--task needs a value"),
    (("recommend", "chat"), "unexpected 'chat'"),
    (("recommend", "--device", "RTX", "4090"), "quotes"),
    (("recommend", "--top", "3", "--all"), "--all and --top"),
    (("recommend", "--as-good-as", "Qwen/Qwen3-8B", "--min-quality", "70"), "one of them"),
    (("recommend", "--context", "1000", "--input-tokens", "900", "--output-tokens", "200"), "at least 1100"),
    (("fit",), "MODEL is missing"),
    (("fit", "Qwen/Qwen3-8B", "extra", "--device", "RTX 4090"), "unexpected 'extra'"),
    (("compare",), "is missing"),
    (("predict", "{dir}/good.csv"), "is missing"),
    (("predict", "{dir}/good.csv", "--kind", "single"), "--out is missing"),
    (("catalog", "shwo", "x"), "show"),
    (("catalog", "show"), "is missing"),
    (("recommend", "--\x1b[31m"), "unknown option"),
    (("recommend", "--task", "a\nb"), "a\\nb"),
    (("recommend", "--task", "x" * 100_000), "…"),
)  # fmt: skip

FILE_CASES: tuple[tuple[tuple[str, ...], str], ...] = (
    *(
        (("recommend", "--catalog", f"{{dir}}/{name}"), name)
        for name in (
            "missing.csv", "empty.csv", "binary.csv", "header-only.txt", "models-short-header.csv",
            "devices-short-header.csv", "quotes.csv", "huge.csv", "folder",
        )
    ),
    (("fit", "Qwen/Qwen3-8B", "--device", "RTX 4090", "--catalog", "{dir}/missing.csv"), "missing.csv"),
    *((("fit", f"{{dir}}/{name}", "--device", "RTX 4090"), "config.json") for name in CONFIGS),
    (("fit", "{dir}/huge-config", "--device", "RTX 4090"), "4 MiB"),
    (("fit", "{dir}/folder", "--device", "RTX 4090"), "config.json"),
    (("fit", "{dir}/no-such-folder", "--device", "RTX 4090"), "no-such-folder"),
    *(
        (("predict", f"{{dir}}/{name}", "--kind", "single", "--out", "{dir}/out.csv"), name)
        for name in (
            "missing.csv", "empty.csv", "binary.csv", "no-columns.csv", "twice.csv", "no-row-id.csv", "short-row.csv",
            "bad-number.csv", "nan-number.csv", "negative-number.csv", "folder",
        )
    ),
    (("predict", "{dir}/good.csv", "--kind", "single", "--out", "{dir}/no/out.csv"), "cannot write"),
    (("predict", "{dir}/good.csv", "--kind", "single", "--out", "{dir}/folder"), "cannot write"),
    (("accuracy", "--facts", "{dir}/no-such-folder"), "no-such-folder"),
    (("accuracy", "--facts", "{dir}/folder"), "questions"),
    (("accuracy", "--facts", "{dir}/kept.txt"), "kept.txt"),
    (("tiers", "--out", "{dir}/folder"), "cannot write"),
    (("tiers", "--out", "{dir}/no/out.txt"), "cannot write"),
    (("tiers", "--out", "{dir}/kept.txt/out.txt"), "cannot write"),
    (("tiers", "--out", ""), "cannot write"),
    (("tiers", "--json", "--out", "{dir}/folder"), "cannot write"),
)  # fmt: skip

CASES: tuple[tuple[tuple[str, ...], str], ...] = (
    *(
        (("recommend", option, value), option)
        for option, values in NUMBER_OPTIONS.items()
        for value in values
    ),
    *UNKNOWN_NAMES,
    *GRAMMAR,
    *FILE_CASES,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bad")
    for name, content in FILES.items():
        (path / name).write_bytes(content)
    for name, content in CONFIGS.items():
        (path / name).mkdir()
        (path / name / "config.json").write_bytes(content)
    (path / "folder").mkdir()
    (path / "huge-config").mkdir()
    for huge in (path / "huge-config" / "config.json", path / "huge.csv"):
        with huge.open("wb") as file:
            file.truncate(HUGE_FILE_BYTES)
    return path


def case_name(case: object) -> str:
    text = " ".join(case) if isinstance(case, tuple) else str(case)
    return text.encode("unicode_escape").decode()[:60] or "empty"


def test_there_are_two_hundred_bad_inputs() -> None:
    assert len(set(CASES)) == len(CASES) >= 200


@pytest.mark.parametrize(("arguments", "said"), CASES, ids=case_name)
def test_a_bad_input_is_one_clear_line_and_exit_code_2(
    arguments: tuple[str, ...], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    code = main([argument.replace("{dir}", str(folder)) for argument in arguments])
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err.startswith("sizewise: ")
    assert printed.err.count("\n") == 1
    assert printed.err.endswith("\n")
    assert said in printed.err
    assert (folder / "kept.txt").read_bytes() == b"kept"
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
