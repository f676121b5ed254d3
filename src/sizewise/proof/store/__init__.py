"""Measurements, verifications, evaluations and predictions of one's own, kept in a local database or a team's."""
