"""Questions as JSON: the words of the command line; the advisor checks what they mean."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sizewise.advisor import CostQuestion, LoadQuestion, Question
from sizewise.advisor.cost_terms import SETTINGS

MAX_TEXT = 200
MAX_ITEMS = 16
Words = Annotated[str, Field(max_length=MAX_TEXT)]
Quantity = Annotated[str, Field(max_length=MAX_TEXT)] | float
Names = Annotated[tuple[Words, ...], Field(max_length=MAX_ITEMS)]


class Body(BaseModel):
    """An object without unknown fields."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    def given(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: value for name, value in self if value is not None}


class WorkloadBody(Body):
    """Task and load."""

    task: Words = Field("chat", description="What it is for.", examples=["chat", "summarization", "编程"])
    users: Quantity | None = Field(
        None, description="People who use it at the same time. [users]", examples=[20]
    )
    context: Quantity | None = Field(
        None, description="Text that it keeps in mind. [tokens]", examples=["32K"]
    )
    input_tokens: Quantity | None = Field(None, description="Length of a prompt. [tokens]", examples=[1000])
    output_tokens: Quantity | None = Field(None, description="Length of an answer. [tokens]", examples=[300])
    prefix_hit: Quantity | None = Field(
        None, description="Share of every prompt that is still cached. [ratio]", examples=[0.5]
    )
    think_time: Quantity | None = Field(
        None, description="Pause between two requests of a user. [s]", examples=["30s"]
    )
    max_ttft: Quantity | None = Field(
        None, description="Longest wait for the first token. [s]", examples=["2s"]
    )
    max_tpot: Quantity | None = Field(
        None, description="Longest time per further token. [s]", examples=["50ms"]
    )
    kv_type: Words | None = Field(
        None, description="Number format of the KV cache.", examples=["f16", "q8_0"]
    )


class RecommendBody(WorkloadBody):
    """`sizewise recommend`."""

    hours: Quantity | None = Field(None, description="Hours of use a month. [hours/month]", examples=[264])
    monthly_budget: Quantity | None = Field(
        None, description="At most so much a month.", examples=["800 USD", "5000CNY"]
    )
    upfront_budget: Quantity | None = Field(
        None, description="At most so much at once.", examples=["3000 USD"]
    )
    language: Names = Field((), description="Languages that the model must know.", examples=[["zh"]])
    license: Words | None = Field(None, description="Use that the licence must allow: any, commercial, open.")
    as_good_as: Words | None = Field(None, description="Good enough means as good as this model.")
    complexity: Words | None = Field(None, description="simple, medium, complex or research.")
    min_quality: Quantity | None = Field(
        None, description="Good enough means so many points of 100. [points]"
    )
    model: Names = Field((), description="Only these models of the catalog.", examples=[["Qwen/Qwen3-8B"]])
    quantization: Names = Field((), description="Only these number formats.", examples=[["Q4_K_M"]])
    engine: Names = Field((), description="Only these engines.", examples=[["llama.cpp"]])
    device: Names = Field(
        (), description="Only this hardware; any: everything on the market.", examples=[["RTX 4090"]]
    )
    path: Names = Field((), description="Only what is paid for in this way: owned, rent, buy, api, any.")
    thinking_tokens: Quantity | None = Field(
        None, description="Tokens written before every answer. [tokens]", examples=["2K"]
    )
    utilisation: Quantity | None = Field(
        None, description="Share of this load that comes on average of the hours of use.", examples=["40%"]
    )
    cached: Quantity | None = Field(None, description="Share of the input that an API finds in its cache.")
    batch: Quantity | None = Field(
        None, description="Share of the requests that can wait for a batch of an API."
    )
    api_peak: Quantity | None = Field(None, description="Share of the requests in the dear hours of an API.")
    electricity: Quantity | None = Field(
        None, description="Price of electricity. [USD/kWh]", examples=["0.12/kWh", "0.8CNY/kWh"]
    )
    price: Names = Field(
        (), description="Own prices of devices, to buy or by the hour.", examples=[["RTX 4090=0.45/h"]]
    )
    top: int = Field(3, ge=1, le=20, description="How many of the best options to give.")

    def question(self) -> Question:
        """The question of the advisor."""
        return Question(**{name: value for name, value in self.given().items() if name != "top"})


