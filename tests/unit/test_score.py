"""Known answers of the scorer, worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.errors import InvalidFile
from sizewise.proof.score import ALL, ScoreLine, Selection, score
from sizewise.proof.summary import ErrorSummary, FitSummary, Outcome, error_summary, quantile

QUESTIONS = {
    "a": {"component": "weights", "engine": "one", "bits": "4", "flag": "odd;old"},
    "b": {"component": "weights", "engine": "two", "bits": "8", "flag": ""},
    "c": {"component": "total", "engine": "one", "bits": "4", "flag": "older"},
    "d": {"component": "total", "engine": "one", "bits": "", "flag": ""},
    "e": {"component": "total", "engine": "two", "bits": "", "flag": ""},
}
TRUTHS = {
    "a": {"value": "200"},
    "b": {"value": "50"},
    "c": {"value": "1000"},
    "d": {"value": "8"},
    "e": {"value": "3"},
}
PREDICTIONS = {
    "a": {"low": "150", "likely": "210", "high": "300"},  # +5 %, inside, width 2
    "b": {"low": "55", "likely": "60", "high": "66"},  # +20 %, outside, width 1.2
    "c": {"low": "", "likely": "600", "high": ""},  # -40 %, no interval
    "d": {"low": "2", "likely": "8", "high": "8"},  # 0 %, at the end of the interval, width 4
    "e": {"low": "1", "likely": "", "high": "9"},  # unknown: its interval does not count
}


def scored(
    predictions: dict[str, dict[str, str]] = PREDICTIONS, selection: Selection | None = None
) -> list[ScoreLine]:
    return list(
        score("memory", questions=QUESTIONS, truths=TRUTHS, predictions=predictions, selection=selection)
    )


def errors(lines: list[ScoreLine], group: str = ALL) -> ErrorSummary:
    summary = next(line.summary for line in lines if line.group == group)
    assert isinstance(summary, ErrorSummary)
    return summary


def test_errors_match_the_hand_worked_answer() -> None:
    # |errors| sorted 0, 0.05, 0.2, 0.4: median 0.125, p90 at position 2.7; signed -0.4, 0, 0.05, 0.2
    overall = errors(scored())
    assert (overall.num_rows, overall.num_answered, overall.num_intervals) == (5, 4, 3)
    assert overall.median_error_ratio == pytest.approx(0.125)
    assert overall.p90_error_ratio == pytest.approx(0.2 + 0.7 * 0.2)
    assert overall.mean_error_ratio == pytest.approx(0.65 / 4)
    assert overall.bias_ratio == pytest.approx(0.025)
    assert overall.within_10_ratio == 0.5
    assert overall.within_25_ratio == 0.75
    assert overall.coverage_ratio == pytest.approx(2 / 3)
    assert overall.width_ratio == pytest.approx(2.0)


def test_a_missing_prediction_is_unknown_not_wrong() -> None:
    without_c = {row_id: row for row_id, row in PREDICTIONS.items() if row_id != "c"}
    overall = errors(scored(without_c))
    assert (overall.num_rows, overall.num_answered) == (5, 3)
    assert overall.median_error_ratio == pytest.approx(0.05)


def test_nothing_answered_gives_unknown_errors() -> None:
    overall = errors(scored({}))
    assert overall.num_answered == 0
    assert math.isnan(overall.median_error_ratio)
    assert math.isnan(overall.coverage_ratio)


def test_groups_are_alphabetical_and_the_line_over_all_is_last() -> None:
    lines = scored(selection=Selection(by=("component", "engine+bits")))
    assert [(line.column, line.group) for line in lines] == [
        ("component", "total"),
        ("component", "weights"),
        ("engine+bits", "one | -"),
        ("engine+bits", "one | 4"),
        ("engine+bits", "two | -"),
        ("engine+bits", "two | 8"),
        (ALL, ALL),
    ]
    assert errors(lines, "weights").bias_ratio == pytest.approx(0.125)


def test_excluded_rows_do_not_count() -> None:
    assert errors(scored(selection=Selection(excluded=frozenset({"c", "stranger"})))).num_answered == 3


def test_where_keeps_and_rejects_values() -> None:
    keep = Selection(where=(("engine", frozenset({"two"}), True),))
    reject = Selection(where=(("engine", frozenset({"two"}), False),))
    assert errors(scored(selection=keep)).num_rows == 2
    assert errors(scored(selection=reject)).num_rows == 3


def test_flags_are_compared_whole() -> None:
    assert errors(scored(selection=Selection(skipped_flags=frozenset({"old"})))).num_rows == 4


def test_zero_low_end_has_infinite_width() -> None:
    items = [Outcome(measured=1.0, low=0.0, likely=1.0, high=2.0)] * 2
    assert error_summary(items).width_ratio == math.inf


def test_fit_verdicts_separate_false_hope_from_false_refusal() -> None:
    ids = "abcdef"
    questions = {row_id: {"phase": "decode"} for row_id in ids}
    truths = {
        i: {"tokens_per_s": "", "fits": f}
        for i, f in zip(ids, ("true", "1", "yes", "false", "no", ""), strict=True)
    }
    predictions = {"a": {"fits": "true"}, "b": {"fits": "false"}, "c": {"fits": ""}, "d": {"fits": "true"}}
    (line,) = score("single", questions=questions, truths=truths, predictions=predictions)
    assert line.metric == "fits"
    assert line.summary == FitSummary(
        num_rows=5,
        num_answered=3,
        num_not_fitting=2,
        accuracy_ratio=1 / 3,
        false_fit_ratio=1.0,
        false_refusal_ratio=0.5,
    )


def test_serving_scores_each_metric_of_a_row_on_its_own() -> None:
    questions = {"a": {"engine": "vllm"}}
    truths = {"a": {"output_tokens_per_s": "100", "ttft_s": "", "tpot_s": "0.02"}}
    predictions = {"a": {"output_tokens_per_s_likely": "90", "ttft_s_likely": "1"}}
    lines = score("serving", questions=questions, truths=truths, predictions=predictions)
    answers = {line.metric: line.summary.num_answered for line in lines}
    assert answers == {"output_tokens_per_s": 1, "tpot_s": 0}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"low": "9", "likely": "8", "high": "7"}, "above high"),
        ({"likely": "-1"}, "negative"),
        ({"likely": "many"}, "not a finite number"),
        ({"likely": "inf"}, "not a finite number"),
    ],
)
def test_impossible_predictions_are_refused(row: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidFile, match=problem):
        scored({"d": row})


def test_predictions_of_other_questions_are_refused() -> None:
    with pytest.raises(InvalidFile, match="not in the questions"):
        scored({"stranger": {"likely": "1"}})


def test_grouping_by_an_unknown_column_is_refused() -> None:
    with pytest.raises(InvalidFile, match="colour"):
        scored(selection=Selection(by=("engine+colour",)))


@pytest.mark.parametrize("value", ["0", "-3"])
def test_a_measured_value_must_be_positive(value: str) -> None:
    with pytest.raises(InvalidFile, match="above zero"):
        score("memory", questions=QUESTIONS, truths={"a": {"value": value}}, predictions={})


AMOUNTS = st.floats(1e-3, 1e12)


@given(
    measured=st.lists(AMOUNTS, min_size=1, max_size=30),
    factor=st.floats(0.01, 100),
    unit=st.floats(1e-3, 1e3),
)
def test_errors_do_not_depend_on_the_unit(measured: list[float], factor: float, unit: float) -> None:
    plain = [Outcome(measured=m, low=None, likely=m * factor, high=None) for m in measured]
    scaled = [Outcome(measured=m * unit, low=None, likely=m * factor * unit, high=None) for m in measured]
    assert error_summary(scaled).p90_error_ratio == pytest.approx(
        error_summary(plain).p90_error_ratio, abs=1e-9
    )
    assert error_summary(plain).bias_ratio == pytest.approx(factor - 1, abs=1e-9)


@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50), share=st.floats(0, 1))
def test_a_quantile_lies_inside_and_grows_with_the_share(values: list[float], share: float) -> None:
    ordered = sorted(values)
    assert ordered[0] <= quantile(ordered, share) <= ordered[-1]
    assert quantile(ordered, share) <= quantile(ordered, min(1.0, share + 0.1))
