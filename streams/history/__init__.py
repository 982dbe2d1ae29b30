"""Work on stored events: replay, evaluation, hunting, training. Never enforcement."""
