"""The facts, each with its source and date, and their loader."""

from sizewise.catalog.loader import Catalog, load_catalog

__all__ = ["Catalog", "load_catalog"]
