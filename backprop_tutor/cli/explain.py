"""stub"""
def explain() -> None:
    """x"""
