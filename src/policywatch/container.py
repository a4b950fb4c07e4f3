"""What a container decides instead of the configuration, by variables that only an image and who runs it should set.

Inside a container 127.0.0.1 reaches nobody outside of it: the pages must listen on every address there, and who may
reach them is decided where the port is published. So the image may name an address that the files may not.
"""

from __future__ import annotations

DATA = "POLICYWATCH_CONTAINER_DATA"
"""The folder of the data; stands before `state:`."""
LISTEN = "POLICYWATCH_CONTAINER_LISTEN"
"""Address and port of the pages; stands before `web.listen`."""
PUBLISHED = "POLICYWATCH_CONTAINER_PUBLISHED"
"""The address that the container's port is published to, as who publishes it says. Pages without a log-in start on
every address of a container only where this is an address of the machine itself."""
