"""Teaching without a screen: questions, answers, marking, mistakes, hints, sessions."""
