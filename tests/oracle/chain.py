"""The stages of a case on Kafka: topics, settings as the operator makes them (docs/architecture.md, "Stage settings"), how far they are."""
import dataclasses
import re

LAST_PARTITIONS = 2
TABLES_MEMORY = 64 << 20


@dataclasses.dataclass
class Link:
    """One stage with what it reads and writes."""
    settings: dict
    topic: str  # read
    partitions: int
    output: str
    output_partitions: int
    dead_letters: str


class Chain:
    def __init__(self, kafka, case, partitions, delivery, columns):
        """`columns`: by stage.to, the (name, type) of what a stage writes."""
        self.kafka, self.case = kafka, case
        self.input, self.partitions = kafka.name("input"), partitions
        self.tables = {table.name: kafka.name(table.name) for table in case.tables}  # the topics
        self.links = []
        topic, width, fields, out_of_order = self.input, partitions, case.fields, case.out_of_order
        for number, (stage, (name, key, time)) in enumerate(zip(case.stages, case.sources())):
            last = stage is case.stages[-1]
            output_width = LAST_PARTITIONS if last else partitions + 1
            link = Link({}, topic, width, kafka.name("rows"), output_width, kafka.name("dead-letters"))
            link.settings = {
                "namespace": "test", "pipeline": "oracle", "stage": f"stage-{number}", "kind": "processor", "metricsPort": 0,
                "kafka": {"bootstrapServers": kafka.address}, "group": kafka.name("group"), "start": "earliest",
                "input": {"topic": topic, "fields": fields}, "output": {"topic": link.output}, "deadLetters": {"topic": link.dead_letters},
                "sql": {"query": stage.query, "topic": name}, "delivery": delivery if last else "exactly-once"}
            if case.form and number == 0:
                link.settings["input"]["format"] = case.form
            if case.tables:
                link.settings |= {"tables": [{"topic": self.tables[t.name], "key": t.key, "fields": t.fields} for t in case.tables],
                                  "tablesMemory": TABLES_MEMORY}
                for called, table in self.tables.items():
                    link.settings["sql"]["query"] = re.sub(rf"\bJOIN {called}\b", f'JOIN "{table}"', link.settings["sql"]["query"])
            if stage.key:
                link.settings["output"]["key"] = stage.key
            if case.windowed:
                link.settings["eventTime"] = {"field": time, "maxOutOfOrder": int(out_of_order * 1000), "maxAhead": 3_600_000}
            if case.windowed and number > 0:
                link.settings["eventTime"]["written"] = True
                link.settings["writers"] = [{"group": self.links[-1].settings["group"], "topic": self.links[-1].topic}]
            if stage.window:
                link.settings["window"] = stage.window
                link.settings["input"]["key"] = key
            self.links.append(link)
            topic, width, out_of_order = link.output, output_width, 0
            fields = [{"name": column, "type": kind} for column, kind in columns[stage.to]]

    def topics(self):
        tables = {self.tables[table.name]: table.partitions for table in self.case.tables}
        return tables | {self.input: self.partitions} | {l.output: l.output_partitions for l in self.links} | {l.dead_letters: 1 for l in self.links}

    def reports(self):
        """What every stage committed last for each partition, as text."""
        return "".join(f"\n  {link.settings['stage']}, partition {partition}: {report}" for link in self.links for partition, report in
                       enumerate(self.kafka.committed(link.settings["group"], link.topic, link.partitions)))

    def position(self, link):
        return sum(one.get("pos", 0) for one in self.kafka.committed(link.settings["group"], link.topic, link.partitions))

    def behind(self, closed):
        """What is still to be done, as text; empty when every record was taken and every window that ends before `closed` (in
        microseconds) is out."""
        for link in self.links:
            ends = [0] * link.partitions
            for partition, offset, _ in self.kafka.read(link.topic, link.partitions):
                ends[partition] = offset + 1
            reports = self.kafka.committed(link.settings["group"], link.topic, link.partitions)
            for partition, (end, report) in enumerate(zip(ends, reports)):
                where = f"{link.settings['stage']}, partition {partition}"
                if report.get("pos", 0) < end:
                    return f"{where}: at {report.get('pos', 0)} of {end} {report.get('problem', '')}"
                if end and "window" in link.settings and report.get("wm", 0) < closed:
                    return f"{where}: its watermark is {report.get('wm')} {report.get('problem', '')}"
            if not self.kafka.stable(link.output, link.output_partitions):
                return f"{link.settings['stage']}: a transaction is open"
        return ""
