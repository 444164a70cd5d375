"""A seeded synthetic bank with planted truth."""

from workbench.sample_bank.files import create_sample_bank, simulate_outcomes

__all__ = ["create_sample_bank", "simulate_outcomes"]
