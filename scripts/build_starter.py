"""The starter sets of `evaluate`: six tasks, half English and half Chinese, each with its grader.

    python scripts/build_starter.py

Classification, question answering and coding are written by hand (`starter_words.py`); extraction, mathematics and
reasoning are made from sentences of our own with seeded numbers, so that the right answer is computed, not typed.
"""

from __future__ import annotations

import json
import random
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import starter_words as words

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "src" / "sizewise" / "proof" / "evaluate" / "starter"
NUM_EACH = 21
"""Prompts of a made set, in each language."""
CLASSES_ZH = {"complaint": "投诉", "question": "询问", "praise": "表扬", "order": "订购"}
SCHEMA = {
    "type": "object", "required": ["name", "city", "quantity", "item"], "additionalProperties": False,
    "properties": {"name": {"type": "string"}, "city": {"type": "string"}, "quantity": {"type": "integer"}, "item": {"type": "string"}},
}  # fmt: skip


def classification() -> Iterator[dict[str, Any]]:
    """Short messages into four classes."""
    ask = "Is this message a complaint, a question, praise or an order? Answer with one word: complaint, question, praise or order."
    for text, kind in words.MESSAGES_EN:
        yield {"prompt": f"{ask}\n\n{text}", "expected": kind, "grader": "normalised"}
    for text, kind in words.MESSAGES_ZH:
        yield {"prompt": f"下面这条消息是投诉、询问、表扬还是订购？只回答一个词。\n\n{text}", "expected": CLASSES_ZH[kind],
               "grader": "normalised"}  # fmt: skip


def extraction() -> Iterator[dict[str, Any]]:
    """Four fields out of a sentence, as JSON."""
    rng = random.Random(11)  # noqa: S311 - the same set every time
    for number in range(NUM_EACH):
        (city, city_zh), (item, item_zh) = rng.choice(words.CITIES), rng.choice(words.GOODS)
        quantity, person = rng.randrange(2, 90), rng.randrange(len(words.PEOPLE_EN))
        name, name_zh = words.PEOPLE_EN[person], words.PEOPLE_ZH[person]
        sentence = (
            f"{name} from our office in {city} called this morning: they need {quantity} {item} before the end of the month.",
            f"Please note for {city}: {quantity} {item}, to be picked up by {name} in person.",
            f"After the meeting on the 14th, {name} ({city}) confirmed an order of {quantity} {item}.",
        )[number % 3]
        sentence_zh = (
            f"{city_zh}分公司的{name_zh}今早来电，月底前需要{quantity}件{item_zh}。",
            f"请记下：{city_zh}，{item_zh}{quantity}件，由{name_zh}本人来取。",
            f"14日开会之后，{name_zh}（{city_zh}）确认订购{item_zh}{quantity}件。",
        )[number % 3]
        ask = 'Give the data as JSON with the keys "name", "city", "quantity" (a number) and "item". Reply with the JSON only.'
        ask_zh = '请用 JSON 给出数据，键为 "name"（人名）、"city"（城市）、"quantity"（数字）和 "item"（物品）。只回复 JSON。'
        for prompt, found in (
            (f"{ask}\n\n{sentence}", {"name": name, "city": city, "quantity": quantity, "item": item}),
            (
                f"{ask_zh}\n\n{sentence_zh}",
                {"name": name_zh, "city": city_zh, "quantity": quantity, "item": item_zh},
            ),
        ):
            yield {"prompt": prompt, "expected": found, "schema": SCHEMA, "grader": "json-schema"}


def question_answering() -> Iterator[dict[str, Any]]:
    """Short facts."""
    for question, answer in words.FACTS_EN:
        yield {"prompt": f"{question} Answer in a few words.", "expected": answer, "grader": "contains"}
    for question, answer in words.FACTS_ZH:
        yield {"prompt": f"{question}请用几个字回答。", "expected": answer, "grader": "contains"}


