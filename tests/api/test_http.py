"""The HTTP API: the same answers as the command line, and one clear problem for everything else."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="the API needs: pip install 'sizewise[serve]'")
pytest.importorskip("fastapi", reason="the API needs: pip install 'sizewise[serve]'")

from sizewise import advisor  # noqa: E402 - after the check
from sizewise.api.app import STATIC, bare_app, create_app  # noqa: E402 - after the check
from sizewise.api.metrics import Metrics  # noqa: E402
from sizewise.api.settings import Settings  # noqa: E402
from sizewise.cli.root import run  # noqa: E402

SCHEMA = Path(__file__).parent / "openapi.json"
VENDORED = {"htmx.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"}
"""htmx.org 2.0.11, dist/htmx.min.js."""
MOST_PAGE_BYTES = 1_600_000


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def client(settings: Settings | None = None) -> Any:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(settings), raise_app_exceptions=False),
        base_url="http://here",
    )


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) in {0, 1}
    return json.loads(capsys.readouterr().out)


CASES: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    (
        "recommend",
        {"task": "summarization", "device": ["RTX 4090"], "users": 4},
        ("recommend", "--task", "summarization", "--device", "RTX 4090", "--users", "4"),
    ),
    ("fit", {"model": "Qwen3-8B", "device": ["RTX 3090"]}, ("fit", "Qwen/Qwen3-8B", "--device", "RTX 3090")),
    (
        "compare",
        {"options": ["Qwen3-8B@Q4_K_M", "Qwen3-4B@Q8_0"], "device": ["RTX 4090"]},
        ("compare", "Qwen3-8B@Q4_K_M", "Qwen3-4B@Q8_0", "--device", "RTX 4090"),
    ),
    (
        "capacity",
        {"model": "Qwen3-8B", "device": "L40S", "rate": 4},
        ("capacity", "Qwen3-8B", "--device", "L40S", "--rate", "4"),
    ),
    (
        "cost",
        {
            "model": "Qwen3-8B",
            "device": "RTX 4090",
            "requests": "20000/day",
            "ways": ["api", "buy"],
            "life": 24,
        },
        (
            "cost",
            "Qwen3-8B",
            "--device",
            "RTX 4090",
            "--requests",
            "20000/day",
            "--way",
            "api",
            "--way",
            "buy",
            "--life",
            "24",
        ),
    ),
    ("tiers", {"context": "8K"}, ("tiers", "--context", "8K")),
)


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize(("verb", "body", "words"), CASES, ids=[case[0] for case in CASES])
async def test_a_verb_answers_what_the_command_line_answers(
    verb: str, body: dict[str, Any], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    async with client() as http:
        answer = await http.post(f"/api/v1/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    theirs, ours = answer.json(), printed(capsys, *words)
    theirs.pop("request", None), ours.pop("request", None)
    assert theirs == ours


BAD: tuple[tuple[str, object, str], ...] = (
    ("recommend", {"task": "chat", "device": ["RTX 40900"]}, "unknown-name"),
    ("recommend", {"task": "chat", "surprise": 1}, "invalid-request"),
    ("recommend", {"users": "many"}, "invalid-quantity"),
    ("recommend", {"users": -3}, "invalid-quantity"),
    ("recommend", {"task": "x" * 500}, "invalid-request"),
    ("recommend", [1, 2], "invalid-request"),
    ("fit", {"model": "../../etc/passwd", "device": ["RTX 4090"]}, "unknown-name"),
    ("fit", {"model": "http://127.0.0.1:1/x", "device": ["RTX 4090"]}, "unknown-name"),
    ("fit", {"model": "modelscope:Qwen/Qwen3-8B", "device": ["RTX 4090"]}, "unknown-name"),
    ("fit", {"model": "ollama:llama3", "device": ["RTX 4090"]}, "unknown-name"),
    ("fit", {"model": "<script>alert(1)</script>", "device": ["RTX 4090"]}, "unknown-name"),
    ("fit", {"model": "Qwen3-8B", "device": ["RTX 4090"], "usable": "a" * 190 + "GiB"}, "invalid-quantity"),
    ("capacity", {"model": "Qwen3-8B", "device": "L40S", "trace": "/etc/passwd"}, "invalid-request"),
    ("compare", {"options": []}, "invalid-request"),
    ("capacity", {"model": "/etc/passwd", "device": "L40S"}, "unknown-name"),
    ("capacity", {"model": "org/unheard-of", "device": "L40S"}, "unknown-name"),
    ("cost", {"model": "ollama:llama3", "device": "L40S"}, "unknown-name"),
    ("cost", {"model": "Qwen3-8B", "profile": "/etc/passwd"}, "invalid-request"),
)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("verb", "body", "code"), BAD, ids=[f"{verb}-{n}" for n, (verb, _, _) in enumerate(BAD)]
)
async def test_bad_input_is_a_problem_with_a_stable_code(verb: str, body: object, code: str) -> None:
    async with client() as http:
        answer = await http.post(f"/api/v1/{verb}", json=body)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["title"], problem["status"]) == (422, code, 422)
    assert "\n" not in problem["detail"]


@pytest.mark.anyio
async def test_electricity_for_nothing_is_no_error() -> None:
    async with client() as http:
        answer = await http.post("/api/v1/recommend", json={"electricity": "0", "device": ["RTX 4090"]})
    assert answer.status_code == 200


@pytest.mark.anyio
async def test_a_model_elsewhere_is_never_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the server looked elsewhere")

    monkeypatch.setattr("sizewise.sources.resolve.resolve", fail, raising=False)
    monkeypatch.setattr("urllib.request.urlopen", fail)
    async with client() as http:
        answer = await http.post("/api/v1/fit", json={"model": "org/unheard-of", "device": ["RTX 4090"]})
    assert answer.status_code == 422


@pytest.mark.anyio
async def test_problems_speak_the_language_of_the_caller() -> None:
    async with client() as http:
        answer = await http.post(
            "/api/v1/recommend", json={"device": ["RTX 40900"]}, headers={"accept-language": "zh-CN,en;q=0.5"}
        )
    assert "未知" in answer.json()["detail"]
    assert answer.json()["nearest"]


@pytest.mark.anyio
@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused(*, declared: bool) -> None:
    async def pieces() -> Any:
        for _ in range(11):
            yield b" " * 1_000_000

    async with client() as http:
        answer = await http.post("/api/v1/recommend", content=b" " * 10_000_000 if declared else pieces())
    assert answer.status_code == 413


@pytest.mark.anyio
@pytest.mark.parametrize("depth", [100, 20_000])
async def test_deep_json_is_refused(depth: int) -> None:
    async with client() as http:
        answer = await http.post(
            "/api/v1/recommend",
            content="[" * depth + "]" * depth,
            headers={"content-type": "application/json"},
        )
    assert answer.status_code in {400, 413, 422}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/%2e%2e/api/app.py", "/static//etc/passwd"]
)
async def test_nothing_outside_of_the_static_files_is_given(path: str) -> None:
    async with client() as http:
        assert (await http.get(path)).status_code == 404


@pytest.mark.anyio
async def test_a_long_address_is_refused() -> None:
    async with client() as http:
        assert (await http.get("/?task=" + "x" * 20_000)).status_code == 414


@pytest.mark.anyio
async def test_a_token_is_asked_for_where_one_is_set() -> None:
    async with client(Settings(token="secret")) as http:  # noqa: S106 - a test
        assert (await http.get("/")).status_code == 401
        assert (await http.get("/", headers={"authorization": "Bearer wrong"})).status_code == 401
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/", headers={"authorization": "Bearer secret"})).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "status"), [("localhost:8765", 200), ("[::1]:1", 200), ("evil.example:8765", 421)]
)
async def test_a_name_that_was_made_to_point_here_is_not_answered(host: str, status: int) -> None:
    async with client(Settings(hosts=("localhost", "[::1]"))) as http:
        assert (await http.get("/healthz", headers={"host": host})).status_code == status


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/api/v1/openapi.json", "/nowhere", "/static/style.css"])
async def test_every_answer_has_the_security_headers(path: str) -> None:
    async with client() as http:
        headers = (await http.get(path)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.anyio
async def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sizewise.api.answers.recommended", lambda *_: time.sleep(0.5))
    async with client(Settings(max_answer_s=0.05)) as http:
        answer = await http.post("/api/v1/recommend", json={})
    assert (answer.status_code, answer.json()["title"]) == (503, "too-slow")


@pytest.mark.anyio
async def test_an_error_of_ours_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("sizewise.api.answers.recommended", fail)
    async with client() as http:
        answer = await http.post("/api/v1/recommend", json={})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" in answer.json()["detail"]


@pytest.mark.anyio
async def test_metrics_count_by_route_and_strangers_make_no_labels() -> None:
    async with client() as http:
        await http.get("/healthz")
        await http.get("/a-stranger-was-here")
        text = (await http.get("/metrics")).text
    assert 'sizewise_requests_total{route="/healthz",status="200"} 1.0' in text
    assert "stranger" not in text


@pytest.mark.anyio
async def test_the_same_question_is_computed_once_even_when_many_ask_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed: list[object] = []

    def answer(*given: object) -> dict[str, int]:
        computed.append(given)
        time.sleep(0.05)
        return {"n": len(computed)}

    monkeypatch.setattr("sizewise.api.answers.recommended", answer)
    async with client() as http:
        first = await asyncio.gather(*(http.post("/api/v1/recommend", json={"users": 3}) for _ in range(20)))
        other = await http.post("/api/v1/recommend", json={"users": 4})
        again = await http.post("/api/v1/recommend", json={"users": 3})
        text = (await http.get("/metrics")).text
    assert [each.json() for each in (*first, again)] == [{"n": 1}] * 21
    assert other.json() == {"n": 2}
    assert "content-security-policy" in again.headers
    assert 'sizewise_requests_total{route="/api/v1/recommend",status="200"} 22.0' in text


@pytest.mark.anyio
async def test_page_and_api_find_the_same_decision_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bool] = []
    recommend = advisor.recommend

    def counted(question: advisor.Question, *, top: int, has_flips: bool) -> object:
        found.append(has_flips)
        return recommend(question, top=top, has_flips=has_flips)

    monkeypatch.setattr("sizewise.advisor.recommend", counted)
    words = "task=chat&device=RTX+4090&users=3"
    async with client() as http:
        for language in ("en", "zh"):
            page = await http.get(f"/?{words}&lang={language}")
            turns = await http.get(f"/around/flips?{words}&way=guide&lang={language}")
            assert (page.status_code, turns.status_code) == (200, 200)
        body = {"task": "chat", "device": ["RTX 4090"], "users": 3, "top": 2}
        answer = await http.post("/api/v1/recommend", json=body)
    assert found == [False, True]  # the page, then what would change it and the API together
    assert answer.json()["flips"]
    assert len(answer.json()["options"]) == 2


def test_the_schema_is_the_one_on_file() -> None:
    fresh = bare_app(Settings(), Metrics()).openapi()
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == fresh, (
        "changed on purpose? run scripts/render_openapi.py"
    )


def test_every_field_of_the_schema_is_described() -> None:
    schemas = bare_app(Settings(), Metrics()).openapi()["components"]["schemas"]
    bodies = {name: schema for name, schema in schemas.items() if name.endswith("Body")}
    assert len(bodies) == 6
    missing = [
        f"{name}.{field}"
        for name, schema in bodies.items()
        for field, what in schema["properties"].items()
        if "description" not in what
    ]
    assert missing == []


def test_every_answer_is_described_and_every_unit_of_its_fields_is_said() -> None:
    schema = bare_app(Settings(), Metrics()).openapi()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            if path.startswith("/api"):
                content = operation["responses"]["200"]["content"]["application/json"]
                assert content["schema"], path
                assert all(
                    "example" in body for body in operation.get("requestBody", {}).get("content", {}).values()
                )
    option = schema["components"]["schemas"]["Option"]["properties"]
    assert "[s]" in option["ttft_s"]["description"]
    assert "[USD]" in option["monthly_usd"]["description"]


@pytest.mark.parametrize("name", VENDORED)
def test_a_vendored_file_is_the_one_that_was_published(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == VENDORED[name]


def test_the_page_is_light() -> None:
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < MOST_PAGE_BYTES
