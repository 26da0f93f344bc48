"""Documents and pictures made from answers: formatting, figures, PDF."""
