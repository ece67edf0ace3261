"""Contracts, duties and who pays, for other programs under /api/v1/."""
