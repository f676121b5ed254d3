"""What a server reads for its callers: only what its operator listed, by whatever way it is named."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

httpx = pytest.importorskip("httpx", reason="the API needs: pip install 'sizewise[serve]'")
pytest.importorskip("fastapi", reason="the API needs: pip install 'sizewise[serve]'")

from tests.fake_hub_server import Fault, Sparse, fake_hub  # noqa: E402 - after the check

from sizewise.api.app import create_app  # noqa: E402
from sizewise.api.settings import Settings  # noqa: E402
from sizewise.errors import BadInput  # noqa: E402
from sizewise.sources import reach  # noqa: E402
from sizewise.sources.reach import OutOfReach, Reach, check_address, confined, parse_folders, parse_hosts  # noqa: E402
from sizewise.sources.web import HubUnreachable, Web  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 512, "vocab_size": 1000,
    "max_position_embeddings": 2048, "torch_dtype": "bfloat16",
}  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An allowed folder with a model, beside one that is not allowed with the same."""
    for name in ("allowed", "secret"):
        (tmp_path / name / "model").mkdir(parents=True)
        (tmp_path / name / "model" / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    return tmp_path / "allowed"


async def asked(reach_: Reach, model: str, verb: str = "fit") -> Any:
    device: Any = ["RTX 4090"] if verb == "fit" else "RTX 4090"
    transport = httpx.ASGITransport(app=create_app(Settings(reach=reach_)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        return await http.post(f"/api/v1/{verb}", json={"model": model, "device": device})


@pytest.mark.anyio
@pytest.mark.parametrize("verb", ["fit", "capacity", "cost"])
async def test_a_model_below_an_allowed_folder_is_read(folder: Path, verb: str) -> None:
    answer = await asked(Reach(folders=(folder,)), str(folder / "model"), verb)
    assert answer.status_code == 200, answer.text


@pytest.mark.anyio
@pytest.mark.parametrize("verb", ["fit", "capacity", "cost"])
@pytest.mark.parametrize(
    "path",
    ["{root}/secret/model", "{root}/allowed/../secret/model", "{root}/allowed/link", "{root}/secret/none",
     "/etc/passwd", "~/model", "~nobody-of-this-name/model", "{root}/allowed/linked-file", "{root}/allowed\0/model",
     "{root}/allowed-not/model", "ollama:llama3"],
)  # fmt: skip
async def test_nothing_else_is_read(folder: Path, verb: str, path: str) -> None:
    (folder / "link").symlink_to(folder.parent / "secret" / "model")
    (folder / "linked-file").mkdir()
    (folder / "linked-file" / "config.json").symlink_to(folder.parent / "secret" / "model" / "config.json")
    shutil.copytree(folder.parent / "secret", folder.parent / "allowed-not")
    answer = await asked(Reach(folders=(folder,)), path.format(root=folder.parent), verb)
    assert (answer.status_code, answer.json()["title"]) == (422, "out-of-reach")


@pytest.mark.anyio
async def test_a_path_tells_nothing_about_what_exists(folder: Path) -> None:
    secret = folder.parent / "secret"
    there = await asked(Reach(folders=(folder,)), str(secret / "model"))
    missing = await asked(Reach(folders=(folder,)), str(secret / "nothing"))
    assert there.json()["detail"] == missing.json()["detail"]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    files: dict[str, bytes | Sparse] = {"config.json": json.dumps(CONFIG).encode()}
    with fake_hub({"org/model": files, "org/elsewhere": files}) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_TOKEN", "the-operators-own")
        monkeypatch.setenv("SIZEWISE_CACHE_DIR", str(tmp_path / "cache"))
        yield served


def host_of(served: Any) -> str:
    return str(served.address).removeprefix("http://")


@pytest.mark.anyio
async def test_an_allowed_hub_is_asked_without_the_token_of_the_operator(hub: Any) -> None:
    answer = await asked(Reach(hosts=(host_of(hub),)), "org/model")
    assert answer.status_code == 200, answer.text
    assert {authorization for _, _, authorization in hub.requests} == {""}


@pytest.mark.anyio
async def test_a_hub_that_is_not_listed_is_not_asked(hub: Any) -> None:
    answer = await asked(Reach(hosts=("huggingface.co",)), "org/model")
    assert (answer.status_code, answer.json()["title"]) == (422, "out-of-reach")
    assert hub.requests == []


def test_a_redirect_to_another_host_is_not_followed(hub: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        hub.faults["config.json"] = Fault(
            "302", headers={"Location": f"http://127.0.0.1:{port}/latest/meta-data"}
        )
        with confined(Reach(hosts=(host_of(hub),))), pytest.raises(OutOfReach):
            Web(endpoint=hub.address).part("/org/model/resolve/main/config.json", begin=0, length=10)
        other.settimeout(0.1)
        with pytest.raises(TimeoutError):
            other.accept()


@pytest.mark.parametrize(
    "url",
    ["http://huggingface.co/x", "https://huggingface.co:8443/x", "https://huggingface.co@evil.example/x",
     "https://evil.example/huggingface.co", "https://huggingface.co.evil.example/x", "https://2130706433/x",
     "https://0x7f000001/x", "https://127.1/x", "https://[::1]/x", "https://[::ffff:127.0.0.1]/x",
     "https://user:huggingface.co@127.0.0.1/", "https://huggingface.co\\@127.0.0.1/", "https://huggingface.co:99999/x",
     "file:///etc/passwd", "ftp://huggingface.co/x"],
)  # fmt: skip
def test_an_address_that_only_looks_like_the_listed_one_is_refused(url: str) -> None:
    listed = parse_hosts(("HuggingFace.co",))
    with confined(Reach(hosts=listed)):
        check_address("https://huggingface.co/x")
        if url != "http://huggingface.co/x":  # the name is listed for either scheme at its usual port
            with pytest.raises(OutOfReach):
                check_address(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.1", "::1", "fe80::1", "fd00::1",
     "::ffff:127.0.0.1", "2002:7f00:1::", "224.0.0.1"],
)  # fmt: skip
def test_a_name_that_leads_into_a_private_network_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def resolved(*_: object, **__: object) -> list[Any]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, 80))]

    monkeypatch.setattr("socket.getaddrinfo", resolved)
    with (
        confined(Reach(hosts=("rebound.example",))),
        pytest.raises((OutOfReach, HubUnreachable), match="private"),
    ):
        Web(endpoint="http://rebound.example").part("/x", begin=0, length=1)


def test_the_address_that_was_looked_at_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [("93.184.216.34", 80), ("127.0.0.1", 80)]
    connected: list[Any] = []

    def resolved(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers.pop(0))]

    def connect(_self: object, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", resolved)
    monkeypatch.setattr("socket.socket.connect", connect)
    with contextlib.suppress(ConnectionRefusedError):
        reach._connect("rebound.example", 80, 1.0)
    assert connected == [("93.184.216.34", 80)]


def test_outside_of_a_server_everything_may_be_read() -> None:
    assert reach.current_reach() is None
    check_address("http://127.0.0.1:1/x")
    assert reach.may_read(Path("/etc/passwd"))


@pytest.mark.parametrize(
    "given", ["https://huggingface.co", "a/b", "user@host", "host:port", "2130706433", "0x7f.1", ""]
)
def test_an_operator_lists_hosts_only(given: str) -> None:
    with pytest.raises(BadInput, match="--allow-host"):
        parse_hosts((given,))


def test_an_operator_lists_folders_only(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--allow-folder"):
        parse_folders((str(tmp_path / "none"),))
