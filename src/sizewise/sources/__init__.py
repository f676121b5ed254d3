"""Models from elsewhere: folders, weight files by their headers, hubs, Ollama; traces of requests."""
