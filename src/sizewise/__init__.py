"""sizewise: the smallest model, at the right quantization, on the cheapest hardware, that does the task."""

__version__ = "0.1.0"
