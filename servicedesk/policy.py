"""Policy of the desk that no environment changes: part of `settings`, which takes every name from here."""

from datetime import timedelta
from math import inf

from people.distance import Road

# Reports by a device's label from people who are not signed in, within an hour: by one label, from one address
# (a hospital shares one), in all.
SCANS_PER_LABEL, SCANS_PER_ADDRESS, SCANS_IN_ALL = 5, 20, 120
# Looks at such addresses from one place in a minute: nobody reads labels that fast (T089).
SCAN_LOOKS_PER_MINUTE = 60

# The estimate of a way that no travel table knows: roads bend, towns are slow, and there is a door at the end.
TRAVEL_ROAD = Road(factor=1.3, speeds=((20, 25), (80, 50), (inf, 75)), door_minutes=15)
# An engineer sets out from the site of the visit before, if that ended no longer ago than this; else from the base.
VISIT_FOLLOWS_WITHIN = timedelta(hours=3)
# How long a visit is planned to take when nobody says.
VISIT_LASTS = timedelta(hours=2)
# Who checks in farther from the site than this says why, and the lead is told.
CHECK_IN_WITHIN_M = 1000

# Whose working days depots and carriers keep, and the open time that packing takes (A6, A11).
DEPOT_CALENDAR = "cn"
PACKING_TIME = timedelta(minutes=30)
# A carrier's clock may run behind ours by so much: what it tells from shortly before the parcel was handed over counts.
CARRIER_CLOCK_TOLERANCE = timedelta(minutes=10)
# How long after it is owed a part is asked for again; the last time the manager hears of it (A13).
RETURN_REMINDERS = (timedelta(days=10), timedelta(days=20), timedelta(days=30))
