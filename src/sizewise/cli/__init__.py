"""The command line: parse, call one advisor function, show the answer."""
