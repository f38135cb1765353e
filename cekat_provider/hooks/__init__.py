"""Airflow's connection to Cekat."""
