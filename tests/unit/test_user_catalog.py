"""Rows of the user's own table beside the shipped ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sizewise.catalog import load_catalog
from sizewise.errors import InvalidFile
from sizewise.units import GIB

if TYPE_CHECKING:
    from pathlib import Path

MODEL_HEADER = (
    "name,num_params,num_layers,hidden_size,ffn_size,num_heads,num_kv_heads,vocab_size,max_context_tokens"
)
MODEL_ROW = "me/my-8b,8030261248,32,4096,14336,32,8,128256,8192"
DEVICE_HEADER = "name,kind,device_class,memory_bytes,bandwidth_bytes_per_s,buy_usd"
DEVICE_ROW = "My Card X1,consumer,nvidia-gaming,24GiB,1.0e12,999"


def _table(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_model_of_the_user_is_found_and_its_cache_follows_from_its_shape(tmp_path: Path) -> None:
    catalog = load_catalog().with_user_rows(_table(tmp_path, MODEL_HEADER, MODEL_ROW))
    model = catalog.model("my-8b")
    assert model.cache == load_catalog().model("Llama-3.1-8B").cache
    assert model.attention == "gqa"
    assert model.source == "user catalog mine.csv"
    assert "Qwen/Qwen3-8B" in catalog.models


def test_the_shipped_catalog_stays_as_it_is(tmp_path: Path) -> None:
    load_catalog().with_user_rows(_table(tmp_path, MODEL_HEADER, MODEL_ROW))
    assert "me/my-8b" not in load_catalog().models


def test_a_device_of_the_user_takes_sizes_with_units(tmp_path: Path) -> None:
    device = load_catalog().with_user_rows(_table(tmp_path, DEVICE_HEADER, DEVICE_ROW)).device("my card x1")
    assert device.memory_bytes == 24 * GIB
    assert device.usable_bytes < device.memory_bytes
    assert device.buy_usd == 999
    assert device.buy_price_source == "user catalog mine.csv"


def test_a_model_of_a_known_name_is_replaced(tmp_path: Path) -> None:
    row = MODEL_ROW.replace("me/my-8b", "Qwen/Qwen3-8B")
    catalog = load_catalog().with_user_rows(_table(tmp_path, MODEL_HEADER, row))
    assert catalog.model("Qwen3-8B").max_context_tokens == 8192


def test_models_and_devices_of_two_tables_add_up(tmp_path: Path) -> None:
    catalog = load_catalog().with_user_rows(_table(tmp_path, MODEL_HEADER, MODEL_ROW))
    catalog = catalog.with_user_rows(_table(tmp_path, DEVICE_HEADER, DEVICE_ROW))
    assert catalog.model("my-8b").num_layers == 32
    assert catalog.device("My Card X1").kind == "consumer"


def test_all_problems_are_told_at_once_with_row_column_and_what_is_allowed(tmp_path: Path) -> None:
    path = _table(tmp_path, MODEL_HEADER, MODEL_ROW.replace("4096", "-5"), MODEL_ROW.replace("8192", "many"))
    with pytest.raises(InvalidFile) as caught:
        load_catalog().with_user_rows(path)
    message = str(caught.value)
    assert "mine.csv" in message
    assert "row 2, column hidden_size: '-5' is not a whole number" in message
    assert "row 3, column max_context_tokens: 'many' is not a number" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((MODEL_HEADER + ",colour", MODEL_ROW + ",red"), "colour"),
        ((MODEL_HEADER, MODEL_ROW + ",1"), "cells"),
        ((MODEL_HEADER.replace("vocab_size,", ""), MODEL_ROW.replace("128256,", "")), "vocab_size"),
        ((MODEL_HEADER, MODEL_ROW.replace("me/my-8b", "")), "name"),
        ((DEVICE_HEADER, DEVICE_ROW.replace("nvidia-gaming", "quantum")), "quantum"),
        ((DEVICE_HEADER, DEVICE_ROW.replace("24GiB", "24 bananas")), "24 bananas"),
        ((DEVICE_HEADER, DEVICE_ROW.replace("1.0e12", "nan")), "nan"),
        ((DEVICE_HEADER, DEVICE_ROW.replace("999", "inf")), "inf"),
        (("a,b", "1,2"), "num_params"),
        (("",), "num_params"),
    ],
)
def test_a_wrong_table_is_refused_and_says_what_is_wrong(
    tmp_path: Path, lines: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InvalidFile, match=told):
        load_catalog().with_user_rows(_table(tmp_path, *lines))


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("nowhere.csv", "binary.csv", ""):
        with pytest.raises(InvalidFile):
            load_catalog().with_user_rows(tmp_path / name)
