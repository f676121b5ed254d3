"""Models on a hub: only headers travel, and every way a server fails ends in one line; no network but this computer."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tests.fake_hub_server import FakeHub, Fault, Sparse, fake_hub
from tests.header_bytes import safetensors_head, tiny_gguf

from sizewise.advisor.fitting import fit
from sizewise.catalog import load_catalog
from sizewise.errors import BadInput, InvalidFile, NotSupported, UnknownName
from sizewise.sources import web
from sizewise.sources.hub import Repository, huggingface, modelscope
from sizewise.sources.resolve import resolve_model
from sizewise.sources.web import GatedModel, HubUnreachable, NotOnHub, Web

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.fake_hub_server import Repository as Files

LLAMA_8B: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
LINEAR = {
    "self_attn.q_proj": (4096, 4096), "self_attn.k_proj": (1024, 4096), "self_attn.v_proj": (1024, 4096),
    "self_attn.o_proj": (4096, 4096), "mlp.gate_proj": (14336, 4096), "mlp.up_proj": (14336, 4096),
    "mlp.down_proj": (4096, 14336),
}  # fmt: skip
EDGES = {
    "model.embed_tokens.weight": ("BF16", (128256, 4096)), "lm_head.weight": ("BF16", (128256, 4096)),
    "model.norm.weight": ("BF16", (4096,)),
}  # fmt: skip
NUM_PARAMS_8B = 8_030_261_248
Tensors = dict[str, tuple[str, tuple[int, ...]]]


def config(**changes: object) -> bytes:
    return json.dumps(LLAMA_8B | changes).encode()


def llama_8b(type_name: str = "BF16", *, has_scales: bool = False) -> Tensors:
    """The tensors of Llama-3.1-8B; quantized ones with one scale each."""
    tensors: Tensors = dict(EDGES)
    for layer in range(32):
        prefix = f"model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{norm}.weight"] = ("BF16", (4096,))
        for name, shape in LINEAR.items():
            tensors[f"{prefix}.{name}.weight"] = (type_name, shape)
            if has_scales:
                tensors[f"{prefix}.{name}.weight_scale"] = ("F32", (1,))
    return tensors


def sparse(tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> Sparse:
    return Sparse(*safetensors_head(tensors))


REPOSITORIES: dict[str, Files] = {
    "demo/llama": {"config.json": config(), "model.safetensors": sparse(llama_8b())},
    "demo/Llama-3.1-8B-FP8": {
        "config.json": config(quantization_config={"quant_method": "fp8"}),
        "model.safetensors": sparse(llama_8b("F8_E4M3", has_scales=True)),
    },
    "demo/no-weights": {"config.json": config()},
    "demo/huge-config": {"config.json": Sparse(b"{", 5 * 2**20)},
    "demo/not-json": {"config.json": b"<html>"},
    "demo/tiny-GGUF": {"tiny-Q4_K_M.gguf": tiny_gguf(), "README.md": b"words"},
    "demo/empty": {"README.md": b"words"},
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    with fake_hub(dict(REPOSITORIES)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("MODELSCOPE_DOMAIN", server.address)
        monkeypatch.setenv("SIZEWISE_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        for name in ("HF_TOKEN", "http_proxy", "HTTP_PROXY", "MODELSCOPE_API_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(web, "FIRST_WAIT_S", 0.001)
        yield server


def test_a_file_of_16_gb_is_sized_from_its_header_alone(hub: FakeHub) -> None:
    found = resolve_model("demo/llama", load_catalog())
    assert found.weights is not None
    assert (found.weights.file_bytes, found.model.num_params) == (2 * NUM_PARAMS_8B, NUM_PARAMS_8B)
    assert (found.origin, found.quantization, found.weights.basis) == ("hub", "BF16", "exact")
    assert hub.num_sent_bytes < 2**18
    assert all(asked for _, asked, _ in hub.requests)


def test_M12_an_fp8_repository_is_safetensors_for_vllm(hub: FakeHub) -> None:
    answer = fit("demo/Llama-3.1-8B-FP8", device="H100 SXM")
    assert (answer.quantization, answer.engine, answer.fits) == ("FP8", "vllm", "yes")
    linear = 32 * sum(a * b for a, b in LINEAR.values())
    exact = linear + 32 * 7 * 4 + 2 * (NUM_PARAMS_8B - linear)
    assert answer.memory[0].size.likely == exact
    assert answer.memory[0].size.basis == "exact"
    assert "--quantization" not in answer.command
    assert hub.num_sent_bytes < 2**20


def deepseek_r1_nvfp4() -> Files:
    """DeepSeek-R1 with experts and dense blocks in NVFP4, in shards of one layer; attention in 16 bits."""
    heads, hidden = 128, 7168
    shards: list[Tensors] = [{
        "model.embed_tokens.weight": ("BF16", (129280, hidden)), "lm_head.weight": ("BF16", (129280, hidden)),
        "model.norm.weight": ("BF16", (hidden,)),
    }]  # fmt: skip
    for layer in range(61):
        prefix = f"model.layers.{layer}"
        tensors: Tensors = {
            f"{prefix}.self_attn.q_a_proj.weight": ("BF16", (1536, hidden)),
            f"{prefix}.self_attn.q_b_proj.weight": ("BF16", (heads * 192, 1536)),
            f"{prefix}.self_attn.kv_a_proj_with_mqa.weight": ("BF16", (576, hidden)),
            f"{prefix}.self_attn.kv_b_proj.weight": ("BF16", (heads * 256, 512)),
            f"{prefix}.self_attn.o_proj.weight": ("BF16", (hidden, heads * 128)),
        }  # fmt: skip
        if layer < 3:
            blocks = {"mlp": 18432}
        else:
            tensors[f"{prefix}.mlp.gate.weight"] = ("BF16", (256, hidden))
            blocks = {"mlp.shared_experts": 2048} | {f"mlp.experts.{i}": 2048 for i in range(256)}
        for block, width in blocks.items():
            for name, (rows, row) in {
                "gate_proj": (width, hidden),
                "up_proj": (width, hidden),
                "down_proj": (hidden, width),
            }.items():
                tensors[f"{prefix}.{block}.{name}.weight"] = ("U8", (rows, row // 2))
                tensors[f"{prefix}.{block}.{name}.weight_scale"] = ("F8_E4M3", (rows, row // 16))
                tensors[f"{prefix}.{block}.{name}.weight_scale_2"] = ("F32", ())
        shards.append(tensors)
    names = [f"model-{i:05d}-of-00062.safetensors" for i in range(62)]
    index = {name: file for file, part in zip(names, shards, strict=True) for name in part}
    settings = {
        "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "hidden_size": hidden,
        "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
        "num_attention_heads": heads, "num_key_value_heads": heads, "vocab_size": 129280,
        "n_routed_experts": 256, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 3, "moe_layer_freq": 1, "kv_lora_rank": 512,
        "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
        "max_position_embeddings": 163840, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    }  # fmt: skip
    return {
        "config.json": json.dumps(settings).encode(),
        "hf_quant_config.json": b'{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4"}}',
        "model.safetensors.index.json": json.dumps({"weight_map": index}).encode(),
        **{name: sparse(part) for name, part in zip(names, shards, strict=True)},
    }


@pytest.mark.slow
def test_M11_an_nvfp4_repository_has_its_671_billion_parameters_and_the_bytes_of_its_headers(
    hub: FakeHub,
) -> None:
    files = deepseek_r1_nvfp4()
    hub.repositories["demo/DeepSeek-R1-FP4"] = files
    found = resolve_model("demo/DeepSeek-R1-FP4", load_catalog())
    data = sum(f.size_bytes - len(f.head) for f in files.values() if isinstance(f, Sparse))
    assert found.weights is not None
    assert found.quantization == found.model.native_format == "NVFP4"
    assert found.model.num_params == pytest.approx(671e9, rel=0.001)
    assert found.weights.file_bytes == data
    experts = 58 * 256 * 3 * (7168 * 2048 * 9 // 16 + 4)
    assert found.weights.expert_bytes == experts
    assert hub.num_sent_bytes < 64 * 2**20


def test_a_gguf_file_of_a_repository_is_read_by_its_header(hub: FakeHub) -> None:
    catalog = load_catalog()
    for text in ("demo/tiny-GGUF/tiny-Q4_K_M.gguf", "demo/tiny-GGUF:Q4_K_M", "demo/tiny-GGUF:q4_k_m"):
        found = resolve_model(text, catalog)
        assert (found.quantization, found.container, found.model.num_layers) == ("Q4_K_M", "gguf", 2)
        assert found.download == "hf download demo/tiny-GGUF tiny-Q4_K_M.gguf --local-dir ."
    assert hub.requests


def test_a_repository_of_gguf_files_asks_which_one(hub: FakeHub) -> None:
    with pytest.raises(NotSupported, match=r"demo/tiny-GGUF/tiny-Q4_K_M\.gguf"):
        resolve_model("demo/tiny-GGUF", load_catalog())
    with pytest.raises(UnknownName, match="Q9_9"):
        resolve_model("demo/tiny-GGUF:Q9_9", load_catalog())
    assert hub.requests


def test_modelscope_speaks_its_own_addresses(hub: FakeHub) -> None:
    found = resolve_model("modelscope:demo/llama", load_catalog())
    assert found.origin == "modelscope"
    assert any(path.startswith("/models/demo/llama/resolve/master/") for path, _, _ in hub.requests)
    assert any(path.startswith("/api/v1/models/demo/llama/repo/files") for path, _, _ in hub.requests)
    assert found.download == "modelscope download --model demo/llama --local_dir ./llama"


def test_a_repository_without_headers_is_sized_by_its_shape(hub: FakeHub) -> None:
    found = resolve_model("demo/no-weights", load_catalog())
    assert (found.weights, found.model.num_params) == (None, NUM_PARAMS_8B)
    assert hub.requests


def test_what_was_read_is_not_fetched_again_and_serves_offline(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = load_catalog()
    first = resolve_model("demo/llama", catalog)
    num_requests = len(hub.requests)
    assert resolve_model("demo/llama", catalog) == first
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert resolve_model("demo/llama", catalog) == first
    assert len(hub.requests) == num_requests
    with pytest.raises(UnknownName, match="HF_HUB_OFFLINE"):
        resolve_model("demo/no-weights", catalog)


def test_old_parts_serve_when_the_server_is_gone_and_say_so(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = load_catalog()
    first = resolve_model("demo/llama", catalog)
    hub.faults = {name: Fault("500") for name in ("config.json", "model.safetensors")}
    monkeypatch.setattr("sizewise.sources.web_cache.FRESH_S", -1.0)
    again = resolve_model("demo/llama", catalog)
    assert again.weights == first.weights
    assert "read earlier" in str(again.caveats[0])


def test_a_damaged_cache_is_read_anew(hub: FakeHub, tmp_path: Path) -> None:
    catalog = load_catalog()
    first = resolve_model("demo/llama", catalog)
    entries = list((tmp_path / "cache").glob("*.part"))
    for path in entries:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert resolve_model("demo/llama", catalog) == first
    assert entries
    assert hub.requests


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("SIZEWISE_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert resolve_model("demo/llama", load_catalog()).weights is not None
    assert hub.requests


def test_the_token_opens_a_gated_model_and_stays_with_its_server(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token = "hf_secret"  # noqa: S105 - a test's own
    with pytest.raises(GatedModel, match="HF_TOKEN"):
        resolve_model("demo/llama", load_catalog())
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with fake_hub(dict(REPOSITORIES)) as store:
        target = f"{store.address}/demo/llama/resolve/main/model.safetensors"
        hub.faults["model.safetensors"] = Fault("elsewhere", headers={"Location": target})
        assert resolve_model("demo/llama", load_catalog()).weights is not None
        assert store.requests
        assert {authorization for _, _, authorization in store.requests} == {""}


@pytest.mark.parametrize(
    "text", ["demo/nothing", "nobody/llama", "demo/nothing:Q4_K_M", "demo/tiny-GGUF/no.gguf"]
)
def test_what_the_hub_does_not_have_is_unknown(hub: FakeHub, text: str) -> None:
    with pytest.raises(UnknownName, match="has no such model"):
        resolve_model(text, load_catalog())
    assert hub.requests


def test_a_misspelt_name_says_the_nearest_of_the_catalog(hub: FakeHub) -> None:
    with pytest.raises(UnknownName, match="Qwen/Qwen3-8B"):
        resolve_model("Qwen/Qwn3-8B", load_catalog())
    assert hub.requests


@pytest.mark.parametrize(
    ("fault", "said"),
    [(Fault("429"), "status 429"), (Fault("500"), "status 500"), (Fault("503"), "status 503"),
     (Fault("truncated"), "cannot be used now"), (Fault("closed"), "cannot be used now"),
     (Fault("garbage"), "cannot be used now"), (Fault("loop"), "without end"), (Fault("wrong-part"), "another part"),
     (Fault("418"), "status 418"), (Fault("429", headers={"Retry-After": "3600"}), "status 429"),
     (Fault("elsewhere", headers={"Location": "file:///etc/passwd"}), "not used"),
     (Fault("elsewhere", headers={"Location": "ftp://127.0.0.1/x"}), "not used"),
     (Fault("elsewhere"), "without end")],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)  # fmt: skip
def test_a_failing_server_is_one_line(hub: FakeHub, fault: Fault, said: str) -> None:
    hub.faults["config.json"] = fault
    with pytest.raises(HubUnreachable, match=said) as caught:
        resolve_model("demo/llama", load_catalog())
    assert "\n" not in str(caught.value)
    assert len(hub.requests) <= 3 * 6


@pytest.mark.parametrize("kind", ["429", "500", "truncated", "closed", "garbage"])
def test_a_failure_that_passes_is_tried_again(hub: FakeHub, kind: str) -> None:
    hub.faults["config.json"] = Fault(kind, count=2, headers={"Retry-After": "0"})
    assert resolve_model("demo/llama", load_catalog()).weights is not None


def patient(hub: FakeHub, **changes: Any) -> Web:
    return Web(endpoint=hub.address, sleep=lambda _: None, **changes)


def test_a_slow_server_is_left_after_its_time(hub: FakeHub) -> None:
    hub.faults["config.json"] = Fault("slow")
    repository = Repository(
        huggingface({"HF_ENDPOINT": hub.address}), "demo/llama", {}, patient(hub, max_seconds=0.1)
    )
    with pytest.raises(HubUnreachable, match="too slow"):
        repository.part("config.json", begin=0, length=1000)


def test_waits_are_those_the_server_asks_for_within_bounds(hub: FakeHub) -> None:
    waits: list[float] = []
    hub.faults["config.json"] = Fault("429", count=2, headers={"Retry-After": "7"})
    server = Web(endpoint=hub.address, sleep=waits.append)
    assert server.part("/demo/llama/resolve/main/config.json", begin=0, length=9).content == config()[:9]
    assert waits == [7.0, 7.0]


def test_a_server_without_ranges_never_sends_the_weights(hub: FakeHub) -> None:
    hub.faults["model.safetensors"] = Fault("whole")
    path = "/demo/llama/resolve/main/model.safetensors"
    assert patient(hub).part(path, begin=0, length=100).size_bytes > 16e9
    with pytest.raises(HubUnreachable, match="parts of files"):
        patient(hub).part(path, begin=100, length=100)
    assert hub.num_sent_bytes < 2**26


def test_a_part_behind_the_end_is_not_there(hub: FakeHub) -> None:
    with pytest.raises(NotOnHub):
        patient(hub).part("/demo/llama/resolve/main/config.json", begin=10**6, length=1)


def test_a_closed_port_is_unreachable() -> None:
    nowhere = Web(endpoint="http://127.0.0.1:9", sleep=lambda _: None)
    with pytest.raises(HubUnreachable, match=r"127\.0\.0\.1:9"):
        nowhere.part("/x", begin=0, length=1)


@pytest.mark.parametrize(
    ("text", "error"),
    [("demo/huge-config", InvalidFile), ("demo/not-json", InvalidFile), ("demo/empty", InvalidFile),
     ("modelscope:demo", BadInput), ("modelscope:../x", BadInput), ("modelscope:a/b/../../c.gguf", BadInput),
     ("demo/llama:../x", UnknownName), ("de mo/llama", UnknownName), ("demo/ll%61ma", UnknownName)],
)  # fmt: skip
def test_other_bad_names_and_files_are_one_line(hub: FakeHub, text: str, error: type[BadInput]) -> None:
    with pytest.raises(error) as caught:
        resolve_model(text, load_catalog())
    assert "\n" not in str(caught.value)
    assert all(".." not in path for path, _, _ in hub.requests)


@pytest.mark.parametrize(
    "endpoint", ["huggingface.co", "file:///etc", "http://", "https://a b", "http://[::1"]
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(BadInput, match="HF_ENDPOINT"):
        huggingface({"HF_ENDPOINT": endpoint})


def test_the_login_of_huggingface_hub_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sizewise.sources.hub.find_spec", lambda _: object())
    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(get_token=lambda: "hf_login"))
    assert huggingface({}).token == "hf_login"  # noqa: S105 - a test's own
    assert huggingface({"HF_TOKEN": "hf_own"}).token == "hf_own"  # noqa: S105 - same
    assert huggingface({"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}).token == ""


def test_the_usual_hubs_are_meant_when_nothing_is_set() -> None:
    assert huggingface({"HF_TOKEN": "x"}).endpoint == "https://huggingface.co"
    assert modelscope({}).endpoint == "https://www.modelscope.cn"
    assert huggingface({"HF_TOKEN": "x", "HF_HUB_OFFLINE": "YES"}).is_offline
