"""What stands where (A4, A9, A12): products, projects, devices, and what happened to each."""

from devices.models.devices import Device, DeviceModel, Project, State
from devices.models.life import DeviceEvent, SoftwareVersion

__all__ = ["Device", "DeviceEvent", "DeviceModel", "Project", "SoftwareVersion", "State"]