class FitBody(Body):
    """`sizewise fit`, for models of the catalog: the server reads no files and asks no hub for a caller."""

    model: Words = Field(description="A model of the catalog.", examples=["Qwen/Qwen3-8B"])
    device: Names = Field(
        min_length=1, description="The hardware; two entries: unequal cards.", examples=[["RTX 4090"]]
    )
    quantization: Words | None = Field(None, description="Number format of the weights.", examples=["Q4_K_M"])
    engine: Words | None = Field(None, description="The engine.", examples=["llama.cpp"])
    context: Quantity | None = Field(
        None, description="Text that it keeps in mind. [tokens]", examples=["8K"]
    )
    users: Quantity | None = Field(None, description="Requests that run at once. [count]")
    kv_type: Words | None = Field(None, description="Number format of the KV cache; 'q8_0/f16' for K and V.")
    usable: Quantity | None = Field(
        None, description="Memory that may be used on each device.", examples=["20GiB"]
    )
    system: Words | None = Field(None, description="What the card also serves: headless, desktop or windows.")
    pipeline_parallel: Quantity | None = Field(
        None, description="Stages that share the layers, with an equal part of the devices each. [count]"
    )


class CompareBody(Body):
    """`sizewise compare`."""

    options: Names = Field(
        min_length=1,
        description='MODEL, MODEL@QUANTIZATION or "MODEL@QUANTIZATION on DEVICE".',
        examples=[["Qwen3-8B@Q4_K_M", "Qwen3-14B@Q4_K_M on RTX 4090"]],
    )
    task: Words = Field("chat", description="What it is for.")
    users: Quantity | None = Field(None, description="People who use it at the same time. [users]")
    context: Quantity | None = Field(None, description="Text that it keeps in mind. [tokens]")
    engine: Names = Field((), description="Only these engines.")
    device: Names = Field((), description="Hardware of the options that name none.")

    def question(self) -> Question:
        """The question of the advisor."""
        return Question(**{name: value for name, value in self.given().items() if name != "options"})


class CapacityBody(WorkloadBody):
    """`sizewise capacity`."""

    model: Words = Field(description="A model of the catalog.", examples=["Qwen/Qwen3-8B"])
    device: Words = Field(description="The hardware.", examples=["L40S"])
    quantization: Words | None = Field(None, description="Number format of the weights.")
    engine: Words | None = Field(None, description="The engine.")
    rate: Quantity | None = Field(
        None, description="Requests that have to be carried. [requests/s]", examples=[40]
    )
    length_variation: Quantity | None = Field(
        None, description="Standard deviation over mean of the lengths. [ratio]"
    )

    def question(self) -> Question:
        """The question of the advisor."""
        given = self.given()
        single = ("model", "device", "quantization", "engine")
        lists: dict[str, Any] = {name: (given.pop(name),) for name in single if name in given}
        given = {name: value for name, value in given.items() if name not in {"rate", "length_variation"}}
        return Question(**given, **lists)

    def load(self) -> LoadQuestion:
        """The words about load."""
        return LoadQuestion(rate=self.rate, length_variation=self.length_variation)


class TiersBody(Body):
    """`sizewise tiers`."""

    task: Words | None = Field(None, description="The task that quality is about.")
    context: Quantity | None = Field(None, description="Text that each model keeps in mind. [tokens]")
    users: Quantity | None = Field(None, description="Requests that run at once. [count]")


