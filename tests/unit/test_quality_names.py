"""One spelling for benchmarks, protocols and models."""

import pytest

from sizewise.catalog.benchmark_names import benchmark_name, protocol_name, source_name
from sizewise.catalog.model_names import canonical_name, thinks_in


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("GPQA-Diamond (Pass@1)", "gpqa"), ("GPQA (leaderboard v2)", "gpqa main (leaderboard v2)"),
        ("AIME'24", "aime 2024"), ("AIME2024(0-shot)", "aime 2024"), ("LiveCodeBench v6", "livecodebench"),
        ("MMLU (5-shot)", "mmlu"), ("MMLU-Pro (EM)", "mmlu-pro"), ("MMLU-pro", "mmlu-pro"),
        ("IFEval(Prompt-Strict)", "ifeval"), ("LiveBench 2026_01_08 Coding", "livebench coding"),
        ("BFCL v4 multi-turn", "bfcl v4 multi-turn"), ("SuperGPQA", "supergpqa"),
    ],
)  # fmt: skip
def test_benchmarks_have_one_spelling(printed: str, expected: str) -> None:
    assert benchmark_name(printed) == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("GPT-4o-2024-05-13", "gpt-4o"), ("GPT-4o 0513", "gpt-4o"), ("openai/gpt-4o", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"), ("Claude Sonnet 4.5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5-20250929-thinking-32k", "claude-sonnet-4-5"),
        ("Claude-3.5-Sonnet-1022", "claude-sonnet-3-5"),
        ("Gemini 2.5 Pro", "gemini-2-5-pro"), ("openai/gpt-5.1-high-2025-11-13", "gpt-5-1"),
        ("GPT-5 High", "gpt-5"), ("o1-preview", "o1-preview"), ("o1-2024-12-17", "o1"),
        ("mistral-medium-2505", "mistral-medium-2505"), ("Mistral Medium 3", "mistral-medium-2505"),
        ("gemini-2.5-flash-lite-preview-09-2025-highthinking", "gemini-2-5-flash-lite"),
        ("claude-opus-4-1-20250805-base", "claude-opus-4-1"), ("Claude Sonnet 4 Thinking 16K", "claude-sonnet-4"),
        ("Claude Opus 4 (w/o extended thinking)", "claude-opus-4"), ("Granite 3.1 MoE (3B-L)", "granite-3-1-moe-3b"),
        ("amazon/nova-pro-v1:0", "nova-pro"), ("Nova Pro", "nova-pro"),
    ],
)  # fmt: skip
def test_api_models_have_one_spelling(printed: str, expected: str) -> None:
    assert canonical_name(printed) == expected


@pytest.mark.parametrize(
    ("setting", "model", "expected"),
    [
        ("thinking mode", "Qwen3-8B", True), ("non-thinking mode", "Qwen3-8B", False),
        ("thinking mode, self-reported by Xiaomi", "GPT-4o-0513", False), ("", "claude-3-7-sonnet-thinking", True),
        ("", "claude-opus-4-5-20251101-high-effort", False), ("", "gpt-5-minimal", False), ("", "gpt-5-high", True),
        ("", "claude-opus-4-5-20251101-thinking-high-effort", True),
        ("non-reasoning mode", "EXAONE 4.0", False), ("instruct", "Qwen2.5-7B-Instruct", False),
    ],
)  # fmt: skip
def test_only_models_that_can_think_do(setting: str, model: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert thinks_in(setting, model) is expected


def test_mode_and_precision_are_no_part_of_the_protocol() -> None:
    assert protocol_name("thinking mode") == protocol_name("non-thinking mode")
    assert protocol_name("3-shot; bfloat16; pretrained") == protocol_name("3-shot; float16; pretrained")
    assert protocol_name("0-shot") != protocol_name("5-shot")


def test_versions_of_a_benchmark_are_different_tests_of_it() -> None:
    assert benchmark_name("LiveCodeBench v5") == benchmark_name("LiveCodeBench v6")
    assert protocol_name("0-shot", "LiveCodeBench v5") != protocol_name("0-shot", "LiveCodeBench v6")
    assert protocol_name("", "GPQA") != protocol_name("", "GPQA Diamond")
    assert benchmark_name("LiveCodeBench Pro 25Q2 (Medium)") != benchmark_name("LiveCodeBench v6")


def test_a_printed_setting_makes_no_other_benchmark() -> None:
    assert benchmark_name("CMMLU(0-shot)") == benchmark_name("CMMLU (Acc.)") == benchmark_name("CMMLU")
    assert benchmark_name("Multi-IF (EN)") != benchmark_name("Multi-IF")


def test_tables_of_one_report_are_one_source() -> None:
    assert source_name("Report.pdf Table 18") == source_name("Report.pdf Table 20")
