"""Values as Rich renderables; nothing here prints."""
