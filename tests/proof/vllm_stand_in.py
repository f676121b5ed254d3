"""A program that stands for an interpreter with vLLM, where none is installed: the lines that vLLM 0.32 logged on a
processor for 135M parameters, and the part of its API that `verify` speaks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SERVER = r"""
import json, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
given = sys.argv[1:]
assert given[:2] == ["-m", "vllm.entrypoints.openai.api_server"], given
value = dict(zip(given, given[1:]))
config = json.load(open(value["--model"] + "/config.json"))
assert value["--load-format"] == "dummy" and config["architectures"] == ["LlamaForCausalLM"], config
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
def tell(line):
    print("(Worker pid=7) INFO 11-24 21:22:14 " + line, flush=True)
tell("[core.py:133] Initializing a V1 LLM engine (v0.32.0) with config: model='./vshape', speculative_config=None")
tell("[cpu_model_runner.py:68] Starting to load model ./vshape...")
if BROKEN:
    sys.exit("ValueError: not enough memory for the KV cache")
time.sleep(0.5)
weights = b"x" * (40 << 20)
time.sleep(0.5)
tell("[cpu_worker.py:260] Explicitly set (1.0/22.34) GiB for KV cache on node 0.")
tell("[kv_cache_utils.py:2327] CPU KV cache size: 46,592 tokens, Maximum concurrency for 1,024 tokens: 45.50x")
class Handler(BaseHTTPRequestHandler):
    def log_message(self, *given):
        pass
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert asked["model"] == value["--served-model-name"] and asked["ignore_eos"] and asked["stream"]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.end_headers()
        time.sleep(len(asked["prompt"]) / 4096)
        for token in range(asked["max_tokens"]):
            choice = {"index": 0, "text": "", "logprobs": None, "finish_reason": None, "token_ids": [token]}
            event = json.dumps({"object": "text_completion", "choices": [choice]})
            self.wfile.write(f"data: {event}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.01)
        self.wfile.write(b"data: [DONE]\n\n")
HTTPServer((value["--host"], int(value["--port"])), Handler).serve_forever()
"""


def vllm_in(folder: Path, *, is_broken: bool = False) -> Path:
    """A folder for PATH with a `vllm` whose first line names the stand-in."""
    python = folder / "python-with-vllm"
    python.write_text(f"#!{sys.executable}\nBROKEN = {is_broken}\n{SERVER}", encoding="utf-8")
    script = folder / "vllm"
    script.write_text(f"#!{python}\n", encoding="utf-8")
    for path in (python, script):
        path.chmod(0o755)
    return folder
