"""What one's own measurements say about the speed of this computer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OwnRate:
    """A model in a format that was measured here: how its rates differ from the calibrated formula."""

    model: str
    quantization: str
    phase: str
    """decode or prefill."""
    factor: float
    """Measured / predicted, shrunk towards 1 where there is little to go by."""
    spread: float
    """Standard deviation of the logarithm of a rate like those that were measured."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Corrections of the speed constants of one engine on one computer."""

    engine_family: str
    factors: tuple[tuple[str, float], ...]
    """Constants of `SpeedCoefficients` and what they are multiplied by."""
    formats: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    """The same for the speed classes of the formats that were measured."""
    spreads: tuple[tuple[str, float], ...]
    """Phase, and the standard deviation of the logarithm of a rate that was not measured."""
    own: tuple[OwnRate, ...]
    num_measurements: int
    """Rates that it rests on."""

    def factors_for(self, speed_class: str) -> tuple[tuple[str, float], ...]:
        """Factors for one weight format."""
        return dict(self.formats).get(speed_class, self.factors)

    def spread(self, phase: str) -> float | None:
        """Of a phase about which something was measured; None: nothing was."""
        return dict(self.spreads).get(phase)

    def own_rate(self, model: str, quantization: str, phase: str) -> OwnRate | None:
        """The measurement of the same thing; None: it was not measured here."""
        for one in self.own:
            if (one.model, one.quantization, one.phase) == (model, quantization, phase):
                return one
        return None
