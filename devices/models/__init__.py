"""What stands where (A4, A9, A12): products, projects, devices, and what happened to each."""

from devices.models.devices import Device, DeviceModel, Project, State
from devices.models.imports import ImportBatch, ImportRow
from devices.models.labels import DeviceLabel
from devices.models.life import DeviceEvent, SoftwareVersion

__all__ = [
    "Device",
    "DeviceEvent",
    "DeviceLabel",
    "DeviceModel",
    "ImportBatch",
    "ImportRow",
    "Project",
    "SoftwareVersion",
    "State",
]
