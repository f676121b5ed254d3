"""Examples under the help of each command: a line to type and what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.text import T

if TYPE_CHECKING:
    from sizewise.domain.text import Text

EXAMPLES: dict[str, tuple[tuple[str, Text], ...]] = {
    "recommend": (
        ("sizewise recommend --task summarization --device this", T("what this computer can do")),
        (
            'sizewise recommend --task coding --users 20 --monthly-budget "800 USD"',
            T("a team with a budget, on anything that can be had"),
        ),
        (
            "sizewise recommend --as-good-as gpt-4o-mini --path rent --explain",
            T("as good as a model that you know, with every assumption"),
        ),
    ),
    "fit": (
        ('sizewise fit Qwen/Qwen3-8B --device "RTX 4090"', T("a model of the catalog on a card")),
        ("sizewise fit ./model.gguf --context 32K", T("a file that is here, on this computer")),
        (
            'sizewise fit Llama-3.3-70B-Instruct --device "RTX 4090" --device "RTX 3090"',
            T("unequal cards together"),
        ),
    ),
    "capacity": (
        (
            'sizewise capacity Qwen3-8B --device "RTX 4090" --max-ttft 2s --max-tpot 50ms',
            T("how many users it carries in time"),
        ),
        (
            "sizewise capacity Qwen3-8B --device L40S --rate 40",
            T("how many machines 40 requests a second need"),
        ),
        (
            "sizewise capacity Qwen3-8B --device L40S --trace requests.csv --simulate",
            T("your own traffic, request by request"),
        ),
    ),
    "cost": (
        ("sizewise cost Qwen3-32B --tokens 500M", T("the cheapest machines against the API")),
        (
            'sizewise cost Qwen3-8B --device "RTX 4090" --requests 20000/day --currency CNY --electricity 0.8CNY/kWh',
            T("a card of your choice, in CNY, at your price of electricity"),
        ),
        (
            "sizewise cost Qwen3-8B --users 40 --profile mine.toml --explain --svg cost.svg",
            T("your own costs from a file, every constant, and the chart"),
        ),
    ),
    "compare": (
        (
            'sizewise compare "Qwen3-8B@Q4_K_M" "Qwen3-14B@Q4_K_M" --device "RTX 4090"',
            T("two sizes on the same card"),
        ),
    ),
    "portfolio": (
        ("sizewise portfolio traffic.toml", T("a file of [[class]] tables: name, task, users, complexity")),
        (
            "sizewise portfolio traffic.csv --requests 2M --api",
            T("two million requests a month, split by the column share; an API is allowed"),
        ),
    ),
    "tiers": (("sizewise tiers --context 32K --users 10", T("the sizes, for your text and your people")),),
    "recheck": (("sizewise recheck decision.json", T("after an update of the facts or the prices")),),
    "report": (
        ("sizewise report decision.json --out decision.html", T("one page for a manager and an engineer")),
        ("sizewise report decision.json --format md --out decision.md", T("for a wiki or a ticket")),
    ),
    "guide": (
        ("sizewise guide", T("six questions in plain words")),
        ("sizewise guide --answers answers.json --json", T("answers from a file, for programs")),
    ),
    "mcp": (
        ("sizewise mcp", T("for a client that starts it and speaks over standard input and output")),
        ("sizewise mcp --transport http --port 8766", T("for clients that speak streamable HTTP")),
    ),
    "serve": (("sizewise serve --port 8080", T("then open http://127.0.0.1:8080 in a browser")),),
    "hardware": (("sizewise hardware --json", T("for programs")),),
    "predict": (
        (
            "sizewise predict questions.csv --kind memory --out predictions.csv",
            T("a file of questions, answered row by row"),
        ),
    ),
    "accuracy": (("sizewise accuracy --groups", T("by engine, device class and format")),),
    "catalog list": (("sizewise catalog list model --like qwen3", T("models of a family")),),
    "catalog show": (('sizewise catalog show "RTX 4090"', T("a device with its prices and their sources")),),
    "catalog check": (("sizewise catalog check", T("what is doubtful in the facts")),),
    "verify": (
        (
            "sizewise verify Qwen/Qwen3-0.6B --quantization Q4_K_M",
            T("is the prediction right on this computer?"),
        ),
        ("sizewise verify Qwen/Qwen3-8B --context 16K --yes", T("a large one, without being asked")),
    ),
    "measure": (
        (
            "sizewise measure http://localhost:8080 --users 4 --model Qwen3-8B --quantization Q4_K_M --device this",
            T("four people at once on your own server"),
        ),
        ("sizewise measure --import benchmarks.json", T("what guidellm has measured")),
    ),
    "store show": (("sizewise store show", T("what you have measured, and on which machines")),),
    "store export": (("sizewise store export --out mine.jsonl", T("a file for a colleague or a backup")),),
    "store import": (("sizewise store import theirs.jsonl", T("what a colleague has measured")),),
    "store forget": (("sizewise store forget --before 2026-01-01", T("what is too old to be true")),),
}
"""By the name of the command."""
