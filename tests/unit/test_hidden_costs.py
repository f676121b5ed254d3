"""The page of hidden costs is made of the same answers as the verbs."""

from __future__ import annotations

import re

from render_hidden_costs import MACHINES, cost_table, fit_table, priced, runs_on


def test_parts_of_each_machine_sum_to_what_buying_costs() -> None:
    rows = [(kind, name, priced(name, "2000/day")) for kind, name in MACHINES]
    lines = [
        line for line in cost_table("2000/day", rows) if re.match(r"\| (consumer|enterprise|server)", line)
    ]
    assert len(lines) == len(MACHINES)
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        parts = [float(cell.replace(",", "")) for cell in cells[4:9]]
        bought = float(cells[9].split(" ")[0].replace(",", ""))
        assert abs(sum(parts) - bought) <= 3
        assert float(cells[10].rstrip(" %")) < 100


def test_B3_30b_runs_on_a_consumer_card_in_four_bits_and_never_in_sixteen() -> None:
    table = list(fit_table())
    whole = [line for line in table if "BF16" in line and "32B" in line]
    assert whole
    assert all(line.count("| no") == 3 for line in whole)
    runs = next(line for line in runs_on("RTX 4090") if "Qwen3-32B" in line)
    assert "Q4_K_M with" in runs
    assert "BF16" not in runs
