"""The replicas of one stage as real processes that are killed, drained and added, as Kubernetes does it to a StatefulSet."""
import json
import os
import pathlib
import signal
import subprocess

PATIENCE = 120


class Workers:
    """The pods of a stage are worker-0, worker-1, …; of those that are there the highest number goes first."""

    def __init__(self, program, settings, directory, fault=None):
        self.program, self.directory = program, pathlib.Path(directory)
        self.directory.mkdir()
        self.config = self.directory / "stage.json"
        self.config.write_text(json.dumps(settings, indent=1))
        self.environment = os.environ | ({"TIDEGATE_TEST_FAULT": fault} if fault else {})
        self.running = {}  # by number; None: killed and not back yet
        self.logs = {}  # by process
        self.kills = self.rescales = self.most = 0

    def start(self, number):
        path = self.directory / f"worker-{number}.{len(self.logs)}.log"
        with open(path, "wb") as log:
            process = self.running[number] = subprocess.Popen([self.program, "run", "--config", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                    env=self.environment | {"POD_NAME": f"worker-{number}"})
        self.logs[process] = path
        self.most = max(self.most, len(self.running))

    def kill(self, number):
        process = self.running[number]
        if process:
            self.running[number] = None
            process.kill()
            process.wait()
            self.kills += 1

    def add(self):
        self.rescales += 1
        self.start(len(self.running))

    def drain(self):
        self.rescales += 1
        process = self.running.pop(len(self.running) - 1)
        if process:
            self.end(process)

    def revive(self):
        for number, process in self.running.items():
            if process is None:
                self.start(number)

    def check(self):
        for number, process in self.running.items():
            if process and process.poll() is not None:
                raise RuntimeError(f"{self.directory.name}: worker-{number} ended by itself ({process.returncode})")

    def end(self, process):
        process.terminate()
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"{self.directory.name}: a worker does not stop") from None
        unborn = code == -signal.SIGTERM and not self.logs[process].read_bytes()  # stopped before it listened to signals
        if code and not unborn:
            raise RuntimeError(f"{self.directory.name}: a worker that was told to stop ended with {code}")

    def stop(self):
        """Without any more ado; for the end of a play, also of one that failed."""
        for process in self.running.values():
            if process:
                process.kill()
                process.wait()
        self.running = {}
