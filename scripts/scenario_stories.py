"""The ten scenarios: who asks, what is asked, and what is to be learned, in English and Chinese.

Only the situations are written by hand. Every number, and every sentence that depends on one, comes from the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenario_lessons import (
    api_lesson,
    batch_lesson,
    big_lesson,
    completion_lesson,
    hospital_lesson,
    office_lesson,
    scorer_lesson,
    small_lesson,
    startup_lesson,
    student_lesson,
)
from scenario_page import Ask, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

BEAVER = "PKU-Alignment/beaver-7b-v1.0-cost"
SEVENTY = "meta-llama/Llama-3.1-70B-Instruct"

STARTUP_TRAFFIC = """
[[class]]
name = "easy"
task = "chat"
complexity = "simple"
share = 7
peak = 3

[[class]]
name = "hard"
task = "chat"
share = 3
peak = 3
"""
INVOICE_TRAFFIC = """
[[class]]
name = "invoices"
task = "extraction"
complexity = "medium"
users = 1
"""
BATCH_TRAFFIC = """
[[class]]
name = "documents"
task = "summarization"
requests = "10M"
max_ttft = "60s"
max_tpot = "500ms"
"""

SCENARIOS: Sequence[Scenario] = (
    Scenario(
        key="01-student-laptop",
        title=("A student with an 8 GB laptop", "学生的 8 GB 笔记本"),
        situation=(
            "Lin studies biology and owns a MacBook Air with an M2 chip and 8 GB of memory. She wants somebody to ask "
            "about her lecture notes in the evening, also on the train, without a subscription. She has read that a "
            "7B model needs 14 GB, and asks whether her laptop is simply too small.",
            "小林读生物系，用一台 8 GB 内存的 M2 MacBook Air。她想晚上对着课堂笔记随时提问，坐火车没有网也能用，而且不想"
            "付订阅费。她看到有人说 7B 模型要 14 GB，想知道是不是自己的电脑根本不够。",
        ),
        asks=(
            Ask(verb="recommend", given={
                "task": "qa", "complexity": "simple", "max_ttft": "5s", "device": "Apple M2 (8-core GPU) 8GB",
            }),
        ),
        lesson=student_lesson,
    ),
    Scenario(
        key="02-office-shenzhen",
        title=("Twelve people in Shenzhen, one RTX 4090, documents in Chinese", "深圳十二人公司：一张 4090，中文资料"),
        situation=(
            "A trading firm of twelve people in Shenzhen keeps its contracts and product sheets in Chinese. One of "
            "them has a workstation with an RTX 4090 under the desk. All twelve shall ask questions over these "
            "documents during the day; the firm earns money with it, so the licence must allow that.",
            "深圳一家十二人的贸易公司，合同和产品资料都是中文。其中一位同事桌下有一台带 RTX 4090 的工作站。公司希望十二个人"
            "上班时都能对这些资料提问；这属于商业用途，许可必须允许。",
        ),
        asks=(
            Ask(verb="recommend", given={
                "task": "rag", "language": "zh", "users": 12, "device": "RTX 4090", "license": "commercial",
            }),
        ),
        lesson=office_lesson,
    ),
    Scenario(
        key="03-startup-chat",
        title=("A start-up with two million chat turns a month", "每月两百万轮对话的创业公司"),
        situation=(
            "A start-up answers two million chat turns a month for its customers, day and night, with three times the "
            "mean rate at the busiest hour. About seven of ten turns are easy; the rest needs a good model. The "
            "founders wonder whether two models are cheaper than one, and whether own machines beat an API.",
            "一家创业公司每月为客户处理两百万轮对话，昼夜不停，最忙时是平均值的三倍。大约七成问题很简单，其余需要好一些的模型。"
            "创始人想知道：用两个模型是否比一个便宜，自建是否比 API 划算。",
        ),
        asks=(
            Ask(verb="portfolio", traffic=STARTUP_TRAFFIC, given={"requests": "2M", "hours": 730, "device": "any"},
                intro=("On machines of their own, rented or bought:", "先看自有机器（租或买）：")),
            Ask(verb="portfolio", traffic=STARTUP_TRAFFIC,
                given={"requests": "2M", "hours": 730, "allows_api": True, "device": "any"},
                intro=("And if requests may go to an API:", "如果允许用 API：")),
        ),
        lesson=startup_lesson,
    ),
    Scenario(
        key="04-hospital",
        title=("A hospital that may not send data out", "数据不能外传的医院"),
        situation=(
            "Thirty doctors of a hospital shall ask questions over guidelines and patient letters in Chinese. No "
            "patient data may leave the building, so neither an API nor a rented server comes into question: the "
            "machine has to be bought. Because a wrong answer costs time, the bar is that of complex tasks.",
            "一家医院的三十位医生要对诊疗指南和中文病历提问。患者数据不能离开院区，因此不能用 API，也不能租服务器，只能买机器。"
            "答错会耽误时间，所以按“复杂任务”的标准来要求质量。",
        ),
        asks=(
            Ask(verb="recommend", given={
                "task": "rag", "language": "zh", "users": 30, "license": "commercial", "complexity": "complex",
                "device": "any", "path": "buy",
            }),
        ),
        lesson=hospital_lesson,
    ),
    Scenario(
        key="05-code-completion",
        title=("Code completion for a hundred developers", "一百名开发者的代码补全"),
        situation=(
            "A software company wants completion in the editor for its hundred developers, in its own house. A "
            "suggestion that comes later than half a second is worthless, because the developer has typed on. The "
            "licence must allow commercial use.",
            "一家软件公司要为一百名开发者提供编辑器内的代码补全，部署在自己的机房。建议如果超过半秒才出现就没用了，因为开发者"
            "已经继续打字了。许可必须允许商用。",
        ),
        asks=(
            Ask(verb="recommend", given={"task": "completion", "users": 100, "license": "commercial", "device": "any"}),
        ),
        lesson=completion_lesson,
    ),
    Scenario(
        key="06-lab-thinks-70b",
        title=("A lab that thinks it needs 70B, and does not", "以为需要 70B、其实不需要的实验室"),
        situation=(
            "A research group has used Llama-3.1-70B through a friend's server to answer questions over its papers "
            "and was content with it. Now it plans a machine for five people and has asked for money for two large "
            'cards, because "it has to be 70B".',
            "一个课题组借用朋友的服务器，用 Llama-3.1-70B 回答论文相关的问题，效果满意。现在要为五个人自备机器，已经申请了买"
            "两张大卡的经费，理由是“必须 70B”。",
        ),
        asks=(
            Ask(verb="recommend", given={"task": "rag", "users": 5, "as_good_as": SEVENTY, "device": "any"},
                intro=("What is as good as that model, whatever its size?", "不论大小，什么模型能达到同样水平？")),
            Ask(verb="recommend", given={"task": "rag", "users": 5, "as_good_as": SEVENTY, "model": SEVENTY,
                                         "device": "any"},
                intro=("And that model itself?", "那个模型本身呢？"), is_short=True),
        ),
        lesson=small_lesson,
    ),
    Scenario(
        key="07-team-thinks-7b",
        title=("A team that thinks 7B is enough, and is wrong", "以为 7B 够用、其实不够的团队"),
        situation=(
            "A team of five wants a model that writes and repairs code nearly as well as Qwen3-235B, which they know "
            'from the web. A guide told them that 7B models are "light and efficient", so they plan with '
            "Qwen2.5-7B-Instruct on a small card.",
            "一个五人小组想要一个写代码、改代码接近 Qwen3-235B 的模型，他们在网上用过后者。某篇指南说 7B “轻量高效”，于是他们"
            "打算在一张小卡上用 Qwen2.5-7B-Instruct。",
        ),
        asks=(
            Ask(verb="recommend", given={
                "task": "coding", "users": 5, "as_good_as": "Qwen3-235B-A22B-Instruct-2507",
                "model": "Qwen2.5-7B-Instruct", "device": "any",
            }, intro=("Is their model enough?", "他们的模型够吗？"), is_short=True),
            Ask(verb="recommend", given={
                "task": "coding", "users": 5, "as_good_as": "Qwen3-235B-A22B-Instruct-2507", "device": "any",
            }, intro=("What is enough?", "什么才够？")),
        ),
        lesson=big_lesson,
    ),
    Scenario(
        key="08-api-is-right",
        title=("One for whom the API is right", "更适合用 API 的人"),
        situation=(
            "A one-woman bookkeeping office reads figures out of invoices, about ten hours a month. The invoices may "
            "leave the house; her customers have agreed. She has been offered a computer with a graphics card and "
            "asks whether it would pay.",
            "一位独立记账师每月约十个小时要从发票里提取数字。客户已经同意，发票可以外传。有人向她推销带显卡的电脑，她想知道划不划算。",
        ),
        asks=(
            Ask(verb="recommend", given={
                "task": "extraction", "users": 1, "hours": 10, "complexity": "medium", "device": "any",
            }, intro=("What would a machine cost?", "买机器或租机器要多少钱？"), is_short=True),
            Ask(verb="portfolio", traffic=INVOICE_TRAFFIC,
                given={"hours": 10, "allows_api": True, "device": "any"},
                intro=("And the cheapest way of all, if requests may go to an API:",
                       "如果允许用 API，最便宜的做法是：")),
        ),
        lesson=api_lesson,
    ),
    Scenario(
        key="09-batch-ten-million",
        title=("Ten million documents to summarize", "一千万篇文档的摘要"),
        situation=(
            "An archive has ten million documents of about six pages and wants a summary of each within a month. "
            "Nobody waits for a single answer, so a document may wait a minute and be written slowly. What counts is "
            "the bill.",
            "一家档案机构有一千万篇文档，每篇约六页，要在一个月内全部写出摘要。没有人等某一篇的结果，所以一篇等一分钟、写得慢一些都"
            "可以。重要的是总费用。",
        ),
        asks=(
            Ask(verb="portfolio", traffic=BATCH_TRAFFIC,
                given={"hours": 730, "allows_api": True, "device": "any", "path": "rent"},
                intro=("The job comes once, so machines would be rented:", "任务只有一次，所以机器用租的：")),
            Ask(verb="portfolio", traffic=BATCH_TRAFFIC, given={"hours": 730, "device": "any", "path": "buy"},
                intro=("And if it came every month, on machines of their own:", "如果每个月都有，改用自己买的机器：")),
        ),
        lesson=batch_lesson,
    ),
    Scenario(
        key="10-safety-scorer",
        title=("A safety team that scores with beaver-7b-v1.0-cost", "用 beaver-7b-v1.0-cost 打分的安全团队"),
        situation=(
            "A safety team has read an article that recommends 7B models for chat and summaries, on the page of "
            "beaver-7b-v1.0-cost. They want to run that model on their RTX 4090, and to have it judge a million "
            "answers of their chatbot.",
            "一个安全团队在 beaver-7b-v1.0-cost 的页面上读到一篇文章，推荐用 7B 模型做对话和摘要。他们想在自己的 RTX 4090 上"
            "运行这个模型，并让它给聊天机器人的一百万条回答打分。",
        ),
        asks=(
            Ask(verb="recommend", given={"task": "chat", "model": BEAVER, "device": "RTX 4090"},
                intro=("Can it chat?", "它能对话吗？"), is_short=True),
            Ask(verb="fit", given={"name": BEAVER, "device": "RTX 4090", "context": 1024},
                intro=("What it can do, on this card, for texts of up to 1,024 tokens:",
                       "它能做的事：在这张卡上，给不超过 1,024 个 token 的文本打分：")),
        ),
        lesson=scorer_lesson,
    ),
)  # fmt: skip
