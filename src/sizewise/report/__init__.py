"""Answers for people and for programs: the terminal page, JSON, and the message catalogs."""
