"""The fit as tables: skills of models, how each test follows from them, what is odd about a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fit_quality_design import MODES
from fit_quality_predict import UNSEEN_ERROR_SD, UNSEEN_INTERCEPT_SD, UNSEEN_SLOPE_SD, skill_cov
from fit_quality_rows import link_of
from fit_quality_skills import SKILLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fit_quality_model import Fit
    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Row = dict[str, str]

SMALLEST_SHARE = 0.02
"""Shares nearer to zero are not written. [ratio]"""


def skill_rows(fit: Fit, facts: Mapping[str, Facts], wanted: set[str]) -> list[Row]:
    """Skills of each model with their standard deviations [log odds], after what the modes add."""
    rows = []
    for index, name in enumerate(fit.design.models):
        if name in wanted:
            sds = np.sqrt(np.diag(skill_cov(fit, index)))
            cells = {s: f"{fit.mean[index, k]:.3f}" for k, s in enumerate(SKILLS)}
            spreads = {f"{s}_sd": f"{sds[k]:.3f}" for k, s in enumerate(SKILLS)}
            always = "yes" if facts[name].is_reasoning else "no"
            rows.append({"model": name, "always_thinks": always} | cells | spreads)
    modes = [
        {"model": f"{mode} mode", "always_thinks": ""}
        | {s: f"{fit.mode_shift[i, k]:.3f}" for k, s in enumerate(SKILLS)}
        | {f"{s}_sd": "0" for s in SKILLS}
        for i, mode in enumerate(MODES)
    ]
    return [*modes, *rows]


def correlation_rows(fit: Fit, wanted: set[str]) -> list[Row]:
    """Correlation of the skills of one model after its scores, mean over models."""
    total = np.zeros((len(SKILLS), len(SKILLS)))
    covs = [skill_cov(fit, i) for i, name in enumerate(fit.design.models) if name in wanted]
    for cov in covs:
        sds = np.sqrt(np.diag(cov))
        total += cov / np.outer(sds, sds)
    mean = total / len(covs)
    return [
        {"skill": a} | {b: f"{mean[i, j]:.3f}" for j, b in enumerate(SKILLS)} for i, a in enumerate(SKILLS)
    ]


def pair_rows(fit: Fit, wanted: set[str]) -> list[Row]:
    """Skill of a model on a benchmark that it has scores on, under any harness. [log odds]"""
    d = fit.design
    return [
        {
            "model": d.models[m], "benchmark": d.benchmarks[b], "skill": f"{fit.z_mean[g]:.3f}",
            "sd": f"{np.sqrt(fit.z_var[g]):.3f}",
        }
        for g, (m, b) in enumerate(zip(d.model_of_group, d.benchmark_of_group, strict=True))
        if d.models[m] in wanted
    ]  # fmt: skip


def link_rows(fit: Fit, items: Sequence[Observation]) -> list[Row]:
    """How every test, and every benchmark under a harness not seen, follows from skills."""
    sample = {item.test: item for item in items}
    by_benchmark: dict[str, Observation] = {}
    rows = []
    for index, test in enumerate(fit.design.tests):
        item = sample[test]
        by_benchmark.setdefault(item.benchmark, item)
        ends = fit.link_cov[index]
        rows.append(_link_row(fit, item, test, (float(fit.intercept[index]), float(fit.slope[index]))) | {
            "intercept_sd": f"{np.sqrt(ends[0, 0]):.3f}", "slope_sd": f"{np.sqrt(ends[1, 1]):.3f}",
            "error_sd": f"{np.hypot(fit.error_sd[index], np.sqrt(item.item_variance)):.3f}",
        })  # fmt: skip
    for index, benchmark in enumerate(fit.design.benchmarks):
        ends_of = (float(fit.bench_intercept[index]), float(fit.bench_slope[index]))
        rows.append(_link_row(fit, by_benchmark[benchmark], ("", benchmark, ""), ends_of) | {
            "intercept_sd": f"{UNSEEN_INTERCEPT_SD}", "slope_sd": f"{UNSEEN_SLOPE_SD}",
            "error_sd": f"{UNSEEN_ERROR_SD}",
        })  # fmt: skip
    return rows


def _link_row(fit: Fit, item: Observation, test: tuple[str, str, str], ends: tuple[float, float]) -> Row:
    link = link_of(item.benchmark, item.printed["unit"])
    at = fit.design.benchmarks.index(item.benchmark)
    load = fit.loadings[at]
    shares = [f"{s}:{load[k]:.3f}" for k, s in enumerate(SKILLS) if abs(load[k]) >= SMALLEST_SHARE]
    return {
        "source": test[0], "benchmark": test[1], "protocol": test[2], "kind": link.kind, "floor": f"{link.floor:g}",
        "skills": "|".join(shares), "main": max(item.weights, key=lambda pair: pair[1])[0],
        "oddity_sd": f"{np.sqrt(fit.oddity_variance[at]):.3f}", "intercept": f"{ends[0]:.3f}",
        "slope": f"{ends[1]:.3f}",
    }  # fmt: skip


def alias_rows(meant: Mapping[str, str]) -> list[Row]:
    """Names that boards print, and the models they mean."""
    return [{"name": name, "model": model} for name, model in sorted(meant.items())]
