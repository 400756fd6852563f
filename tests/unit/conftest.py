"""How hypothesis looks for counter-examples here: on busy machines too, and under CI the same ones every time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "farthing",
    deadline=None,  # a busy machine is no defect
    max_examples=60,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("farthing")
