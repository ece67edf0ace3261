"""Who and whose: hospitals, their sites and people, the company's bases, teams and people."""

from people.models.duty import DutyOverride, Rotation, RotationMember
from people.models.persons import HOSPITAL_ROLES, LinkRequest, Role, Team, User, UserManager
from people.models.places import Department, Hospital, Region, ServiceBase, Site, TravelTime

__all__ = [
    "HOSPITAL_ROLES",
    "Department",
    "DutyOverride",
    "Hospital",
    "LinkRequest",
    "Region",
    "Role",
    "Rotation",
    "RotationMember",
    "ServiceBase",
    "Site",
    "Team",
    "TravelTime",
    "User",
    "UserManager",
]
