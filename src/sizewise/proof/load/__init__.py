"""Load tests of an endpoint that speaks the OpenAI protocol."""
