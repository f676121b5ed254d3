"""The MCP server: the verbs as tools for a language model, the catalog as resources."""
