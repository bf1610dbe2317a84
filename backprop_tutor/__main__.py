"""`python -m backprop_tutor` is `backprop-tutor`."""

from backprop_tutor.cli.main import run

run()
