"""What metrics show of the ledger."""

from streams.enforcement.service.figures.figures import Figures

__all__ = ["Figures"]
