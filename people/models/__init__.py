"""Who and whose: hospitals, their sites and people, the company's bases, teams and people."""

from people.models.duty import DutyOverride, Rotation, RotationMember
from people.models.persons import HOSPITAL_ROLES, LinkRequest, Role, Team, User, UserManager
from people.models.places import Department, Hospital, Region, ServiceBase, Site, TravelFactor, TravelTime
from people.models.tokens import ApiToken, StoredReply

__all__ = [
    "HOSPITAL_ROLES",
    "ApiToken",
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
    "StoredReply",
    "Team",
    "TravelFactor",
    "TravelTime",
    "User",
    "UserManager",
]
