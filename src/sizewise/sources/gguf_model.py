"""A model from the metadata of a GGUF file: said in the words of a Hugging Face configuration, then read as one.

Only architectures whose cache is known are read; the exact weights of another one are part of its error.
Source: metadata keys of llama.cpp b11549.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.errors import NotSupported
from sizewise.sources.config_json import model_from_config
from sizewise.sources.gguf_file import BLOCK, gguf_weights, is_skipped
from sizewise.sources.json_object import JsonObject
from sizewise.units import format_bytes

if TYPE_CHECKING:
    from sizewise.domain.model import Model
    from sizewise.sources.gguf_file import GgufFile

MODEL_TYPES = {
    "llama": "llama", "mistral3": "mistral", "qwen2": "qwen2", "qwen3": "qwen3", "qwen2moe": "qwen2_moe",
    "qwen3moe": "qwen3_moe", "qwen2vl": "qwen2_5_vl_text", "qwen3vl": "qwen3_vl_text", "phi3": "phi3", "phimoe":
    "phimoe", "gemma": "gemma", "gemma2": "gemma2", "gemma3": "gemma3_text", "granite": "granite", "olmo":
    "olmo", "olmo2": "olmo2", "olmoe": "olmoe", "internlm2": "internlm2", "command-r": "cohere", "cohere2":
    "cohere2", "exaone": "exaone", "exaone4": "exaone4", "smollm3": "smollm3", "stablelm": "stablelm",
    "seed_oss": "seed_oss", "starcoder2": "starcoder2", "glm4": "glm4", "chatglm": "glm", "minicpm": "minicpm",
    "ernie4_5": "ernie4_5", "ernie4_5-moe": "ernie4_5_moe", "glm4moe": "glm4_moe", "dots1": "dots1",
    "deepseek2": "deepseek_v3", "gpt-oss": "gpt_oss", "arcee": "arcee", "hunyuan-dense": "hunyuan_v1_dense",
    "minimax-m2": "minimax_m2",
}  # fmt: skip
"""Architecture of llama.cpp to the model type whose configuration says the same."""
SAME_FIELDS = {
    "hidden_size": "embedding_length", "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length", "max_position_embeddings": "context_length", "num_experts": "expert_count",
    "num_experts_per_tok": "expert_used_count", "moe_intermediate_size": "expert_feed_forward_length",
    "n_shared_experts": "expert_shared_count", "shared_expert_intermediate_size": "expert_shared_feed_forward_length",
    "first_k_dense_replace": "leading_dense_block_count", "sliding_window": "attention.sliding_window",
}  # fmt: skip
"""Field of the configuration to key of the metadata, without the architecture in front."""
REQUIRED = ("hidden_size", "num_attention_heads", "max_position_embeddings")
RANK_POOLING = 4
"""`pooling_type` of models that give one score for a pair of texts."""


def gguf_model(file: GgufFile, *, name: str, native_format: str) -> Model:
    """The model in this file; parameters counted from its tensors.

    Raises: NotSupported for an architecture or layout that is not known, with the exact bytes of its weights.
    """
    metadata = _Metadata(file)
    model = model_from_config(JsonObject(Path(file.name), metadata.config()), name=name, source=file.name)
    counted = [tensor for tensor in file.tensors if not is_skipped(file, tensor)]
    total = sum(tensor.num_elements for tensor in counted)
    experts = sum(tensor.num_elements for tensor in counted if "_exps." in tensor.name)
    chosen_ratio = model.experts.num_experts_per_token / model.experts.num_experts if model.experts else 1.0
    return replace(
        model, kind=metadata.kind(), num_params=float(total), native_format=native_format,
        num_active_params=total - experts * (1 - chosen_ratio),
        num_extra_params=float(sum(tensor.num_elements for tensor in file.tensors) - total),
        tasks=("chat",) if metadata.kind() == "generator" else (metadata.kind(),),
        note="parameters counted in the file; licence, languages and training not in its header",
    )  # fmt: skip


class _Metadata:
    """Metadata of one file, in the words of a configuration."""

    def __init__(self, file: GgufFile) -> None:
        self._file = file
        self._shapes = {tensor.name: tensor.shape for tensor in file.tensors}
        self._prefix = f"{file.architecture}."
        own = {k.removeprefix(self._prefix): v for k, v in file.values.items() if k.startswith(self._prefix)}
        self._values = {key: self._one_for_all_layers(key, value) for key, value in own.items()}
        self._object = JsonObject(Path(file.name), self._values, self._prefix)

    def config(self) -> dict[str, Any]:
        """Fields of a configuration that describes the same model."""
        if self._file.values.get("general.type", "model") != "model":
            raise self._unknown("general.type", self._file.values["general.type"], "no model")
        model_type = MODEL_TYPES.get(self._file.architecture)
        if model_type is None:
            given = self._file.architecture or "missing"
            raise self._unknown(
                "general.architecture", given, "an architecture whose cache is not known here"
            )
        for field in REQUIRED:
            self._object.whole(SAME_FIELDS[field])
        num_layers = self._object.whole("block_count") - self._file.num_skipped_layers
        config: dict[str, Any] = {
            "num_hidden_layers": num_layers,
            "vocab_size": self._num_rows("token_embd.weight"),
        }
        config |= {field: self._values[key] for field, key in SAME_FIELDS.items() if key in self._values}
        config |= {"model_type": self._windowed_type(model_type), "architectures": ["GgufForCausalLM"]}
        config["tie_word_embeddings"] = "output.weight" not in self._shapes
        config["attention_bias"] = "blk.0.attn_q.bias" in self._shapes
        self._check_experts(config)
        return config | self._window_fields(num_layers) | self._latent_fields()

    def kind(self) -> str:
        """A generator, unless the file says that its vectors are pooled."""
        pooling = self._values.get("pooling_type", 0)
        if not pooling:
            return "generator"
        return "reranker" if pooling == RANK_POOLING else "embedding"

    def _one_for_all_layers(self, key: str, value: Any) -> Any:  # noqa: ANN401 - what a stranger wrote
        """One number where an array has the same for every layer; the pattern of windows stays."""
        if not isinstance(value, tuple) or key == "attention.sliding_window_pattern":
            return value
        if len(set(value)) == 1:
            return value[0]
        return list(value)

    def _num_rows(self, tensor: str) -> int:
        shape = self._shapes.get(tensor, ())
        if len(shape) != 2:  # noqa: PLR2004 - a matrix
            raise self._unknown(tensor, shape or "missing", "no matrix of rows for the vocabulary")
        return shape[1]

    def _windowed_type(self, model_type: str) -> str:
        """OLMo 3 is written as OLMo 2 with a window."""
        return "olmo3" if model_type == "olmo2" and "attention.sliding_window" in self._values else model_type

    def _window_fields(self, num_layers: int) -> dict[str, Any]:
        pattern = self._values.get("attention.sliding_window_pattern")
        if isinstance(pattern, tuple):
            kinds = ("sliding_attention" if is_windowed else "full_attention" for is_windowed in pattern)
            return {"layer_types": list(kinds)[:num_layers]}
        return {} if pattern is None else {"sliding_window_pattern": pattern}

    def _latent_fields(self) -> dict[str, Any]:
        """Latent attention; files made before llama.cpp cached the latent vector alone are refused."""
        if "attention.kv_lora_rank" not in self._values:
            value_length = self._values.get(
                "attention.value_length", self._values.get("attention.key_length")
            )
            if value_length != self._values.get("attention.key_length"):
                raise self._unknown("attention.value_length", value_length, "not the length of the keys")
            return {}
        if "attention.key_length_mla" not in self._values:
            raise self._unknown(
                "attention.key_length_mla", "missing", "of a file made before May 2025: convert it anew"
            )
        rope = self._object.whole("rope.dimension_count")
        return {
            "kv_lora_rank": self._object.whole("attention.kv_lora_rank"),
            "q_lora_rank": self._object.whole("attention.q_lora_rank", 0, least=0),
            "qk_rope_head_dim": rope,
            "qk_nope_head_dim": self._object.whole("attention.key_length_mla", least=rope + 1) - rope,
            "v_head_dim": self._object.whole("attention.value_length_mla"),
        }

    def _check_experts(self, config: dict[str, Any]) -> None:
        """Routers sit in every layer but the first dense ones, or the layout is not known."""
        if not config.get("num_experts"):
            config.pop("num_experts", None)
            return
        routers = {
            int(m[1]) for n in self._shapes if n.endswith("ffn_gate_inp.weight") and (m := BLOCK.match(n))
        }
        num_layers = config["num_hidden_layers"]
        routers = {number for number in routers if number < num_layers}
        dense = self._object.whole("leading_dense_block_count", 0, least=0)
        if routers != set(range(dense, num_layers)):
            raise self._unknown(
                "leading_dense_block_count", dense, "not where the experts of its layers begin"
            )
        config.setdefault("moe_intermediate_size", self._shapes[f"blk.{dense}.ffn_down_exps.weight"][0]
                          if f"blk.{dense}.ffn_down_exps.weight" in self._shapes else 0)  # fmt: skip

    def _unknown(self, field: str, given: object, reason: str) -> NotSupported:
        weights = gguf_weights(self._file).file_bytes
        return NotSupported(
            "{path}: field {field} is '{given}', {reason}; its weights are exactly {bytes} bytes ({size})",
            path=self._file.name, field=field, given=given, reason=reason, bytes=f"{weights:,.0f}",
            size=format_bytes(weights),
        )  # fmt: skip
