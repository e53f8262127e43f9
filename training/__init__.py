"""How the network that comes along was trained: its pictures, and the training. For development only."""
