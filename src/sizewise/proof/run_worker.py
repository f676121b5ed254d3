"""The process that runs llama.cpp on a file of shapes: one JSON question in, one JSON line out for every step.

    python -m sizewise.proof.run_worker

Started by `engine_run`, so that a crash of the engine ends nothing else. The model is read into memory, not mapped,
so that every byte counts as its own. Rates are those of llama-bench: a prompt in batches of 512 tokens, and single
tokens after so many.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import sys
import time
from typing import Any

from sizewise.proof.engine_values import NUM_TOKENS
from sizewise.proof.oracle_worker import INT, KV_TYPE_NUMBERS, NO_MAPPING, POINTER, Engine
from sizewise.proof.worker_steps import end_with_parent, memory_bytes, say, waited_s


class Batch(ctypes.Structure):
    """`llama_batch` of build 11549."""

    _fields_ = (
        ("n_tokens", INT), ("token", POINTER), ("embd", POINTER), ("pos", POINTER), ("n_seq_id", POINTER),
        ("seq_id", POINTER), ("logits", POINTER),
    )  # fmt: skip


class Runner:
    """One model in one context."""

    def __init__(self, question: dict[str, Any]) -> None:
        self._question = question
        self._engine = Engine()
        self._library = self._engine.library
        for name, result, arguments in (
            ("llama_batch_get_one", Batch, (POINTER, INT)), ("llama_decode", INT, (POINTER, Batch)),
            ("llama_get_memory", POINTER, (POINTER,)), ("llama_memory_clear", None, (POINTER, ctypes.c_bool)),
            ("llama_synchronize", None, (POINTER,)),
        ):  # fmt: skip
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self._draw = random.Random(0)  # noqa: S311 - tokens of a benchmark
        self._held_tokens = 0

    def run(self) -> None:
        """Everything that was asked, step by step."""
        question = self._question
        program_bytes, _ = memory_bytes()
        say("started", program_bytes=program_bytes)
        start = time.monotonic()
        self._open()
        say("loaded", seconds=time.monotonic() - start, buffers=self._engine.buffers(self._context))
        self._tokens(1, 1)
        self._clear()
        self._decode(question)
        self._clear()
        self._prefill(question)
        self._decode(question)
        deadline = time.monotonic() + question["budget_s"]
        for _ in range(question["num_repeats"] - 1):
            if time.monotonic() > deadline:
                break
            self._clear()
            self._prefill(question)
        _, peak_bytes = memory_bytes()
        say("done", peak_bytes=peak_bytes)

    def _open(self) -> None:
        question, library = self._question, self._library
        params = library.llama_model_default_params()
        params.n_gpu_layers, params.load_mode = 0, NO_MAPPING
        model = library.llama_model_load_from_file(question["path"].encode(), params)
        if not model:
            raise RuntimeError(self._engine.last_words())
        context = library.llama_context_default_params()
        context.n_ctx, context.n_ubatch = question["context_tokens"], question["ubatch_tokens"]
        context.n_threads = context.n_threads_batch = question["num_threads"]
        context.flash_attn_type, context.n_outputs_max = 1, 1
        context.swa_full = False  # as llama-server has it: windows keep only what they need
        context.type_k = KV_TYPE_NUMBERS[question["k_type"]]
        context.type_v = KV_TYPE_NUMBERS[question["v_type"]]
        self._context = library.llama_init_from_model(model, context)
        if not self._context:
            raise RuntimeError(self._engine.last_words())

    def _clear(self) -> None:
        self._library.llama_memory_clear(self._library.llama_get_memory(self._context), True)
        self._held_tokens = 0

    def _tokens(self, count: int, times: int) -> tuple[float, float]:
        """So many batches of so many random tokens; seconds, and seconds waited for a processor."""
        waited, start = waited_s(), time.perf_counter()
        for _ in range(times):
            words = (INT * count)(*(self._draw.randrange(self._question["num_words"]) for _ in range(count)))
            batch = self._library.llama_batch_get_one(ctypes.addressof(words), count)
            if self._library.llama_decode(self._context, batch):
                raise RuntimeError(self._engine.last_words())
            self._library.llama_synchronize(self._context)
        self._held_tokens += count * times
        return time.perf_counter() - start, waited_s() - waited

    def _prefill(self, question: dict[str, Any]) -> None:
        count = question["prompt_tokens"]
        seconds, waited = self._tokens(count, 1)
        say("prefill", depth_tokens=0, num_tokens=count, seconds=seconds, waited_s=waited)

    def _decode(self, question: dict[str, Any]) -> None:
        """Short stretches, so that a busy moment spoils one of them only; stops early when enough were quiet."""
        deadline = time.monotonic() + question["budget_s"]
        num_quiet = 0
        for _ in range(question["num_stretches"]):
            depth = self._held_tokens + question["stretch_tokens"] / 2
            seconds, waited = self._tokens(1, question["stretch_tokens"])
            say(
                "decode",
                depth_tokens=depth,
                num_tokens=question["stretch_tokens"],
                seconds=seconds,
                waited_s=waited,
            )
            num_quiet += waited <= question["quiet_ratio"] * seconds
            if num_quiet >= question["num_repeats"] or time.monotonic() > deadline:
                break


def main() -> None:
    """Answer one question."""
    question = json.loads(sys.stdin.readline())
    question["num_words"] = min(NUM_TOKENS, question["vocab_size"])
    try:
        Runner(question).run()
    except RuntimeError as error:
        say("failed", error=str(error))


if __name__ == "__main__":
    end_with_parent()
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    main()
