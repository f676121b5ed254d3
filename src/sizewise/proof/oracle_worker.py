"""The process that asks llama.cpp: one line of JSON in, one out, until the input ends.

    python -m sizewise.proof.oracle_worker

Started by `engine_oracle`; an assertion inside llama.cpp ends this process and nothing else. llama.cpp builds its
real graphs with `no_alloc` and reports its buffers; no weights are read and nothing is allocated.
Structures and symbols are those of llama.h in build 11549, so no other build is accepted.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from importlib import metadata, util
from pathlib import Path
from typing import Any

PINNED_VERSION = "2026.10.11549"
BREAKDOWN = "_Z26llama_get_memory_breakdownPK13llama_context"
"""`llama_get_memory_breakdown(const llama_context *)`, the only C++ symbol used."""
KV_TYPE_NUMBERS = {
    "f32": 0,
    "f16": 1,
    "q4_0": 2,
    "q4_1": 3,
    "q5_0": 6,
    "q5_1": 7,
    "q8_0": 8,
    "iq4_nl": 20,
    "bf16": 30,
}
MAP_HEADER, MAP_ROOT = 6, 2
"""Words of an empty std::map, and the one that points to its root node. [64-bit words] Source: libstdc++."""
NODE_WORDS = 8
"""Colour, parent, left, right; key; weights, context and compute bytes."""
NO_MAPPING = 0
"""Load mode: neither mapped nor read ahead."""
LAST_WORDS = 300
"""Of the engine's log, kept for an error. [characters]"""

INT, UINT, FLOAT, BOOL, POINTER, SIZE = (
    ctypes.c_int32, ctypes.c_uint32, ctypes.c_float, ctypes.c_bool, ctypes.c_void_p, ctypes.c_size_t,
)  # fmt: skip


class ModelParams(ctypes.Structure):
    """`llama_model_params` of build 11549."""

    _fields_ = (
        ("devices", POINTER), ("buffer_types", POINTER), ("n_gpu_layers", INT), ("split_mode", INT), ("load_mode", INT),
        ("lazy_mode", INT), ("main_gpu", INT), ("tensor_split", POINTER), ("progress", POINTER),
        ("progress_data", POINTER), ("kv_overrides", POINTER), ("vocab_only", BOOL), ("check_tensors", BOOL),
        ("use_extra_bufts", BOOL), ("no_host", BOOL), ("no_alloc", BOOL), ("load_mtp", BOOL),
    )  # fmt: skip


class ContextParams(ctypes.Structure):
    """`llama_context_params` of build 11549."""

    _fields_ = (
        ("n_ctx", UINT), ("n_batch", UINT), ("n_ubatch", UINT), ("n_seq_max", UINT), ("n_rs_seq", UINT),
        ("n_outputs_max", UINT), ("n_outputs_max_per_seq", UINT), ("n_threads", INT), ("n_threads_batch", INT),
        ("context_type", INT), ("rope_scaling", INT), ("pooling", INT), ("attention", INT), ("flash_attn_type", INT),
        ("rope_freq_base", FLOAT), ("rope_freq_scale", FLOAT), ("yarn_ext", FLOAT), ("yarn_attn", FLOAT),
        ("yarn_fast", FLOAT), ("yarn_slow", FLOAT), ("yarn_context", UINT), ("defrag", FLOAT), ("eval", POINTER),
        ("eval_data", POINTER), ("type_k", INT), ("type_v", INT), ("moe_cache_size", SIZE), ("abort", POINTER),
        ("abort_data", POINTER), ("embeddings", BOOL), ("offload_kqv", BOOL), ("no_perf", BOOL), ("op_offload", BOOL),
        ("swa_full", BOOL), ("kv_unified", BOOL), ("samplers", POINTER), ("n_samplers", SIZE), ("other", POINTER),
    )  # fmt: skip


LOG_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, POINTER)


