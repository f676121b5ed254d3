"""What each scenario teaches, worded from the answers of the run: other numbers give other sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from scenario_page import likely, money, name_of
from sizewise.advisor.portfolio_plan import TIE_RATIO
from sizewise.catalog import load_catalog
from sizewise.decide.wording import percent
from sizewise.report.figures import gib
from sizewise.units import SECONDS_PER_HOUR, significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenario_page import Answer
    from sizewise.domain.answers import FitAnswer
    from sizewise.domain.decision import Decision, Option
    from sizewise.domain.portfolio import PortfolioAnswer

NUM_TEXTS = 1_000_000
SHARED_RATIO = 0.6
"""A size below this share of another one is clearly smaller. [ratio]"""


def _choice(answer: Answer) -> Option | None:
    return cast("Decision", answer).answer


def _params(option: Option) -> float:
    """Parameters of the chosen model. [billions]"""
    return load_catalog().models[option.deployment.model].num_params / 1e9


def _short(model: str) -> str:
    return model.rsplit("/", 1)[-1]


def student_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """8 GB of memory are not 8 GB for the model."""
    option = _choice(answers[0])
    if option is None:
        return ("Nothing that is good enough runs on this laptop; the nearest options are below.",
                "这台笔记本上没有够用的模型；最接近的选择见下文。")  # fmt: skip
    used, usable = gib(option.memory_bytes.likely), gib(option.usable_bytes)
    quantization, size = option.deployment.quantization, f"{_params(option):.1f}"
    rate = significant(likely(option.loaded_tokens_per_s), 2)
    return (
        f"The laptop is not too small. Of its 8 GB the system leaves {usable} GiB, and a model of {size} billion "
        f"parameters in {quantization} needs {used} GiB of them, with room for her notes. It writes about {rate} tokens "
        "a second, costs nothing but electricity, and works without a network. The 14 GB that she read about is a 7B "
        "model in 16 bits; nobody has to run it like that.",
        f"电脑并不小。8 GB 内存里，系统之外能用 {usable} GiB；一个 {size}B 参数的模型用 {quantization} 只占 {used} GiB，"
        f"还放得下她的笔记。每秒大约写 {rate} 个 token，只花一点电费，没有网络也能用。她看到的 14 GB 指的是 16 位的 7B 模型，"
        "没有必要那样运行。",
    )


def office_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """How far one card goes."""
    option = _choice(answers[0])
    if option is None:
        return ("One RTX 4090 does not carry this load; what comes nearest is below.",
                "一张 RTX 4090 承载不了这些人；最接近的选择见下文。")  # fmt: skip
    most = f"{math.floor(option.num_users):,}"
    cost, model = money(likely(option.monthly_usd)), _short(option.deployment.model)
    return (
        f"The card under the desk is enough: {model} serves all twelve, and up to {most} people, in the time that was "
        f"asked, for about {cost} USD of electricity a month. Nothing has to be bought, and no contract leaves the "
        "office. Before it goes live, twenty real questions over real contracts are the test that counts.",
        f"桌下那张卡就够了：{model} 能在要求的时间内服务这十二个人，最多 {most} 人，每月电费约 {cost} 美元。不用买任何东西，"
        "合同也不会离开公司。上线前，用二十个真实问题、真实合同测一遍，比任何榜单都重要。",
    )


def _two_sizes_or_one(own: PortfolioAnswer, mine: float) -> tuple[str, str]:
    """What a second size saves on machines of their own, and whether that is worth it."""
    one = {str(c.title): c for c in own.comparisons}["one model for all"].monthly_usd
    if len(own.parts) == 1 or not one > mine:
        return (f"One model for everything is the cheapest on own machines: {money(mine)} USD a month.",
                f"自有机器上全部用一个模型最便宜：每月 {money(mine)} 美元。")  # fmt: skip
    saved = money(one - mine)
    if one <= TIE_RATIO * mine:
        return (
            f"One model for everything is enough: {money(one)} USD a month on own machines. A smaller one beside it "
            f"would save {saved} USD of that, too little for a second model to look after.",
            f"用一个模型就够了：自有机器每月 {money(one)} 美元。再加一个小模型每月只省 {saved} 美元，不值得多维护一个模型。",
        )
    return (
        f"Two sizes pay: small and large together cost {money(mine)} USD a month on own machines, one model for "
        f"everything {money(one)} USD, {saved} more.",
        f"两种规模更划算：一小一大合计每月 {money(mine)} 美元，全部用一个模型要 {money(one)} 美元，多 {saved} 美元。",
    )


def startup_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """Two sizes or one, own or API."""
    own, outside = (cast("PortfolioAnswer", a) for a in answers)
    if own.monthly_usd is None or outside.monthly_usd is None:
        return (
            "No plan serves this traffic; what is missing is below.",
            "没有方案能承载这些请求；缺什么见下文。",
        )
    apis = {str(c.title): c for c in own.comparisons}["APIs for all"]
    mine = own.monthly_usd.likely
    two_en, two_zh = _two_sizes_or_one(own, mine)
    bill = apis.monthly_usd
    if math.isnan(bill):
        return two_en, two_zh
    if outside.monthly_usd.likely < 0.9 * mine:
        end_en = (f" With an API allowed it is {money(outside.monthly_usd.likely)} USD: cheaper, and nothing to look "
                  "after.")  # fmt: skip
        end_zh = f"如果允许用 API，则是 {money(outside.monthly_usd.likely)} 美元：更便宜，也不用维护机器。"
    else:
        end_en = (f" APIs for everything would cost {money(bill)} USD, about as much or more, so that it is not money "
                  "that decides. An API needs nobody who looks after machines, nothing is paid at once, and it can be "
                  "left any day: it is the way to begin.")  # fmt: skip
        end_zh = (f"全部用 API 要 {money(bill)} 美元，差不多或更贵，所以钱不是决定因素。API 不需要人维护机器，没有一次性"
                  "投入，随时可以停用：适合先用它起步。")  # fmt: skip
    return two_en + end_en, two_zh + end_zh


def hospital_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """Privacy has a price, and it is small."""
    option = _choice(answers[0])
    if option is None:
        return ("No machine that can be bought meets this bar for thirty people; what comes nearest is below.",
                "没有能买到的机器能让三十人达到这个标准；最接近的选择见下文。")  # fmt: skip
    at_once, monthly = money(likely(option.upfront_usd)), money(likely(option.monthly_usd))
    chance = percent(option.pass_probability)
    is_tested = option.quality_evidence in {"direct", "own"}
    doubt_en = (
        "Its quality is measured on public tests of this kind."
        if is_tested
        else "Its quality has not been measured independently on this kind of task: it must be tested on the hospital's "
        "own questions before anybody relies on it."
    )
    doubt_zh = (
        "它在同类公开测试上有实测成绩。"
        if is_tested
        else "这类任务上还没有独立的实测成绩：在依赖它之前，必须先用医院自己的问题测试。"
    )
    return (
        f"Keeping the data in the house is affordable: {at_once} USD at once, about {monthly} USD a month over the life "
        f"of the machine, power included. It is {chance} likely to be good enough. {doubt_en} The figures do not "
        "contain people who look after it, nor a second machine in case the first one fails.",
        f"数据不出院是负担得起的：一次性 {at_once} 美元，按使用年限平摊每月约 {monthly} 美元（含电费）。够用的可能性为 {chance}。"
        f"{doubt_zh}以上数字不含维护人员，也不含备用机器。",
    )


def completion_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """Waiting decides, not size."""
    option = _choice(answers[0])
    if option is None:
        return ("Nothing completes code for a hundred people fast enough; what comes nearest is below.",
                "没有方案能足够快地为一百人补全代码；最接近的选择见下文。")  # fmt: skip
    wait, cost = significant(likely(option.ttft_s), 2), money(likely(option.monthly_usd))
    each, model = significant(likely(option.monthly_usd) / 100, 2), _short(option.deployment.model)
    return (
        f"Completion is decided by waiting, not by size: {model} gives its first word after about {wait} s with all "
        f"hundred at work. It costs about {cost} USD a month, {each} USD for each developer. Models that think before "
        "they answer are left out: they would be late however good they are.",
        f"代码补全取决于等待时间，不取决于规模：一百人同时使用时，{model} 约 {wait} 秒给出第一个词。每月约 {cost} 美元，"
        f"平均每人 {each} 美元。先“思考”再回答的模型被排除在外：再好也来不及。",
    )


def small_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """As good as 70B of two years ago."""
    option, large = _choice(answers[0]), _choice(answers[1])
    if option is None:
        return (
            "Nothing that can be had is as good as that model.",
            "目前没有可用的方案能达到那个模型的水平。",
        )
    size, cost = f"{_params(option):.1f}", money(likely(option.monthly_usd))
    model, chance = _short(option.deployment.model), percent(option.pass_probability)
    against_en, against_zh = "", ""
    if large is not None:
        theirs = money(likely(large.monthly_usd))
        against_en = f" The 70B itself would cost {theirs} USD a month for the same five people."
        against_zh = f"同样五个人，70B 本身每月要 {theirs} 美元。"
    if _params(option) > SHARED_RATIO * 70:
        return (f"The lab is right: what is as good has {size} billion parameters, at {cost} USD a month.{against_en}",
                f"实验室是对的：同等水平的模型有 {size}B 参数，每月 {cost} 美元。{against_zh}")  # fmt: skip
    return (
        f"It does not have to be 70B. {model} has {size} billion parameters and is {chance} likely to be as good on "
        f"questions over documents, less five points; it costs about {cost} USD a month.{against_en} Models of a "
        "generation ago are the wrong measure of size; the grant can be smaller, or last longer.",
        f"并不需要 70B。{model} 只有 {size}B 参数，在文档问答上达到同等水平（允许低五分）的可能性为 {chance}；每月约 {cost} "
        f"美元。{against_zh}用上一代模型的大小来衡量今天的需求是不对的；经费可以少申请一些，或者用得更久。",
    )


def big_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """Light is not enough."""
    refused, option = _choice(answers[0]), _choice(answers[1])
    if refused is not None:
        chance = percent(refused.pass_probability)
        return (
            f"Their model is enough after all: {chance} likely.",
            f"他们的模型其实够用：可能性 {chance}。",
        )
    if option is None:
        return ("Neither their model nor any other that can be had is enough for this bar; an API, or a lower bar, is "
                "what remains.", "他们的模型不够，目前可用的其他方案也都不够；只能用 API 或降低标准。")  # fmt: skip
    size, cost, chance = (
        f"{_params(option):.0f}",
        money(likely(option.monthly_usd)),
        percent(option.pass_probability),
    )
    model, where = _short(option.deployment.model), option.deployment.device
    return (
        f"Qwen2.5-7B is light, but it is far from the bar, in every format. {model} with {size} billion parameters is "
        f"{chance} likely to reach it. It costs about {cost} USD a month on {where}, so that the mistake would have "
        "been to save a few dollars and to lose the use.",
        f"Qwen2.5-7B 确实轻量，但无论哪种格式都远达不到要求。{size}B 参数的 {model} 达到要求的可能性为 {chance}，在 {where} "
        f"上每月约 {cost} 美元。省下几十美元、却得到不能用的结果，才是真正的浪费。",
    )


def api_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """Ten hours a month do not pay for a card."""
    option, plan = _choice(answers[0]), cast("PortfolioAnswer", answers[1])
    bill = {str(c.title): c for c in plan.comparisons}["APIs for all"].monthly_usd
    if option is None or math.isnan(bill):
        return ("No machine, or no API, is known that is good enough; see below.",
                "没有查到够用的机器或 API，见下文。")  # fmt: skip
    cost, api = likely(option.monthly_usd), money(bill)
    if cost < bill:
        return (f"The machine pays: it costs {money(cost)} USD a month, the API {api}.",
                f"用机器划算：每月 {money(cost)} 美元，API 要 {api} 美元。")  # fmt: skip
    return (
        f"She should use an API. The cheapest machine costs about {money(cost)} USD a month, because it is there all "
        f"month and works ten hours of it. A good enough model behind an API costs {api} USD a month for the same work. "
        "A machine of her own would be for privacy or for work without a network, not for money.",
        f"应该用 API。最便宜的机器每月约 {money(cost)} 美元，因为它整月都在那里，却只工作十个小时。同样的工作量，用够用的 API "
        f"每月只要 {api} 美元。如果要自备机器，理由只能是隐私或离线使用，而不是省钱。",
    )


def batch_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """Ten million documents keep a machine busy, and then a machine beats the API."""
    once, always = (cast("PortfolioAnswer", a) for a in answers)
    if once.monthly_usd is None:
        return ("No plan writes so many summaries in a month.", "没有方案能在一个月内写完这些摘要。")
    mine, each = money(once.monthly_usd.likely), significant(once.monthly_usd.likely / 10_000, 2)
    bill = {str(c.title): c for c in once.comparisons}["APIs for all"].monthly_usd
    apis_en = "" if math.isnan(bill) else f" The cheapest good enough API would ask {money(bill)} USD."
    apis_zh = "" if math.isnan(bill) else f"够用的模型里最便宜的 API 要 {money(bill)} 美元。"
    if not once.machines:
        return (f"An API is the cheapest way: {mine} USD for all ten million, {each} USD for a thousand.",
                f"用 API 最便宜：一千万篇共 {mine} 美元，每千篇 {each} 美元。")  # fmt: skip
    machines = ", ".join(name_of(m) for m in once.machines)
    again_en, again_zh = "", ""
    if always.monthly_usd is not None and always.upfront_usd > 0:
        own, upfront = money(always.monthly_usd.likely), money(always.upfront_usd)
        again_en = (f" If such a job came every month, own machines would pay: {upfront} USD at once, {own} USD a month "
                    "over their life.")  # fmt: skip
        again_zh = (
            f"如果每个月都有这样的任务，买机器更划算：一次性 {upfront} 美元，按使用年限每月 {own} 美元。"
        )
    return (
        f"Rent {machines} for a month: about {mine} USD for all ten million, {each} USD for a thousand documents."
        f"{apis_en}{again_en} A machine that is busy day and night is what machines are made for; ten hours a month are "
        "not.",
        f"租 {machines} 一个月：一千万篇共约 {mine} 美元，每千篇 {each} 美元。{apis_zh}{again_zh}机器昼夜满载时才最划算，"
        "每月只用十小时则相反。",
    )


def scorer_lesson(answers: Sequence[Answer]) -> tuple[str, str]:
    """A scorer writes nothing."""
    answer = cast("FitAnswer", answers[1])
    rate = likely(answer.texts_per_s)
    hours = significant(NUM_TEXTS / rate / SECONDS_PER_HOUR, 2) if rate > 0 else "?"
    used, usable = gib(answer.memory_bytes.likely), gib(answer.usable_bytes)
    fits_en = "It fits" if answer.fits == "yes" else "It does not safely fit"
    fits_zh = "放得下" if answer.fits == "yes" else "不一定放得下"
    return (
        "The article and the model do not belong together: beaver-7b-v1.0-cost writes no text. It reads a question and "
        f"an answer and gives one number, the higher the more harmful. {fits_en} on the card with {used} of {usable} "
        f"GiB, and a million answers take about {hours} hours. To chat, another model is needed; to judge, this one is "
        "right.",
        "那篇文章和这个模型对不上：beaver-7b-v1.0-cost 不写文字。它读入一问一答，给出一个数，越大表示越有害。"
        f"这张卡{fits_zh}：占用 {used} GiB，可用 {usable} GiB；给一百万条回答打分约需 {hours} 小时。要对话得换别的模型；"
        "要打分，用它正合适。",
    )
