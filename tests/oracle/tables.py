"""Lookup tables of a case: compacted topics that are filled before its first record."""
import dataclasses
import typing

from broker import partition_of
from messages import canonical, message


@dataclasses.dataclass
class Table:
    name: str
    fields: list
    key: list
    partitions: int
    by: list  # the fields of records, for each field of the key, that find a row; once for each join
    value: typing.Callable  # (random, field): what a row has there

    def filled(self, random, records):
        """(what is written, in order: (partition, key, value or None for a tombstone, timestamp, headers); the rows at the end). Some keys have
        no row, some a former one, some lose theirs."""
        keys = sorted({found for by in self.by for r in records if None not in (found := tuple(r.get(name) for name in by))})
        written, rows = [], []
        for found in keys:
            if random.randrange(5) == 0:
                continue
            for _ in range(random.choice((1, 1, 1, 2))):
                row = {f["name"]: self.value(random, f) for f in self.fields} | dict(zip(self.key, found))
                name = canonical(row, self.key)
                written.append((partition_of(name, self.partitions), name, *message(row, self.fields)[1:]))
            if random.randrange(10):
                rows.append(row)
            else:
                written.append((partition_of(name, self.partitions), name, None, 0, []))
        return written, rows
