"""The commands: the only room that reads the terminal, prints or exits."""

import gc

# Nothing of what is imported is garbage: looking for some is a tenth of the time to the first prompt. `main` goes on.
gc.disable()
