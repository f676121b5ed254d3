"""Hostile requests to the API and the page: refused, or shown as text, soon, and never an error of ours."""

from __future__ import annotations

import json
import time
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest

httpx = pytest.importorskip("httpx", reason="the API needs: pip install 'sizewise[serve]'")
pytest.importorskip("fastapi", reason="the API needs: pip install 'sizewise[serve]'")

from sizewise.api.app import create_app  # noqa: E402 - after the check
from sizewise.api.settings import Settings  # noqa: E402

OUR_FAULT = 500
REFUSED = frozenset({400, 404, 405, 411, 413, 414, 415, 421, 422})
SOON_S = 10.0
"""Any refusal, on a busy computer; what grows with the square of a text or faster takes minutes. [s]"""
JSON = {"content-type": "application/json"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client(settings: Settings | None = None) -> Any:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(settings), raise_app_exceptions=False),
        base_url="http://here",
    )


class Active(HTMLParser):
    """What could run in a page, beside its own files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"iframe", "object", "embed", "base", "img", "style"}:
            self.found.append(tag)
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.found.append("script")
        self.found += [name for name in given if name.startswith("on")]
        for name in ("href", "src", "action", "formaction", "hx-get"):
            if name in given and not given[name].startswith(("/", "#", "https://")):
                self.found.append(f"{name}={given[name]}")


MARKUP = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' autofocus onfocus='alert(1)",
    '" onload="alert(1)', "</textarea></select></option><svg/onload=alert(1)>", "javascript:alert(1)",
    "<base href=//evil.example>", "{{7*191}}", "<!--", "]]>", "<iframe src=//evil.example>",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("field", ["device", "model", "task", "as_good_as", "users", "pick", "surprise"])
async def test_markup_in_any_field_of_the_page_stays_text(field: str) -> None:
    assert Active().found == []
    async with client() as http:
        for path in ("/", "/expert", "/card", "/compare", "/around/load"):
            for text in MARKUP:
                words = {"device": "RTX 3060 12 GB", "model": "Qwen3-0.6B", field: text}
                answer = await http.get(f"{path}?{urlencode(words)}")
                assert answer.status_code < OUR_FAULT, (path, text)
                active = Active()
                active.feed(answer.text)
                assert active.found == [], (path, text)
                assert "1337" not in answer.text, "a template was filled in"


def test_what_is_active_is_seen() -> None:
    active = Active()
    active.feed('<p onclick="x"><script>y</script><a href="javascript:z">z</a><img src="/a">')
    assert active.found == ["onclick", "script", "href=javascript:z", "img"]


@pytest.mark.anyio
@pytest.mark.parametrize("text", MARKUP)
async def test_markup_in_names_of_the_api_is_json_and_nothing_else(text: str) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/fit", json={"model": text, "device": ["RTX 4090"]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["title"] == "unknown-name"


BODIES: dict[str, bytes] = {
    "ten megabytes": b'{"task": "' + b"x" * 10_000_000 + b'"}',
    "deep lists": b'{"device":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep objects": b'{"task":' * 6_000 + b"1" + b"}" * 6_000,
    "many items": json.dumps({"device": ["RTX 4090"] * 5_000}).encode(),
    "many fields": json.dumps({f"field{number}": 1 for number in range(3_000)}).encode(),
    "a number of 5,000 digits": b'{"users": ' + b"9" * 5_000 + b"}",
    "an exponent beyond floats": b'{"users": 1e400}',
    "not a number": b'{"users": NaN}',
    "a lone surrogate": b'{"task": "\\ud800"}',
    "a zero": b'{"task": "chat\\u0000"}',
    "no UTF-8": b'{"task": "\xff\xfe"}',
    "UTF-16": '{"task": 1}'.encode("utf-16"),
    "cut off": b'{"task": "ch',
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused_with_a_problem(name: str) -> None:
    start = time.perf_counter()
    async with client() as http:
        answer = await http.post("/api/v1/recommend", content=BODIES[name], headers=JSON)
    assert answer.status_code in REFUSED, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert time.perf_counter() - start < SOON_S


HEADERS: dict[str, dict[str, str]] = {
    "a length below zero": {"content-length": "-1"},
    "a length in words": {"content-length": "many"},
    "a length without end": {"content-length": "9" * 400},
    "another kind of body": {"content-type": "application/xml"},
    "a kind without end": {"content-type": "application/json;" + "a=b;" * 2_000},
    "languages without end": {"accept-language": "zz;q=0.1," * 5_000},
    "weights that are none": {"accept-language": "zh;q=nan, en;q=inf, zh;q=-1, en;q=1e999"},
    "a path as a language": {
        "accept-language": "../../etc/passwd",
        "cookie": "lang=../../etc/passwd; currency=<b>",
    },
    "another host": {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"},
    "another path": {"x-original-url": "/metrics", "x-rewrite-url": "/metrics"},
    "another method": {"x-http-method-override": "DELETE"},
    "a cookie without end": {"cookie": "lang=" + "x" * 8_000},
    "half a refresh": {"hx-request": "TRUE\t"},
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", HEADERS)
async def test_a_trick_with_headers_changes_nothing_or_is_refused(name: str) -> None:
    body = {"model": "Qwen3-0.6B", "device": ["RTX 3060 12 GB"]}
    async with client() as http:
        usual = await http.post("/api/v1/fit", json=body)
        answer = await http.post("/api/v1/fit", content=json.dumps(body), headers={**JSON, **HEADERS[name]})
        page = await http.get("/", headers=HEADERS[name])
    assert answer.status_code in REFUSED or answer.json() == usual.json()
    assert page.status_code in REFUSED | {200}
    assert not any("evil" in value for value in (*answer.headers.values(), *page.headers.values()))
    assert "evil" not in page.text


@pytest.mark.anyio
@pytest.mark.parametrize("field", ["lang", "currency"])
async def test_a_line_break_in_an_address_makes_no_header(field: str) -> None:
    async with client() as http:
        answer = await http.get(f"/?{field}=zh%0d%0aset-cookie:%20mine=1")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("hosts", "status"),
    [(["localhost"], 200), (["evil.example"], 421), (["localhost", "evil.example"], 421),
     (["evil.example", "localhost"], 421), (["localhost", "localhost"], 421)],
)  # fmt: skip
async def test_of_two_hosts_none_passes_for_the_listed_one(hosts: list[str], status: int) -> None:
    async with client(Settings(hosts=("localhost",))) as http:
        answer = await http.get("/healthz", headers=[("host", host) for host in hosts])
    assert answer.status_code == status


PATHS = (
    "/static/../app.py", "/static/..%2f..%2fapi%2fapp.py", "/static/%2e%2e/%2e%2e/api/app.py", "/static//etc/passwd",
    "/static/%00", "/static/..\\..\\api\\app.py", "/static/....//....//etc/passwd", "/static/", "/static/%c0%ae%c0%ae/",
    "/api/v1/catalog/entries/../../../../etc/passwd", "/api/v1/catalog/entries/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/api/v1/catalog/%2e%2e", "/around/..%2f..%2fetc", "/around/__class__", "/%2f%2fevil.example/", "/%ff%fe",
    "/.git/config", "/api/v1/../../etc/passwd",
)  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
async def test_a_path_that_climbs_leads_nowhere(path: str) -> None:
    async with client() as http:
        answer = await http.get(path)
    assert answer.status_code in REFUSED, answer.text
    assert "root:" not in answer.text
    assert "def create_app" not in answer.text
    assert "location" not in answer.headers


ELSEWHERE = (
    "http://127.0.0.1:22/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "/etc/passwd",
    "../../../etc/passwd", "ftp://evil.example/x", "gopher://127.0.0.1:6379/_x", "hf.co/evil/model", "evil/model",
    "modelscope:evil/model", "ollama:evil", "http://[::1]/", "http://2130706433/", "\\\\evil.example\\share",
    "dict://127.0.0.1:11211/", "~/.ssh/id_rsa", "/proc/self/environ", "http://localhost@evil.example/",
)  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("place", ELSEWHERE)
async def test_a_place_named_as_a_model_is_never_opened_or_asked(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connected(*_: object) -> None:
        raise AssertionError("the server went elsewhere")

    async with client() as http:
        await http.get("/?task=chat&device=RTX+3060+12+GB")  # its own tables are read
        for verb, named in (("fit", "model"), ("recommend", "as_good_as")):  # also those of unknown names
            await http.post(f"/api/v1/{verb}", json={named: "nothing", "device": ["RTX 4090"]})
        monkeypatch.setattr("socket.socket.connect", connected)
        monkeypatch.setattr("socket.getaddrinfo", connected)
        monkeypatch.setattr("pathlib.Path.open", connected)
        monkeypatch.setattr("pathlib.Path.read_text", connected)
        monkeypatch.setattr("pathlib.Path.read_bytes", connected)
        answers = [
            await http.post("/api/v1/fit", json={"model": place, "device": ["RTX 4090"]}),
            await http.post("/api/v1/capacity", json={"model": place, "device": "RTX 4090"}),
            await http.post("/api/v1/cost", json={"model": place, "device": "RTX 4090"}),
            await http.post("/api/v1/recommend", json={"model": [place], "device": ["RTX 4090"]}),
            await http.post("/api/v1/recommend", json={"as_good_as": place, "device": ["RTX 4090"]}),
            await http.post("/api/v1/compare", json={"options": [f"{place} on RTX 4090"]}),
        ]
    assert [answer.status_code for answer in answers] == [422] * len(answers), [each.text for each in answers]


SLOW = (
    "a" * 190 + "!", "1" * 199, "1" * 150 + "GiB" * 16, " " * 198 + "x", "0." * 99, "(" * 199, "(.*)*$" * 30,
    "1x" * 99, "@" * 199, " on " * 49, "-" * 199, "9" * 120 + "/day", "/" * 199, "q8_0/" * 39, "RTX " * 49, "e9" * 99,
    "1,000," * 33, "\t\n" * 99,
)  # fmt: skip
"""Texts on which a pattern that goes back over them would take for ever."""


@pytest.mark.anyio
@pytest.mark.parametrize("text", SLOW)
async def test_a_text_made_to_keep_patterns_busy_is_refused_soon(text: str) -> None:
    questions: tuple[tuple[str, dict[str, Any]], ...] = (
        ("recommend", {"device": [text]}), ("recommend", {"users": text}), ("recommend", {"context": text}),
        ("recommend", {"monthly_budget": text}), ("recommend", {"max_ttft": text}),
        ("recommend", {"electricity": text}),
        ("recommend", {"price": [text]}), ("recommend", {"model": [text]}), ("recommend", {"language": [text]}),
        ("fit", {"model": text, "device": ["RTX 4090"]}), ("fit", {"model": "Qwen3-8B", "device": [text]}),
        ("fit", {"model": "Qwen3-8B", "device": ["RTX 4090"], "usable": text}),
        ("fit", {"model": "Qwen3-8B", "device": ["RTX 4090"], "kv_type": text}),
        ("compare", {"options": [text]}), ("cost", {"model": "Qwen3-8B", "device": "RTX 4090", "tokens": text}),
        ("cost", {"model": "Qwen3-8B", "device": "RTX 4090", "requests": text}),
        ("capacity", {"model": "Qwen3-8B", "device": "L40S", "rate": text}),
    )  # fmt: skip
    async with client() as http:
        start = time.perf_counter()
        answers = [await http.post(f"/api/v1/{verb}", json=body) for verb, body in questions]
        elapsed_s = time.perf_counter() - start
    assert [(answer.status_code, answer.text) for answer in answers if answer.status_code != 422] == []
    assert elapsed_s < SOON_S


@pytest.mark.anyio
@pytest.mark.parametrize("word", ["RTX ", "1", "a", "(", "x ", "@", "名"])
async def test_a_field_of_the_page_as_long_as_an_address_may_be_is_answered_soon(word: str) -> None:
    text = word * (7_000 // len(quote(word)))
    async with client() as http:
        start = time.perf_counter()
        for field in ("device", "model", "users", "task", "pick"):
            words = {"device": "RTX 3060 12 GB", field: text}
            assert (await http.get(f"/expert?{urlencode(words, quote_via=quote)}")).status_code < OUR_FAULT
        assert time.perf_counter() - start < SOON_S


TRICKS = {
    "right to left": "RTX \u202e0904", "zero width": "RTX\u200b 40900", "Cyrillic": "RТХ 4090",
    "wide digits": "RTX ４０９０１",
    "combining": "R" + "\u0301" * 150, "a zero": "RTX\x00 4090", "escape": "\x1b[31mRTX 4090",
    "emoji": "🏴\u200d☠️" * 20,
    "separators": "RTX\u2028\u2029\x85 4090", "not a character": "\uffff\ufdd0", "tags": "RTX \U000e0041\U000e0042",
    "Turkish": "rtx 40İ0", "ligature": "ﬁﬂ 4090", "line breaks": "RTX\r\n4090",
}  # fmt: skip
UNSEEN = frozenset("\u202e\u200b\x00\x1b\u2028\u2029\x85\r\n\U000e0041")
"""Characters that would change how a line is shown, or end it."""


@pytest.mark.anyio
@pytest.mark.parametrize("name", TRICKS)
async def test_a_trick_with_characters_is_one_line_that_shows_what_was_given(name: str) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/recommend", json={"device": [TRICKS[name]]})
        page = await http.get(f"/expert?{urlencode({'device': TRICKS[name]})}")
        bytes_ = await http.get("/expert?device=%ff%fe%00")
    said = answer.json()
    if answer.status_code == 422:
        assert not UNSEEN & set(said["detail"])
    else:  # what is nothing but space is none of the name
        assert TRICKS[name].split() == ["RTX", "4090"]
        assert "RTX 4090" in said["verdict"]
    assert page.status_code in {200, 422}
    assert bytes_.status_code < OUR_FAULT
