"""The project: settings, routes, task queue, and the embedded servers of a demo."""
