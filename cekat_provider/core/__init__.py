"""The conversation with Cekat, without any I/O: what is said, how an answer reads, what to do about it.

Standard library only, but for the one base class that makes our errors Airflow's (`errors.py`).
"""
