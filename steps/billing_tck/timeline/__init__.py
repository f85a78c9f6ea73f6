"""What happened, as lanes over time: recorded, projected, drawn."""
