"""Sphinx: the documentation site. `make docs` builds it into build/docs; a warning is an error."""

from __future__ import annotations

from sizewise import __version__

project = "sizewise"
author = "the sizewise developers"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["progress.md", "quality_accuracy.md"]  # the latter is a part of accuracy.md
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]
"""Pages that are also read in the repository link to files outside of the site."""
autodoc_member_order = "bysource"
autodoc_typehints = "none"
html_theme = "furo"
html_title = "sizewise"
html_static_path = []
