"""The systems outside, one module each: our words in, our words out."""
