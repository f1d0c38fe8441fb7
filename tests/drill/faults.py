"""The faults: each class breaks a running Shop and mends it again.

`alerts`: one of these must come, with `stage`, within `deadline` seconds. `changes`: to the pipeline's spec.
`learns`: seconds of healthy records before, for what is learned.
"""
import json
import os
import pathlib
import signal
import threading
import time

from confluent_kafka import OFFSET_END, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

import cluster
import shop
from alertmanager import alerts
from cluster import processes, until


def stop_broker(shop_, *how):
    """Deletes the broker's pod; a quota keeps it from coming back."""
    shop_.space.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-new-pods"},
                       "spec": {"hard": {"pods": "0"}}})
    shop_.space.kubectl("delete", "pod", f"{shop.NAME}-kafka-brokers-0", *how)


def let_broker_back(shop_):
    shop_.space.kubectl("delete", "resourcequota", "no-new-pods")
    shop_.space.kubectl("annotate", f"statefulset/{shop.NAME}-kafka-brokers", "tests/look-again=now", "--overwrite")  # ends the backoff


class Fault:
    alerts = ()
    stage = "pick"
    deadline = 60
    learns = 20
    changes = {}
    own_database = False
    alone = False  # disturbs the whole cluster

    def prepare(self, shop_):
        pass

    def inject(self, shop_):
        raise NotImplementedError

    def repair(self, shop_):
        raise NotImplementedError


def bootstrap(shop_):
    return {"bootstrap.servers": f"{shop.NAME}-kafka.{shop_.space.name}:9092"}


def on_node(*command):
    """A command in the mount namespace of containerd and the kubelet."""
    state = pathlib.Path(os.environ.get("TIDEGATE_STATE", "/var/lib/tidegate-dev")) / os.environ["TIDEGATE_CLUSTER"]
    return cluster.on_host("nsenter", f"--mount={state}/mounts/namespace", *command)


def stage_pod(shop_, stage):
    return shop_.space.stage_pods(shop.NAME, stage)[0]


class CrashLoop(Fault):
    """a worker crashes again and again"""
    alerts = ("TidegateFailing", "TidegateStalled")

    def inject(self, shop_):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.kill, args=(shop_,), daemon=True)
        self.thread.start()

    def kill(self, shop_):
        while not self.over.wait(0.5):
            try:
                for pid in processes(stage_pod(shop_, "pick")):
                    os.kill(pid, signal.SIGKILL)
            except Exception:
                pass  # between two lives

    def repair(self, shop_):
        self.over.set()
        self.thread.join()
        shop_.space.kubectl("delete", "pod", stage_pod(shop_, "pick")["metadata"]["name"])  # ends the kubelet's backoff


class Frozen(Fault):
    """a worker hangs (SIGSTOP) while its pod says Running"""
    alerts = ("TidegateStalled",)

    def inject(self, shop_):
        self.pids = processes(stage_pod(shop_, "pick"))
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def repair(self, shop_):
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


class Renamed(Fault):
    """a field was renamed upstream: the SQL matches nothing"""
    alerts = ("TidegateSchemaDrift", "TidegateCollapsedOutput")
    learns = 75

    def inject(self, shop_):
        shop_.feed.make = lambda n: shop.good(n).replace(b'"amount"', b'"sum"')

    def repair(self, shop_):
        shop_.feed.make = shop.good


class Retyped(Fault):
    """a field changed its type upstream"""
    alerts = ("TidegateSchemaDrift", "TidegateDeadLetterSurge")
    learns = 75

    def inject(self, shop_):
        shop_.feed.make = lambda n: json.dumps({"id": n, "name": "x", "amount": "1.5 EUR"}).encode()

    def repair(self, shop_):
        shop_.feed.make = shop.good


class Poison(Fault):
    """one record in five is no JSON any more"""
    alerts = ("TidegateDeadLetterSurge",)
    learns = 75

    def inject(self, shop_):
        shop_.feed.make = lambda n: shop.good(n) if n % 5 else b'{"id": ' + str(n).encode()

    def repair(self, shop_):
        shop_.feed.make = shop.good


class Silent(Fault):
    """the source falls silent; expectEvery is 15 s"""
    alerts = ("TidegateSilentSource",)
    stage = None
    deadline = 75
    changes = {"topics": [{**shop.spec()["topics"][0], "expectEvery": "15s"}]}

    def inject(self, shop_):
        shop_.feed.paused = True

    def repair(self, shop_):
        shop_.feed.paused = False


class SinkRefuses(Fault):
    """the table refuses rows"""
    alerts = ("TidegateSinkRejecting",)
    stage = "table"
    learns = 75

    def inject(self, shop_):
        shop_.space.query("ALTER TABLE picked ADD CONSTRAINT small CHECK (amount < 1) NOT VALID")

    def repair(self, shop_):
        shop_.space.query("ALTER TABLE picked DROP CONSTRAINT small")


