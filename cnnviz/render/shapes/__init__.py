"""Layer sizes: rows, a table, the sums behind them, answers to single questions."""