class CostBody(Body):
    """`sizewise cost`; one of requests, tokens and users says how much it is used."""

    model: Words = Field(description="A model of the catalog.", examples=["Qwen/Qwen3-8B"])
    device: Words | None = Field(
        None, description="The hardware; the cheapest where none is named.", examples=["RTX 4090"]
    )
    task: Words = Field("chat", description="What it is for.", examples=["chat"])
    requests: Quantity | None = Field(None, description="Requests. [1/month]", examples=[600000, "20000/day"])
    tokens: Quantity | None = Field(None, description="All tokens. [tokens/month]", examples=["2.5B"])
    users: Quantity | None = Field(None, description="People who use it at the same time. [users]")
    input_tokens: Quantity | None = Field(None, description="Length of a prompt. [tokens]", examples=[1000])
    output_tokens: Quantity | None = Field(None, description="Length of an answer. [tokens]", examples=[300])
    reasoning_tokens: Quantity | None = Field(None, description="Tokens written before each answer. [tokens]")
    cached: Quantity | None = Field(
        None, description="Share of the input that a provider finds in its cache.", examples=["50%"]
    )
    batch: Quantity | None = Field(None, description="Share of the requests that can wait for a batch.")
    api_peak: Quantity | None = Field(None, description="Share of the requests in the provider's dear hours.")
    hours: Quantity | None = Field(None, description="Hours of use. [hours/month]", examples=[264])
    horizon: Quantity | None = Field(None, description="Time over which totals are given. [months]")
    ways: Names = Field((), description="Only these ways to pay.", examples=[["api", "rent", "buy"]])
    currency: Words | None = Field(
        None, description="Currency of the sentences; figures are in USD.", examples=["USD", "CNY"]
    )
    api_model: Words | None = Field(None, description="Compare with the API of this model.")
    api_price: Words | None = Field(
        None,
        description="Your price: INPUT/OUTPUT or INPUT/OUTPUT/CACHED. [money per million tokens]",
        examples=["0.15/0.60"],
    )
    buy_price: Quantity | None = Field(None, description="Your price of one device. [money]")
    rent_price: Quantity | None = Field(None, description="Your price of one device. [money/hour]")
    devices_per_machine: Quantity | None = Field(
        None, description="Only machines with so many devices are to be had. [count]"
    )
    quantization: Words | None = Field(None, description="Number format of the weights.", examples=["FP8"])
    engine: Words | None = Field(None, description="The engine.", examples=["vllm"])
    context: Quantity | None = Field(None, description="Text that it keeps in mind. [tokens]")
    max_ttft: Quantity | None = Field(None, description="Longest wait for the first token. [s]")
    max_tpot: Quantity | None = Field(None, description="Longest time per further token. [s]")
    electricity: Quantity | None = Field(None, description="Price of electricity.", examples=["0.12/kWh"])
    pue: Quantity | None = Field(None, description="Power of the building over that of the machines. [ratio]")
    idle_power: Quantity | None = Field(None, description="Power of an idle card over its most. [ratio]")
    life: Quantity | None = Field(None, description="Time until bought machines are sold. [months]")
    residual: Quantity | None = Field(None, description="Share of the price that they then bring. [ratio]")
    capital: Quantity | None = Field(None, description="Interest on the money bound. [1/year]")
    maintenance: Quantity | None = Field(None, description="Maintenance over price. [1/year]")
    space: Quantity | None = Field(None, description="Space for a server. [money per kW and month]")
    spares: Quantity | None = Field(None, description="Spare machines beyond what the load needs.")
    traffic: Quantity | None = Field(None, description="Traffic out of a rented machine. [money per GB]")
    network: Quantity | None = Field(None, description="Network of bought machines. [money per device, once]")
    licence_fee: Quantity | None = Field(None, description="Software licence. [money per device and year]")
    staff: Quantity | None = Field(None, description="People who look after one's own machines. [persons]")
    api_staff: Quantity | None = Field(None, description="People who look after an API. [persons]")
    staff_cost: Quantity | None = Field(None, description="What a person costs. [money/month]")
    setup: Quantity | None = Field(None, description="Setting up one's own machines, once. [money]")
    api_setup: Quantity | None = Field(None, description="Connecting an API, once. [money]")
    reserved_discount: Quantity | None = Field(None, description="For a year's commitment. [ratio]")
    spot_discount: Quantity | None = Field(None, description="Of machines that can be taken away. [ratio]")
    api_falls: Quantity | None = Field(
        None, description="How much API prices fall in a year. [ratio]", examples=["30%"]
    )
    peak: Quantity | None = Field(None, description="Peak over mean use in the hours of use. [ratio]")
    exchange_rate: Quantity | None = Field(None, description="Price of a USD. [CNY]")

    def question(self) -> Question:
        """The question of the advisor."""
        words = {name: value for name, value in self.given().items() if name in QUESTION_WORDS}
        lists: dict[str, Any] = {
            name: (words.pop(name),) for name in ("quantization", "engine", "device") if name in words
        }
        return Question(**words, **lists)

    def money(self) -> CostQuestion:
        """The words about money."""
        given = self.given()
        settings = {name: str(value) for name, value in given.items() if name in SETTINGS}
        words = {name: value for name, value in given.items() if name in MONEY_WORDS}
        return CostQuestion(**words, settings=settings)


QUESTION_WORDS = {field.name for field in fields(Question)} - {"model"}
MONEY_WORDS = {field.name for field in fields(CostQuestion)} - {"settings", "profile"}
"""Which of its words are whose."""