class Engine:
    """llama.cpp, loaded once."""

    def __init__(self) -> None:
        self.library = _library()
        self.log: list[str] = []
        self.callback = LOG_CALLBACK(self._keep)
        self.library.llama_log_set(self.callback, None)
        self.library.llama_backend_init()

    def _keep(self, _level: int, text: bytes, _data: int | None) -> None:
        self.log.append(text.decode("utf-8", "replace"))

    def ask(self, path: str, settings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Buffers of one model file under each of the settings."""
        self.log.clear()
        params = self.library.llama_model_default_params()
        params.no_alloc, params.use_extra_bufts = True, False
        params.n_gpu_layers, params.load_mode = 0, NO_MAPPING
        model = self.library.llama_model_load_from_file(path.encode(), params)
        if not model:
            return [self._refusal()] * len(settings)
        answers = [self._context(model, one) for one in settings]
        self.library.llama_model_free(model)
        return answers

    def _context(self, model: int, settings: dict[str, Any]) -> dict[str, Any]:
        self.log.clear()
        params = self.library.llama_context_default_params()
        params.n_ctx, params.n_ubatch = settings["context_tokens"], settings["ubatch_tokens"]
        params.n_batch = max(settings["ubatch_tokens"], params.n_batch)
        params.n_seq_max = settings["num_slots"]
        params.n_outputs_max = settings["num_slots"] * settings["outputs_per_slot"]
        params.flash_attn_type = int(settings["uses_flash_attention"])
        params.type_k, params.type_v = (
            KV_TYPE_NUMBERS[settings["k_type"]],
            KV_TYPE_NUMBERS[settings["v_type"]],
        )
        params.swa_full, params.kv_unified = settings["keeps_full_windows"], settings["is_unified"]
        context = self.library.llama_init_from_model(model, params)
        if not context:
            return self._refusal()
        buffers = self.buffers(context)
        self.library.llama_free(context)
        return {"buffers": buffers}

    def _refusal(self) -> dict[str, Any]:
        return {"error": self.last_words()}

    def last_words(self) -> str:
        """What the engine said last, on one line."""
        return " ".join("".join(self.log).split())[-LAST_WORDS:]

    def buffers(self, context: int) -> list[dict[str, Any]]:
        """What lies in each kind of memory. [bytes]"""
        header = (ctypes.c_uint64 * MAP_HEADER)()
        getattr(self.library, BREAKDOWN)(ctypes.addressof(header), context)
        found: list[dict[str, Any]] = []
        self._walk(header[MAP_ROOT], found)
        return found

    def _walk(self, node: int, found: list[dict[str, Any]]) -> None:
        """A red-black tree from left to right."""
        if not node:
            return
        words = (ctypes.c_uint64 * NODE_WORDS).from_address(node)
        _colour, _parent, left, right, key, weights, context, compute = words
        self._walk(left, found)
        name = self.library.ggml_backend_buft_name(key).decode()
        found.append(
            {"buffer": name, "weights_bytes": weights, "kv_bytes": context, "compute_bytes": compute}
        )
        self._walk(right, found)


def _library() -> ctypes.CDLL:
    """The library inside the xllamacpp package, with the types of the functions used."""
    found = util.find_spec("xllamacpp")
    if found is None or found.origin is None or metadata.version("xllamacpp") != PINNED_VERSION:
        raise ImportError(f"xllamacpp {PINNED_VERSION} is not installed")
    library = ctypes.CDLL(str(next(Path(found.origin).parent.glob("*.so"))))
    results = {
        "llama_model_default_params": ModelParams, "llama_context_default_params": ContextParams,
        "llama_model_load_from_file": POINTER, "llama_init_from_model": POINTER, BREAKDOWN: POINTER,
        "ggml_backend_buft_name": ctypes.c_char_p,
    }  # fmt: skip
    arguments = {
        "llama_model_load_from_file": (ctypes.c_char_p, ModelParams), "llama_model_free": (POINTER,),
        "llama_init_from_model": (POINTER, ContextParams), "llama_free": (POINTER,),
        "llama_log_set": (LOG_CALLBACK, POINTER), BREAKDOWN: (POINTER, POINTER), "ggml_backend_buft_name": (POINTER,),
    }  # fmt: skip
    for name, result in results.items():
        getattr(library, name).restype = result
    for name, types in arguments.items():
        getattr(library, name).argtypes = types
    return library


def main() -> None:
    """Answer line by line; what the library itself prints goes nowhere."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        engine = Engine()
        for line in sys.stdin:
            question = json.loads(line)
            answers.write(json.dumps(engine.ask(question["path"], question["settings"])) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
