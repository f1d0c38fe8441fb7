"""The cluster as the tests use it: namespaces, objects, processes in pods."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import psycopg2

import kube

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "dev" / "demo"))

from memory import group_of  # noqa: E402

SHARED = "e2e-shared"  # a PostgreSQL and a Kafka that most cases use
DSN = "postgresql://tidegate:tidegate-demo@postgres." + SHARED + "/{}"
SHARED_KAFKA = f"shared-kafka.{SHARED}:9092"
SCRATCH = tempfile.TemporaryDirectory(prefix="tidegate-e2e-")  # gone when the tests end


def run(*command, check=True, text=None, timeout=180):
    """Standard output of a command; a failure carries what it said on standard error."""
    done = subprocess.run([str(c) for c in command], input=text, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:6]))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout if check else done


def on_host(*command, **options):
    """A command in the namespaces of the shell that started the tests, for what is about the cluster itself."""
    return run("nsenter", "--target", os.environ["TIDEGATE_HOST_PID"], "--net", "--mount", f"--wd={ROOT}", "--", *command,
               timeout=300, **options)


def until(what, probe, timeout=60, every=0.6):
    """What probe() returns once it is true; an exception of it counts as not yet."""
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = probe()
            if last:
                return last
        except (RuntimeError, OSError, psycopg2.Error) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout} s not yet: {what} (last: {str(last)[:500]})")
        time.sleep(every)


class Namespace:
    """One namespace that enforces Pod Security `restricted`, and a database of the same name in the shared PostgreSQL."""

    def __init__(self, name):
        self.name = name
        self.database = name.replace("-", "_")
        self.dsn = DSN.format(self.database)

    def create(self):
        self.delete(wait=True)
        self.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": self.name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
        with_database(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        with_database(f"CREATE DATABASE {self.database}")
        self.secret("warehouse", dsn=self.dsn)

    def delete(self, wait=False):
        run("kubectl", "delete", "namespace", self.name, "--ignore-not-found", f"--wait={str(wait).lower()}")

    def kubectl(self, *args, **options):
        return run("kubectl", "-n", self.name, *args, **options)

    def secret(self, name, **data):
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})

    def get(self, plural, name="", **query):
        return kube.get(self.name, plural, name, **query)

    def apply(self, *objects):
        self.kubectl("apply", "-f", "-", text="\n---\n".join(json.dumps(o) for o in objects))

    def apply_file(self, path):
        self.kubectl("apply", "-f", ROOT / path)

    def query(self, sql):
        with Connection(self.dsn) as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None

    def logs(self, pods, container=None):
        """What one container of each of these pods has written, the first one where none is named."""
        return "".join(kube.logs(self.name, pod["metadata"]["name"], container or pod["spec"]["containers"][0]["name"]) for pod in pods)

    def pods(self, selector):
        return self.get("pods", labelSelector=selector)["items"]

    def stage_pods(self, pipeline, stage):
        return self.pods(f"tidegate.io/pipeline={pipeline},tidegate.io/stage={stage}")

    def stage_replicas(self, pipeline, stage):
        """How many are asked for, of a processor or sink."""
        [workload] = self.get("statefulsets", labelSelector=f"tidegate.io/pipeline={pipeline},tidegate.io/stage={stage}")["items"]
        return workload["spec"]["replicas"]

    def describe(self):
        """What one wants to see when a test failed."""
        parts = [self.kubectl("get", "pods,pipelines.tidegate.io,kafkaclusters.tidegate.io", "-o", "wide", check=False).stdout]
        for pipeline in json.loads(self.kubectl("get", "pipelines.tidegate.io", "-o", "json", check=False).stdout or "{}").get("items", []):
            parts.append(cli("status", pipeline["metadata"]["name"], "-n", self.name, check=False).stdout)
        for pod in json.loads(self.kubectl("get", "pods", "-o", "json", check=False).stdout or "{}").get("items", []):
            if not all(s.get("ready") for s in pod["status"].get("containerStatuses", [])):
                parts.append(pod["metadata"]["name"] + ":\n" +
                             self.kubectl("logs", pod["metadata"]["name"], "--tail=25", check=False).stdout)
        parts.append(run("kubectl", "-n", "tidegate-system", "logs", "deployment/tidegate", "--tail=8", check=False).stdout)
        return "\n".join("     " + line for part in parts for line in part.splitlines())


class Connection:
    """A cursor in a transaction that commits by itself."""

    def __init__(self, dsn):
        self.dsn = dsn

    def __enter__(self):
        self.connection = psycopg2.connect(self.dsn, connect_timeout=5)
        self.connection.autocommit = True
        return self.connection.cursor()

    def __exit__(self, *_):
        self.connection.close()


def with_database(sql):
    def done():
        with Connection(DSN.format("postgres")) as cursor:
            cursor.execute(sql)
        return True

    until(f"PostgreSQL does {sql}", done, 30)  # on a busy machine the cluster's DNS may not answer at once


def cli(*args, check=True):
    return run(ROOT / "build/dev/cli/kubectl-tidegate", *args, check=check)


def user(space, name, role=None):
    """A kubeconfig of a service account of the namespace, bound to a role of the cluster there."""
    space.kubectl("create", "serviceaccount", name)
    if role:
        space.kubectl("create", "rolebinding", name, f"--clusterrole={role}", f"--serviceaccount={space.name}:{name}")
    config = json.loads(run("kubectl", "config", "view", "--raw", "--minify", "-o", "json"))
    config["users"] = [{"name": config["users"][0]["name"], "user": {"token": space.kubectl("create", "token", name).strip()}}]
    path = pathlib.Path(SCRATCH.name) / f"{space.name}-{name}"
    path.write_text(json.dumps(config))
    return str(path)


def shared_services():
    """The PostgreSQL and the Kafka of SHARED, left by an earlier run or made now."""
    shared = Namespace(SHARED)
    run("kubectl", "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SHARED}}))
    shared.apply({"apiVersion": "tidegate.io/v1alpha1", "kind": "KafkaCluster", "metadata": {"name": "shared"},
                  "spec": {"storage": {"size": "2Gi"}}})
    on_host("dev/demo/namespace", SHARED)  # adds PostgreSQL, and waits for it while Kafka starts
    shared.kubectl("wait", "--for=condition=Ready", "kafkaclusters.tidegate.io/shared", "--timeout=120s")


def processes(pod):
    """Ids of the processes in a pod's containers, the first one of each container first."""
    found = []
    for status in pod["status"]["containerStatuses"]:
        group = group_of(status["containerID"].split("//")[-1])
        found += sorted(int(pid) for pid in (group / "cgroup.procs").read_text().split())
    return found


def restarts(pod):
    return sum(s["restartCount"] for s in pod["status"]["containerStatuses"])


def kill_dead(namespace, pod_name):
    """kill -9 of everything in a pod; returns once the container was restarted."""
    pod = namespace.get("pods", pod_name)
    before = restarts(pod)
    for pid in processes(pod):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    until(f"{pod_name} is restarted", lambda: restarts(namespace.get("pods", pod_name)) > before, 60)
