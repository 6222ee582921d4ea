"""Money is a whole number of fen."""

from decimal import Decimal


def yuan(amount_fen: int) -> str:
    """Show an amount in fen as people read it: 1250 → "12.50元", 0 → "免费"."""
    if amount_fen == 0:
        return "免费"
    return f"{Decimal(amount_fen) / 100:.2f}元"
