"""Questions in, predictions out: CSV files, and how wrong the predictions are."""
