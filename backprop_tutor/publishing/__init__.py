"""An exercise for people who do not have this program: worksheets, question banks, autograder kits."""
