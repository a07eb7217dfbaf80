"""How a checkpoint comes to be: corpus, pretraining, fine-tuning, calibration, evaluation."""
