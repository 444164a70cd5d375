"""The steps that bring a project's SQL tables from one form to the next."""
