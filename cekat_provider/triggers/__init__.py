"""Waiting in the triggerer: what costs a worker nothing."""
