"""The models on offer and what they cost."""

from __future__ import annotations

import numpy as np

MODELS = ("small-chat", "medium-chat", "large-chat", "code-assistant", "medium-chat-2", "frontier-chat")
"""Their names; the first four are everybody's, the fifth is new, the last is the dearest."""

COMMON, NEW, DEAREST = 4, 4, (2, 5)
"""How many of them are everybody's; the number of the new one; the numbers of the dearest."""

PRICES = np.array([0.2, 0.6, 3.0, 1.0, 0.7, 15.0])
"""USD per million tokens of prompt, model by model; answers cost three times that."""
