"""Every file of examples/ is accepted: by the API server, and by `kubectl tidegate validate`."""
import cluster


def test_every_example_applies(space):
    files = sorted((cluster.ROOT / "examples").glob("*.yaml"))
    assert len(files) >= 3
    for file in files:
        space.kubectl("apply", "--dry-run=server", "-f", file)
        cluster.cli("validate", "-f", file)
    return f"{len(files)} files"
