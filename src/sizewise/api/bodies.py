"""Questions as JSON: the words of the command line; the advisor checks what they mean."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sizewise.advisor import LoadQuestion, Question

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
    path: Names = Field((), description="Only hardware paid for in this way: owned, rent, buy.")
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
