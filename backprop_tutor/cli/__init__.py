"""The commands: the only room that reads the terminal, prints or exits."""
