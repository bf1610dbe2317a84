"""An exercise for those who are without this program: worksheets, question banks, autograder kits."""
