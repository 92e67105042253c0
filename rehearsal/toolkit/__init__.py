"""The stand-in for the SageMaker XGBoost image on a laptop: the image's real toolkit and a thin adapter around it."""
