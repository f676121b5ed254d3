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

if TYPE_CHECKING:
    from sizewise.proof.endpoint_reply import Reply

QUICK = Patience(attempt_s=0.5, first_wait_s=0.01, num_attempts=3, max_wait_s=2.0, max_answer_bytes=2**20)


def asked(target: Target, *, is_stream: bool = False, max_tokens: int = 16) -> Reply:
    async def run() -> Reply:
        async with Endpoint(target, QUICK) as endpoint:
            return await endpoint.ask(
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
    "given", ["localhost:80", "ftp://a", "http://", "http://a?x=1", "http://me:pass@a", ""]
)
def test_an_address_that_is_none_is_refused_without_its_password(given: str) -> None:
    with pytest.raises(BadInput) as refused:
        target_of("a", given)
    assert ":pass@" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "url", "model"),
    [
        ("http://a:1", "http://a:1/v1", ""), ("http://a/v1/", "http://a/v1", ""),
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
