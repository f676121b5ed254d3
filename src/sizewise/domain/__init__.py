"""Frozen values of the field: model, quantization, device, machine, engine, workload, estimate, decision."""
