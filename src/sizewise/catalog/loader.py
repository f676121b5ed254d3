"""The catalog: models, devices, quantizations, engines and tasks, each table read when first used."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.catalog.engine_versions import at_version
from sizewise.catalog.names import NameIndex, laptop_names, names_without_remark
from sizewise.catalog.rows import (
    DEVICE_COLUMNS,
    DROPPED_COLUMNS,
    MODEL_COLUMNS,
    PRICE_COLUMNS,
    device_from_row,
    model_from_row,
)
from sizewise.catalog.table import FOLDER, NAN, header_of, path_shown, read_table, toml_table
from sizewise.domain.engine import Engine
from sizewise.domain.quantization import Quantization
from sizewise.domain.workload import Task
from sizewise.errors import InvalidFile, NotSupported, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.catalog.describe import Fact
    from sizewise.domain.device import Device
    from sizewise.domain.model import Model

CUSTOM = "custom:"
"""How the name of a device begins whose figures are stated by hand."""


class Catalog:
    """All facts of one state. Tables are parsed when they are first used."""

    def __init__(self, user_models: Mapping[str, Model] | None = None,
                 user_devices: Mapping[str, Device] | None = None) -> None:  # fmt: skip
        self._user_models = dict(user_models or {})
        self._user_devices = dict(user_devices or {})

    @cached_property
    def models(self) -> dict[str, Model]:
        """Models by Hugging Face id."""
        return {**_shipped_models(), **self._user_models}

    @cached_property
    def devices(self) -> dict[str, Device]:
        """Devices by name."""
        return {**_shipped_devices()[0], **self._user_devices}

    @cached_property
    def quantizations(self) -> dict[str, Quantization]:
        """Quantizations by name."""
        return _entries("quantizations.toml", Quantization)

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """Engines by key, each at the version of its row."""
        entries: dict[str, Engine] = _entries("engines.toml", Engine)
        return {name: at_version(e, e.version, NAN) for name, e in entries.items()}

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """Tasks by name."""
        return _entries("tasks.toml", Task)

    @cached_property
    def facts_date(self) -> str:
        """Date of the newest fact about a model or device. [ISO date]"""
        dates = [model.as_of for model in self.models.values()] + [d.as_of for d in self.devices.values()]
        return max(dates)

    def model(self, name: str) -> Model:
        """The model of this name or unambiguous short name.

        Raises: UnknownName, AmbiguousName; NotSupported for a model that is known but cannot be sized.
        """
        try:
            return self.models[self._model_names.find(name)]
        except UnknownName as error:
            reason = _dropped_models().get(name.strip().lower())
            if reason is None:
                raise
            raise NotSupported("model {name} cannot be sized: {reason}", name=name, reason=reason) from error

    def device(self, name: str) -> Device:
        """The device of this name, alias or unambiguous short name, or the one that is stated by hand."""
        if name.strip().lower().startswith(CUSTOM):
            from sizewise.catalog.custom_device import custom_device  # noqa: PLC0415 - for few questions

            return custom_device(name, self.devices.values())
        return self.devices[self._device_names.find(name)]

    def quantization(self, name: str) -> Quantization:
        """The quantization of this name or alias."""
        return self.quantizations[_toml_index("quantization", "quantizations.toml").find(name)]

    def engine(self, name: str) -> Engine:
        """The engine of this name or alias."""
        return self.engines[_toml_index("engine", "engines.toml").find(name)]

    def task(self, name: str) -> Task:
        """The task of this name, title or alias."""
        return self.tasks[_toml_index("task", "tasks.toml").find(name)]

    def find(self, name: str, kind: str = "") -> tuple[str, Any]:
        """The kind and the entry of this name, among all kinds or in the one given."""
        from sizewise.catalog.describe import find  # noqa: PLC0415 - only for looking up facts

        return find(self, name, kind)

    def describe(self, name: str, kind: str = "") -> tuple[Fact, ...]:
        """Every field of an entry with its unit, source and date."""
        from sizewise.catalog.describe import describe  # noqa: PLC0415 - only for looking up facts

        return describe(self, name, kind)

    def listing(self, kind: str, *, containing: str = "", **equal: object) -> tuple[Any, ...]:
        """Entries of one kind whose name contains a text and whose fields have these values."""
        from sizewise.catalog.describe import listing  # noqa: PLC0415 - only for looking up facts

        return listing(self, kind, containing=containing, **equal)

    @cached_property
    def _model_names(self) -> NameIndex:
        step = "a Hugging Face id, a folder with config.json or a GGUF file works too"
        return NameIndex("model", dict.fromkeys(self.models, ()), step)

    @cached_property
    def _device_names(self) -> NameIndex:
        aliases = _shipped_devices()[1]
        spoken = {
            name: (*laptop_names(name), *others, *names_without_remark((name, *others), self.devices))
            for name in self.devices
            for others in (aliases.get(name, ()),)
        }
        return NameIndex("device", spoken,
                         "sizewise hardware lists the known devices; or state one: "
                         "custom:memory=32GiB,bandwidth=50GB/s,class=cpu")  # fmt: skip

    def with_user_rows(self, path: str | Path) -> Catalog:
        """The same catalog with the models or devices of a CSV file added; a row of a known name replaces it.

        The columns are those of the shipped tables; the header tells which table it is.
        Raises: InvalidFile naming file, row, column and what is allowed, all problems at once.
        """
        file = Path(path)
        header = header_of(file)
        source = f"user catalog {file.name}"
        if "num_params" in header:
            rows = read_table(file, MODEL_COLUMNS)
            models = {row["name"]: model_from_row(row, source) for row in rows}
            return Catalog({**self._user_models, **models}, self._user_devices)
        if "device_class" in header:
            rows = read_table(file, DEVICE_COLUMNS)
            devices = {row["name"]: device_from_row(row, {}, source) for row in rows}
            return Catalog(self._user_models, {**self._user_devices, **devices})
        raise InvalidFile(
            "{file}: the header has neither num_params (models) nor device_class (devices)",
            file=path_shown(file),
        )


@cache
def load_catalog() -> Catalog:
    """The shipped catalog."""
    return Catalog()


@cache
def _shipped_models() -> dict[str, Model]:
    rows = read_table(FOLDER / "models.csv", MODEL_COLUMNS)
    return {row["name"]: model_from_row(row, "") for row in rows}


@cache
def _dropped_models() -> dict[str, str]:
    """Known models that cannot be sized: lower-case name and reason."""
    rows = read_table(FOLDER / "dropped_models.csv", DROPPED_COLUMNS)
    return {row["name"].lower(): row["reason"] for row in rows}


@cache
def _shipped_devices() -> tuple[dict[str, Device], dict[str, tuple[str, ...]]]:
    """Devices with their prices, and the other names of each."""
    rows = read_table(FOLDER / "devices.csv", DEVICE_COLUMNS)
    prices = _device_prices()
    devices = {row["name"]: device_from_row(row, prices.get(row["name"], {}), "") for row in rows}
    return devices, {row["name"]: row["aliases"] for row in rows}


def _device_prices() -> dict[str, dict[str, Any]]:
    """Prices by device name; none where no price table is shipped."""
    path = FOLDER / "prices_devices.csv"
    return {row["device"]: row for row in read_table(path, PRICE_COLUMNS)} if path.is_file() else {}


def _entries(file_name: str, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - three classes without a common base
    """Domain values of a TOML file: one table an entry, `aliases` aside."""
    return {name: _entry(kind, name, table) for name, table in toml_table(file_name).items()}


def _entry(kind: Any, name: str, table: Mapping[str, Any]) -> Any:  # noqa: ANN401 - same
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    fields.pop("aliases", None)
    return kind(name=name, **fields)


@cache
def _toml_index(kind: str, file_name: str) -> NameIndex:
    return NameIndex(kind, {name: table.get("aliases", ()) for name, table in toml_table(file_name).items()})
