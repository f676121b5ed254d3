"""Become another program that is ended with its parent (Linux), however that ends.

python -m sizewise.proof.program_start PROGRAM OPTIONS...
"""

from __future__ import annotations

import os
import sys

from sizewise.proof.worker_steps import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the program that was named, without a shell