def mathematics() -> Iterator[dict[str, Any]]:
    """Word problems of two or three steps; the answer is computed."""
    rng = random.Random(12)  # noqa: S311 - the same set every time
    for number in range(NUM_EACH):
        a, b, c = rng.randrange(12, 60), rng.randrange(3, 12), rng.randrange(2, 9)
        problem, problem_zh, answer = (
            (f"A shop sells pens at {b} dollars each. Ann buys {c} pens and pays with a note of {b * c + a} dollars. How many dollars does she get back?",
             f"商店里每支笔 {b} 元。小安买了 {c} 支，付了 {b * c + a} 元。应找回多少元？", a),
            (f"A train goes {a * b} kilometres in {b} hours. How many kilometres does it go in {c} hours at the same speed?",
             f"一列火车 {b} 小时行驶 {a * b} 千米。以同样的速度 {c} 小时行驶多少千米？", a * c),
            (f"A hall has {a} rows of {b} seats. {c} seats are broken. How many seats can be used?",
             f"礼堂有 {a} 排座位，每排 {b} 个，其中 {c} 个坏了。还能用的座位有多少个？", a * b - c),
            (f"{b} workers need {c * 2} days for a wall. How many days would one worker need alone?",
             f"{b} 个工人砌一堵墙要 {c * 2} 天。一个人单独砌要多少天？", b * c * 2),
            (f"Ben is {c} times as old as his sister, who is {b}. How old was Ben {b} years ago?",
             f"小本的年龄是妹妹的 {c} 倍，妹妹 {b} 岁。{b} 年前小本多少岁？", b * c - b),
            (f"A jar holds {a * 50} millilitres. After {b} cups of {c * 5} millilitres are poured out, how many millilitres are left?",
             f"罐子里有 {a * 50} 毫升水，倒出 {b} 杯，每杯 {c * 5} 毫升。还剩多少毫升？", a * 50 - b * c * 5),
            (f"The price of a coat falls from {a * 20} dollars by {b * 5} percent. What is the new price in dollars?",
             f"一件大衣原价 {a * 20} 元，降价 {b * 5}%。现价多少元？", a * (100 - b * 5) // 5),
        )[number % 7]  # fmt: skip
        yield {"prompt": f"{problem} End with the number.", "expected": answer, "grader": "numeric"}
        yield {"prompt": f"{problem_zh}最后写出数字。", "expected": answer, "grader": "numeric"}


def reasoning() -> Iterator[dict[str, Any]]:
    """Who stands where? Clues from which exactly one order of four follows; the options are the four names."""
    rng = random.Random(13)  # noqa: S311 - the same set every time
    for number in range(NUM_EACH):
        picked = rng.sample(range(len(words.PEOPLE_EN)), 4)
        place, clues = _puzzle(rng)
        which = number % 4
        letter = "ABCD"[place[which]]
        for people, is_chinese in ((words.PEOPLE_EN, False), (words.PEOPLE_ZH, True)):
            names = [people[i].split()[0] for i in picked]
            told = [_clue(names[a], names[b], gap, is_chinese=is_chinese) for a, b, gap in clues]
            options = "  ".join(f"{'ABCD'[i]}) {name}" for i, name in enumerate(names))
            prompt = (
                f"四个人排成一队：{'、'.join(names)}。{''.join(told)}从前往后第 {which + 1} 个是谁？\n{options}\n最后写“答案：”和字母。"
                if is_chinese
                else f"Four people stand in a queue: {', '.join(names)}. {' '.join(told)} Who is number {which + 1} from the "
                f"front?\n{options}\nEnd with 'Answer:' and the letter."
            )
            yield {"prompt": prompt, "expected": letter, "choices": names, "grader": "choice"}


def _puzzle(rng: random.Random) -> tuple[tuple[int, ...], list[tuple[int, int, bool]]]:
    """An order, as the person at each place, and clues (before, after, directly?) that only it satisfies."""
    order = tuple(rng.sample(range(4), 4))
    at = {person: position for position, person in enumerate(order)}
    possible = [(a, b, at[b] - at[a] == 1) for a, b in permutations(range(4), 2) if at[a] < at[b]]
    while True:
        clues = rng.sample(possible, 3)
        if sum(_satisfies(one, clues) for one in permutations(range(4))) == 1:
            return order, clues


def _satisfies(order: tuple[int, ...], clues: list[tuple[int, int, bool]]) -> bool:
    at = {person: position for position, person in enumerate(order)}
    return all(at[b] - at[a] == 1 if is_direct else at[a] < at[b] for a, b, is_direct in clues)


def _clue(first: str, second: str, is_direct: bool, *, is_chinese: bool) -> str:  # noqa: FBT001 - one clue
    if is_chinese:
        return f"{first}紧挨着站在{second}前面。" if is_direct else f"{first}站在{second}前面。"
    return (
        f"{first} stands directly in front of {second}."
        if is_direct
        else f"{first} stands somewhere in front of {second}."
    )


def coding() -> Iterator[dict[str, Any]]:
    """Small functions with tests that must run."""
    for signature, what, what_zh, tests in words.FUNCTIONS:
        checks = "\n".join(f"assert {test}" for test in tests.split("|"))
        yield {"prompt": f"Write a Python function {signature} that {what}. Reply with one code block only.", "tests": checks,
               "grader": "code"}  # fmt: skip
        yield {
            "prompt": f"请写一个 Python 函数 {signature}：{what_zh}。只回复一个代码块。",
            "tests": checks,
            "grader": "code",
        }


SETS = {
    "classification": classification, "extraction": extraction, "qa": question_answering, "math": mathematics,
    "reasoning": reasoning, "coding": coding,
}  # fmt: skip


def main() -> None:
    """Write one JSONL file a task."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in SETS.items():
        rows = [{"id": f"{name}-{number}", **row} for number, row in enumerate(made(), 1)]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(name, len(rows))


if __name__ == "__main__":
    main()
