"""The tables, as they came about; never edited after release."""
