"""Price book and assumption table: from reviewed data files to values, and a dated look at the package behind them."""

from advisorkit.price_book.assumptions import assumptions
from advisorkit.price_book.refresh import Change, Refresh, refresh
from advisorkit.price_book.rows import load, prices_table

__all__ = ["Change", "Refresh", "assumptions", "load", "prices_table", "refresh"]
