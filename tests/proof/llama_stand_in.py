"""Programs that stand for a user's llama-bench and llama-server, where none is installed.

The one of llama-bench tells what a real one (build 11434, 135M parameters in Q8_0) told, line by line; the one of
llama-server understands the options that `verify` gives it and is the real server of the xllamacpp wheel.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BENCH = r"""
import json, sys
given = sys.argv[1:]
if "--help" in given or "--version" in given or "--list-devices" in given:
    print("  -lm, --load-mode <auto|none|mmap>\nAvailable devices:\n  (none)\nversion: 11434 (abc)")
    raise SystemExit
value = dict(zip(given[::1], given[1::1]))
assert value["-m"].endswith("shapes.gguf") and open(value["-m"], "rb").read(4) == b"GGUF"
assert value["--load-mode"] == "none" and value["-ngl"] == "0" and value["-o"] == "jsonl" and "-v" in given
if BROKEN:
    sys.exit("error: failed to load model")
for line in (
    "llama_model_loader: loaded meta data with 15 key-value pairs and 272 tensors",
    "load_tensors:          CPU model buffer size =   136.40 MiB",
    "llama_context: constructing llama_context",
    "llama_context:        CPU  output buffer size =     0.19 MiB",
    "llama_kv_cache:        CPU KV buffer size =     5.62 MiB",
    "sched_reserve:        CPU compute buffer size =    12.74 MiB",
    "llama_context: constructing llama_context",
    "llama_context:        CPU  output buffer size =     0.19 MiB",
    "llama_kv_cache:        CPU KV buffer size =    16.88 MiB",
    "sched_reserve:        CPU compute buffer size =    98.00 MiB",
    "sched_reserve:        CPU compute buffer size =    96.00 MiB",
):
    print(line, file=sys.stderr)
prompt, written = int(value["-p"]), int(value["-n"])
for depth in value.get("-d", "0").split(","):
    told = {"n_prompt": prompt, "n_gen": written, "n_depth": int(depth), "avg_ts": 1.0}
    print(json.dumps(told | {"samples_ns": [1_000_000_000 + int(depth)] * int(value["-r"]), "samples_ts": [1.0]}))
"""
SERVER = r"""
import sys
given = sys.argv[1:]
if "--help" in given or "--version" in given or "--list-devices" in given:
    print("  -lm, --load-mode MODE\nAvailable devices:\n  (none)\nversion: 11549 (abc)")
    raise SystemExit
import time, xllamacpp
value = dict(zip(given[::1], given[1::1]))
assert value["--host"] == "127.0.0.1" and value["-fa"] == "on" and value["--load-mode"] == "none"
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = value["-m"], [value["--host"]], int(value["--port"])
params.n_parallel, params.n_ctx, params.n_ubatch = int(value["-np"]), int(value["-c"]), int(value["-ub"])
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(value["-t"])
params.use_jinja, params.ui, params.warmup, params.fit_params = False, False, False, False
params.verbosity = int(value["-lv"])
server = xllamacpp.Server(params)
time.sleep(600)
"""


def program(folder: Path, name: str, *, is_broken: bool = False) -> Path:
    """Write one; it is started like the real one."""
    source = SERVER if name == "llama-server" else BENCH.replace("BROKEN", str(is_broken))
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
    path.chmod(0o755)
    return path
