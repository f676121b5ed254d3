"""Pure, broadcasting estimators: memory, speed, load, quality, cost. No I/O, clock, random or print."""
