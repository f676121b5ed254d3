"""The one alias of the broadcasting core."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""An array of numbers or truth values."""
Number: TypeAlias = float | NDArray[Any]
"""A quantity: one number or an array of any shape that broadcasts with its fellows. Unknown is NaN."""

__all__ = ["Array", "NDArray", "Number", "np"]
