"""Predictions against reality: the scorer; what is in this computer."""
