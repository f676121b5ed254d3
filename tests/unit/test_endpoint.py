"""The client of chat servers: what it sends, what it times, what it survives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.chat_server import chat_server
from tests.llama_server import TINY, llama_server

from sizewise.domain.failures import FAILURES
from sizewise.errors import BadInput
from sizewise.proof.endpoint import Endpoint, Patience, Target, target_of
from sizewise.proof.endpoint_reply import stream_reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sizewise.proof.endpoint_reply import Reply

QUICK = Patience(attempt_s=0.5, first_wait_s=0.01, num_attempts=3, max_wait_s=2.0, max_answer_bytes=2**20)


def asked(target: Target, *, is_stream: bool = False, max_tokens: int = 16) -> Reply:
    async def run() -> Reply:
        async with Endpoint(target, QUICK) as endpoint:
            return await endpoint.chat(
                [{"role": "user", "content": "hello"}], is_stream=is_stream, max_tokens=max_tokens
            )

    return asyncio.run(run())


@pytest.mark.parametrize("is_stream", [False, True])
def test_an_answer_is_read_and_timed(*, is_stream: bool) -> None:
    with chat_server(lambda _: "good day") as chat:
        reply = asked(target_of("a", chat.address), is_stream=is_stream, max_tokens=7)
    assert (reply.text, reply.failure, reply.finish) == ("good day", "", "stop")
    assert reply.ttft_s is not None
    assert 0 < reply.ttft_s <= reply.total_s
    assert len(reply.gaps_s) == (len("good day") - 1 if is_stream else 0)
    assert chat.bodies[0]["max_tokens"] == 7


@pytest.mark.parametrize(
    ("fault", "failure", "num_attempts"),
    [
        ("hang", "no-answer-in-time", 3), ("500", "server-error", 3), ("429", "too-busy", 3), ("404", "refused", 1),
        ("garbage", "not-understood", 3), ("huge", "too-long", 1), ("elsewhere", "sent-elsewhere", 1),
        ("closed", "broken-off", 3),
    ],
)  # fmt: skip
def test_a_bad_answer_is_a_failure_with_its_reason(fault: str, failure: str, num_attempts: int) -> None:
    with chat_server(lambda _: "x", fault=fault) as chat:
        reply = asked(target_of("a", chat.address))
    assert (reply.failure, reply.num_attempts, reply.text) == (failure, num_attempts, "")
    assert len(chat.questions) == num_attempts
    assert failure in FAILURES


def test_half_a_stream_is_no_answer() -> None:
    with chat_server(lambda _: "x", fault="half-stream") as chat:
        reply = asked(target_of("a", chat.address), is_stream=True)
    assert (reply.failure, reply.text) == ("broken-off", "")


@pytest.mark.parametrize("fault", ["hang", "500", "garbage", "closed"])
def test_what_passes_is_tried_again(fault: str) -> None:
    with chat_server(lambda _: "fine", fault=fault, count=1) as chat:
        reply = asked(target_of("a", chat.address))
    assert (reply.text, reply.num_attempts, reply.failure) == ("fine", 2, "")


def test_the_pause_that_a_server_asks_for_is_kept() -> None:
    with chat_server(lambda _: "fine", fault="429", count=1, retry_after="0.4") as chat:
        reply = asked(target_of("a", chat.address))
    assert reply.text == "fine"
    assert chat.times_s[1] - chat.times_s[0] >= 0.4


def test_a_pause_beyond_patience_is_not_waited_for() -> None:
    with chat_server(lambda _: "fine", fault="429", retry_after="3600") as chat:
        reply = asked(target_of("a", chat.address))
    assert (reply.failure, reply.num_attempts) == ("too-busy", 1)


def test_nobody_there_is_a_failure() -> None:
    assert asked(target_of("a", "http://127.0.0.1:9")).failure == "not-reached"


def test_the_key_goes_into_one_header_and_is_never_shown() -> None:
    with chat_server(lambda _: "x") as chat:
        target = target_of("a", chat.address, key="s3cret")
        asked(target)
    assert chat.keys == ["Bearer s3cret"]
    assert "s3cret" not in repr(target)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with chat_server(lambda _: "x") as chat:
        assert asked(target_of("a", chat.address)).text == "x"


@pytest.mark.parametrize(
    "given", ["localhost:many", "ftp://a", "http://", "http://a?x=1", "http://me:pass@a", ""]
)
def test_an_address_that_is_none_is_refused_without_its_password(given: str) -> None:
    with pytest.raises(BadInput) as refused:
        target_of("a", given)
    assert ":pass@" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "url", "model"),
    [
        ("http://a:1", "http://a:1/v1", ""), ("localhost:80", "http://localhost:80/v1", ""),
        ("https://h/api/v3/models", "https://h/api/v3", ""), ("h/v1/completions/", "http://h/v1", ""),
        ("http://a/v1/", "http://a/v1", ""),
        ("https://a/api/v1/chat/completions#x/y:z", "https://a/api/v1", "x/y:z"),
    ],
)  # fmt: skip
def test_addresses_are_read_as_people_write_them(given: str, url: str, model: str) -> None:
    target = target_of("a", given)
    assert (target.url, target.model) == (url, model)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("is_stream", [False, True])
def test_the_real_llama_server_answers(*, is_stream: bool) -> None:
    with llama_server(TINY / "small-f16.gguf") as address:
        reply = asked(target_of("a", address), is_stream=is_stream)
    assert reply.failure == ""
    assert reply.output_tokens
    assert reply.finish in {"stop", "length"}


@pytest.mark.engine
def test_a_server_with_one_model_needs_no_name_of_it() -> None:
    async def name(address: str) -> str:
        async with Endpoint(target_of("a", address), QUICK) as endpoint:
            return (await endpoint.with_model()).model

    with llama_server(TINY / "small-f16.gguf", alias="tiny") as address:
        assert asyncio.run(name(address)) == "tiny"


def test_a_question_of_megabytes_arrives_whole() -> None:
    async def run(address: str) -> Reply:
        async with Endpoint(target_of("a", address), QUICK) as endpoint:
            return await endpoint.chat([{"role": "user", "content": "ä" * 2**20}])

    with chat_server(lambda messages: str(len(messages[-1]["content"]))) as chat:
        assert asyncio.run(run(chat.address)).text == str(2**20)


def test_a_connection_of_its_own_for_each_question_where_that_is_asked_for() -> None:
    async def run(address: str, *, is_fresh: bool) -> None:
        async with Endpoint(target_of("a", address), QUICK, is_fresh=is_fresh) as endpoint:
            for _ in range(3):
                await endpoint.chat([{"role": "user", "content": "hello"}])

    for is_fresh, num_connections in ((True, 3), (False, 1)):
        with chat_server(lambda _: "x") as chat:
            asyncio.run(run(chat.address, is_fresh=is_fresh))
        assert len(set(chat.ports)) == num_connections


def test_text_is_continued_with_the_servers_own_times() -> None:
    """As llama-server sends it: text in choices, timings in the last piece."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'data: {"choices": [{"text": "ab"}]}\n\ndata: {"choices": [{"te'
        yield b'xt": "c", "finish_reason": "length"}], "timings": {"prompt_ms": 12.0, "predicted_per_token_ms": 3}}\n\n'
        yield b'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3}}\n\ndata: [DONE]\n\n'

    reply = asyncio.run(stream_reply(pieces(), 2**20, 0.0))
    assert (reply.text, reply.prompt_tokens, reply.output_tokens) == ("abc", 5, 3)
    assert (reply.server_prompt_s, reply.server_token_s) == (0.012, 0.003)
    assert len(reply.piece_times_s) == 2


def test_a_key_that_could_carry_a_header_is_refused_without_being_shown() -> None:
    with pytest.raises(BadInput, match="line break") as refused:
        target_of("a", "http://a", key="s3cret\r\nX: y")
    assert "s3cret" not in str(refused.value)


def test_a_server_with_several_models_wants_one_named() -> None:
    async def name(address: str) -> str:
        async with Endpoint(target_of("a", address), QUICK) as endpoint:
            return (await endpoint.with_model()).model

    with (
        chat_server(lambda _: "x", models=("small", "large")) as chat,
        pytest.raises(BadInput, match=r"several models.*#small; it has: small, large"),
    ):
        asyncio.run(name(chat.address))
