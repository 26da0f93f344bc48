"""Attribution: which conversions are one, which touches lie before them, and whom each model credits."""

from queries.attribution.compute import compute_attribution

__all__ = ["compute_attribution"]
