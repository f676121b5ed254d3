"""Keeping a decision in a file, and looking at it again later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.advisor.named_machine import HERE
from sizewise.advisor.question import Question
from sizewise.advisor.recommendation import recommend
from sizewise.decide.recheck import changes, choice, outcome, recheck_verdict
from sizewise.decide.wording import hardware
from sizewise.domain.decision import ApiOption
from sizewise.domain.record import FORMAT, FORMAT_VERSION, DecisionRecord, RecheckAnswer
from sizewise.errors import InvalidFile
from sizewise.report.whole_file import write_whole
from sizewise.sources.json_object import JsonObject
from sizewise.sources.value_json import decoded, encoded

if TYPE_CHECKING:
    from sizewise.domain.decision import Decision, Option


def save_decision(decision: Decision, path: str, *, user_catalog: str | None = None) -> None:
    """Keep a decision in a file.

    Raises: InvalidFile if it cannot be written.
    """
    from sizewise.report.answer_json import json_text

    today = datetime.now(tz=UTC).date().isoformat()
    record = DecisionRecord(saved_on=today, user_catalog=user_catalog, decision=decision)
    write_whole(Path(path), json_text(encoded(record)) + "\n")


def load_decision(path: str) -> DecisionRecord:
    """A decision that was kept.

    Raises: InvalidFile for anything that `save_decision` did not write, or that a newer version wrote.
    """
    whole = JsonObject.read(Path(path))
    name = whole.path
    if whole.text("format") != FORMAT:
        raise InvalidFile("{path} is not a decision; sizewise recommend --save writes one", path=name)
    if whole.whole("format_version") > FORMAT_VERSION:
        raise InvalidFile("{path} was written by a newer sizewise; update this one", path=name)
    return decoded(DecisionRecord, whole.values, Path(path).name)


def asked_question(record: DecisionRecord) -> Question:
    """The question of a decision, as it was asked.

    Raises: InvalidFile where the record holds words that no question has.
    """
    words = {name: _word(value) for name, value in record.decision.request.items()}
    try:
        return Question(**words)
    except TypeError as error:
        raise InvalidFile("the question of the decision cannot be read: {reason}", reason=error) from None


def _word(value: Any) -> Any:  # noqa: ANN401 - a word of the question
    return tuple(value) if isinstance(value, list) else value


def recheck(path: str) -> RecheckAnswer:
    """Ask the question of a kept decision again, with today's facts.

    Raises: InvalidFile for a file that holds no decision.
    """
    record = load_decision(path)
    question, then = asked_question(record), record.decision
    now = recommend(question, user_catalog=record.user_catalog)
    kept = _same_choice(question, record)
    result = outcome(then, now, kept)
    return RecheckAnswer(
        outcome=result,
        verdict=recheck_verdict(result, then, now),
        changes=changes(then, now, kept),
        record=record,
        now=now,
    )


def _same_choice(question: Question, record: DecisionRecord) -> Option | ApiOption | None:
    """The choice with today's facts; None where it no longer passes."""
    chosen = record.decision.choice
    if chosen is None:
        return None
    if isinstance(chosen, ApiOption):
        narrowed = replace(question, model=(chosen.model,), path=("api",))
        found = recommend(narrowed, user_catalog=record.user_catalog, has_flips=False).api
        return found if found is not None and choice(found) == choice(chosen) else None
    deployment = chosen.deployment
    narrowed = replace(
        question,
        model=(deployment.model,),
        quantization=(deployment.quantization,),
        engine=(deployment.engine,),
        device=question.device
        if HERE in question.device
        else (hardware(deployment.device, deployment.num_devices),),
        path=(deployment.path,),
    )
    return recommend(narrowed, user_catalog=record.user_catalog, has_flips=False).answer
