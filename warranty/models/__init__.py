"""What was promised for how long, what a contract grants and what the company owes under it."""

from warranty.models.contracts import Contract, ServiceLine
from warranty.models.grants import DutyEntry, Entitlement, EntitlementYear, Use
from warranty.models.terms import CoverageTerm, PriceRow, WarrantyProof
from warranty.models.warnings import WarningDay

__all__ = [
    "Contract",
    "CoverageTerm",
    "DutyEntry",
    "Entitlement",
    "EntitlementYear",
    "PriceRow",
    "ServiceLine",
    "Use",
    "WarningDay",
    "WarrantyProof",
]
