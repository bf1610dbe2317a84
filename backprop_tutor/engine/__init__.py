"""The mathematics: gates, graphs, the language, the passes."""