class SinkSlow(Fault):
    """the table takes rows slower than they come; the objective is 10 s"""
    alerts = ("TidegateSlow",)
    stage = "table"
    deadline = 150  # it takes until the oldest waiting record is older than the stage's share

    def inject(self, shop_):
        shop_.space.query("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                          "$$ BEGIN PERFORM pg_sleep(0.08); RETURN NEW; END $$")
        shop_.space.query("CREATE TRIGGER slow BEFORE INSERT ON picked FOR EACH ROW EXECUTE FUNCTION slow()")

    def repair(self, shop_):
        shop_.space.query("DROP FUNCTION slow CASCADE")


class DatabaseDown(Fault):
    """the database is gone"""
    alerts = ("TidegateWaiting",)
    stage = "table"
    own_database = True

    def inject(self, shop_):
        shop_.space.kubectl("scale", "statefulset/postgres", "--replicas=0")

    def repair(self, shop_):
        shop_.space.kubectl("scale", "statefulset/postgres", "--replicas=1")


class BrokerDown(Fault):
    """the broker is killed and cannot come back"""
    alerts = ("TidegateKafkaDegraded", "TidegateWaiting")
    stage = None

    def inject(self, shop_):
        stop_broker(shop_, "--grace-period=0", "--force")

    def repair(self, shop_):
        let_broker_back(shop_)


class DiskFull(Fault):
    """a broker's volume runs full"""
    alerts = ("TidegateDiskFilling",)
    stage = None

    def prepare(self, shop_):
        """Gives the broker a volume of a size that can be filled: a small file system over the provisioner's folder."""
        shop_.feed.paused = True
        claim = shop_.space.get("persistentvolumeclaims")["items"][0]["spec"]["volumeName"]
        volume = json.loads(cluster.run("kubectl", "get", "pv", claim, "-o", "json"))["spec"]
        self.path = (volume.get("hostPath") or volume["local"])["path"]
        stop_broker(shop_)
        on_node("sh", "-ec", f"small=$(mktemp -d); mount -t tmpfs -o size=400m tmpfs $small; cp -a {self.path}/. $small; "
                             f"chmod --reference={self.path} $small; chown --reference={self.path} $small; "
                             f"mount --bind $small {self.path}")
        let_broker_back(shop_)
        shop_.wait_ready(120)
        shop_.feed.paused = False
        until("what the change of volumes set off is over", lambda: not alerts(namespace=shop_.space.name), 180, every=1)

    def inject(self, shop_):
        on_node("sh", "-c", f"fallocate -l $(($(df --output=avail -B1 {self.path} | tail -1) * 97 / 100)) {self.path}/ballast")

    def repair(self, shop_):
        on_node("rm", "-f", f"{self.path}/ballast")


class TopicDeleted(Fault):
    """somebody deletes a topic"""
    alerts = ("TidegateTopicLost",)

    def inject(self, shop_):
        shop_.feed.paused = True
        admin = AdminClient(bootstrap(shop_))
        for done in admin.delete_topics(["orders"], operation_timeout=10).values():
            done.result()

    def repair(self, shop_):
        """The producers go on; the rest is what the runbook says."""
        shop_.feed.paused = False


class Expired(Fault):
    """retention deletes records that were not read yet"""
    alerts = ("TidegateDataLost",)

    def inject(self, shop_):
        pids = processes(stage_pod(shop_, "pick"))
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(5)  # records come that it does not read
        admin = AdminClient(bootstrap(shop_))
        for done in admin.delete_records([TopicPartition("orders", p, OFFSET_END) for p in range(shop_.feed.partitions)]).values():
            done.result()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    def repair(self, shop_):
        """What the runbook says."""


class OpenTransaction(Fault):
    """a producer leaves a transaction open"""
    alerts = ("TidegateHungTransaction",)

    def inject(self, shop_):
        self.producer = Producer({**bootstrap(shop_), "transactional.id": "billing", "transaction.timeout.ms": 600_000})
        self.producer.init_transactions(30)
        self.producer.begin_transaction()
        self.producer.produce("orders", value=shop.good(1), partition=0)
        self.producer.flush(10)

    def repair(self, shop_):
        """What the runbook says."""


class BadEdit(Fault):
    """an edit that cannot run"""
    alerts = ("TidegateRefused",)
    stage = None

    def inject(self, shop_):
        self.edit(shop_, "SELECT id, nme FROM orders")

    def repair(self, shop_):
        self.edit(shop_, shop.spec()["processors"][0]["sql"]["query"])

    def edit(self, shop_, query):
        patch = [{"op": "replace", "path": "/spec/processors/0/sql/query", "value": query}]
        shop_.space.kubectl("patch", "pipelines.tidegate.io", shop.NAME, "--type=json", "-p", json.dumps(patch))


class OperatorDead(Fault):
    """the operator is gone"""
    alerts = ("TidegateOperatorDown",)
    stage = None
    alone = True

    def inject(self, shop_):
        cluster.run("kubectl", "-n", "tidegate-system", "scale", "deployment/tidegate", "--replicas=0")

    def repair(self, shop_):
        cluster.run("kubectl", "-n", "tidegate-system", "scale", "deployment/tidegate", "--replicas=1")


ALL = {c.__name__: c for c in (CrashLoop, Frozen, Renamed, Retyped, Poison, Silent, SinkRefuses, SinkSlow, DatabaseDown, BrokerDown,
                               DiskFull, TopicDeleted, Expired, OpenTransaction, BadEdit, OperatorDead)}
