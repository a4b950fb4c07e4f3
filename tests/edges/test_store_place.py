"""Where the database may lie."""

from __future__ import annotations

import os
import subprocess

import pytest

from policywatch import errors
from policywatch.store import place
from policywatch.store.db import Database

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /data rw,relatime shared:2 - nfs4 server:/export rw,vers=4.2
31 30 8:2 / /data/own\\040disk rw,relatime - xfs /dev/sdb rw
32 22 0:41 / /win rw - cifs //server/share rw
35 22 0:44 / /数据 rw - nfs4 server:/y rw
33 22 0:42 / /over rw - ext4 /dev/sdc rw
34 33 0:43 / /over rw - nfs server:/x rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/data", "nfs4"),
        ("/data/var/deep", "nfs4"),
        ("/win/x", "cifs"),
        ("/over", "nfs"),
        ("/over/y", "nfs"),
        ("/数据/库", "nfs4"),
    ],
)
def test_102_network_file_systems_are_refused_by_name(tmp_path, folder, kind):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    with pytest.raises(errors.StoreError, match=rf"network file system \({kind}\).*state: in the configuration"):
        place.require_local(type(tmp_path)(folder), mounts)


@pytest.mark.parametrize("folder", ["/", "/database", "/data/own disk", "/data/own disk/var", "/windows"])
def test_disks_of_this_machine_are_taken(tmp_path, folder):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    place.require_local(type(tmp_path)(folder), mounts)


def test_a_system_that_does_not_say_is_believed(tmp_path):
    place.require_local(tmp_path, tmp_path / "absent")


def test_102_a_read_only_volume_is_refused_with_what_to_do(tmp_path):
    """On a real read-only mount where one may be made, else on a folder without the right to write."""
    volume = tmp_path / "volume"
    volume.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "none", str(volume)], check=False, capture_output=True
        ).returncode
        == 0
    )
    try:
        if not mounted:
            volume.chmod(0o555)
            if os.access(volume, os.W_OK):
                pytest.skip("this user may write anywhere and may not mount")
        with pytest.raises(errors.StoreError, match="cannot be written to: .*give policywatch a folder of its own"):
            Database.open(volume / "policywatch.sqlite")
    finally:
        if mounted:
            subprocess.run(["umount", str(volume)], check=True)
        else:
            volume.chmod(0o755)
