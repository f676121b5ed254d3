"""The process that runs Transformers on random weights: one JSON question in, one JSON line out for every step.

    python -m sizewise.proof.transformers_worker

The same steps as `run_worker`, so that both are read alike: decoding without a text and after a prompt, the prompt
several times, and at last a text as long as the context, which is where memory is at its peak. Runs on the processor:
a graphics card was never at hand to try it on.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from typing import Any

from sizewise.proof.worker_steps import end_with_parent, memory_bytes, say, waited_s

TINY = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1,
        "num_key_value_heads": 1, "head_dim": 64}  # fmt: skip


class Runner:
    """One model of random weights."""

    def __init__(self, question: dict[str, Any]) -> None:
        import torch
        import transformers

        self._question, self._torch, self._transformers = question, torch, transformers
        self._draw = random.Random(0)  # noqa: S311 - tokens of a benchmark
        self._cache: Any = None
        self._held_tokens = 0
        torch.set_num_threads(question["num_threads"])

    def run(self) -> None:
        """Everything that was asked, step by step."""
        question = self._question
        self._open(TINY)
        program_bytes, _ = memory_bytes()
        say("started", program_bytes=program_bytes)
        start = time.monotonic()
        self._open({})
        load_s = time.monotonic() - start
        self._decode()
        self._clear()
        self._prefill()
        self._decode()
        deadline = time.monotonic() + question["budget_s"]
        for _ in range(question["num_repeats"] - 1):
            if time.monotonic() > deadline:
                break
            self._clear()
            self._prefill()
        self._clear()
        self._tokens(question["context_tokens"], 1)
        _, peak_bytes = memory_bytes()
        say("loaded", seconds=load_s, buffers=[self._sizes(peak_bytes - program_bytes)])
        say("done", peak_bytes=peak_bytes)

    def _open(self, changes: dict[str, int]) -> None:
        """A model of these sizes, with one token read: a tiny one first, which loads what is loaded when it is used."""
        config = self._transformers.AutoConfig.for_model(**{**self._question["config"], **changes})
        dtype = getattr(self._torch, self._question["dtype"])
        self._model = self._transformers.AutoModelForCausalLM.from_config(config, dtype=dtype).eval()
        self._tokens(1, 1)
        self._clear()

    def _sizes(self, taken_bytes: int) -> dict[str, Any]:
        """Weights and cache as the tensors have them; the work space is what else was taken."""
        weights_bytes = sum(p.numel() * p.element_size() for p in self._model.parameters())
        kv_bytes = sum(
            part.numel() * part.element_size() for layer in self._cache.layers for part in (layer.keys, layer.values)
        )  # fmt: skip
        rest_bytes = max(taken_bytes - weights_bytes - kv_bytes, 0)
        return {
            "buffer": "CPU",
            "weights_bytes": weights_bytes,
            "kv_bytes": kv_bytes,
            "compute_bytes": rest_bytes,
        }

    def _clear(self) -> None:
        self._cache, self._held_tokens = None, 0

    def _tokens(self, count: int, times: int) -> tuple[float, float]:
        """So many batches of so many random tokens; seconds, and seconds waited for a processor."""
        waited, start = waited_s(), time.perf_counter()
        with self._torch.inference_mode():
            for _ in range(times):
                words = [[self._draw.randrange(self._question["num_words"]) for _ in range(count)]]
                told = self._model(
                    input_ids=self._torch.tensor(words), past_key_values=self._cache, use_cache=True, logits_to_keep=1
                )  # fmt: skip
                self._cache = told.past_key_values
        self._held_tokens += count * times
        return time.perf_counter() - start, waited_s() - waited

    def _prefill(self) -> None:
        count = self._question["prompt_tokens"]
        seconds, waited = self._tokens(count, 1)
        say("prefill", depth_tokens=0, num_tokens=count, seconds=seconds, waited_s=waited)

    def _decode(self) -> None:
        """Short stretches, as `run_worker` has them."""
        question, num_quiet = self._question, 0
        deadline, count = time.monotonic() + question["budget_s"], question["stretch_tokens"]
        for _ in range(question["num_stretches"]):
            depth = self._held_tokens + count / 2
            seconds, waited = self._tokens(1, count)
            say("decode", depth_tokens=depth, num_tokens=count, seconds=seconds, waited_s=waited)
            num_quiet += waited <= question["quiet_ratio"] * seconds
            if num_quiet >= question["num_repeats"] or time.monotonic() > deadline:
                break


def main() -> None:
    """Answer one question."""
    question = json.loads(sys.stdin.readline())
    question["num_words"] = question["vocab_size"]
    try:
        Runner(question).run()
    except (RuntimeError, ValueError, ImportError) as error:
        say("failed", error=" ".join(str(error).split())[:300])


if __name__ == "__main__":
    end_with_parent()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
