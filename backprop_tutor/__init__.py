"""A tutor and exercise checker for backpropagation on computational graphs."""

__version__ = "0.1.0"
