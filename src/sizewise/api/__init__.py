"""The HTTP API and the page: thin shells over the advisor."""
