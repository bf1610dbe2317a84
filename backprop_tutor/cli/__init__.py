"""The commands: the only room that reads the terminal, prints or exits."""

import gc

# Imports leave no garbage, and looking for it takes a tenth of the time to the first prompt. `main` turns collection on
# again.
gc.disable()
