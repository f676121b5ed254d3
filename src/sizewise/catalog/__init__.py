"""The facts, each with its source and date, and their loader."""
