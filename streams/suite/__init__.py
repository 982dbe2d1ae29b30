"""A labelled benchmark of this job: our alerts beside baselines, on simulated clouds or on stored events."""
