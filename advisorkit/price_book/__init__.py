"""Price book and assumption table: from reviewed data files to values, and a dated look at the package behind them."""

from advisorkit.price_book.assumptions import assumptions, text_classes
from advisorkit.price_book.refresh import Change, Refresh, append, refresh, rows_text
from advisorkit.price_book.rows import history, load, prices_table

__all__ = ["Change", "Refresh", "append", "assumptions", "history", "load", "prices_table", "refresh", "rows_text", "text_classes"]
