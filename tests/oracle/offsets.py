"""Committed offsets with their metadata, by Kafka's own protocol (OffsetFetch, version 5): the Python client hands out metadata
with whatever lies behind it in memory."""
import socket
import struct
import time

OFFSET_FETCH, VERSION = 9, 5
LATER = (14, 15, 16)  # the coordinator is loading, is not there, is not the one: for a moment, on a busy machine


def string(text):
    return struct.pack(">h", len(text.encode())) + text.encode()


class Answer:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, kind):
        found, = struct.unpack_from(">" + kind, self.data, self.at)
        self.at += struct.calcsize(">" + kind)
        return found

    def string(self):
        length = self.number("h")
        self.at += max(length, 0)
        return self.data[self.at - length:self.at].decode() if length > 0 else ""


def received(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError("Kafka closed the connection")
        data += part
    return data


class Later(Exception):
    """Kafka cannot tell now."""


def judge(error, group):
    if error in LATER:
        raise Later
    if error:
        raise RuntimeError(f"Kafka does not tell the offsets of {group}: error {error}")


def committed(address, group, topic, partitions, patience):
    """{partition: metadata} of those that have a committed offset. `address` is the only broker's."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            return fetch(address, group, topic, partitions, patience)
        except Later:
            time.sleep(0.2)
    raise RuntimeError(f"Kafka does not tell the offsets of {group} within {patience} s")


def fetch(address, group, topic, partitions, patience):
    body = string(group) + struct.pack(">i", 1) + string(topic) + struct.pack(f">i{partitions}i", partitions, *range(partitions))
    request = struct.pack(">hhi", OFFSET_FETCH, VERSION, 0) + string("oracle") + body
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), patience) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        length, = struct.unpack(">i", received(connection, 4))
        answer = Answer(received(connection, length))
    answer.number("i"), answer.number("i")  # which request, throttle time
    found = {}
    for _ in range(answer.number("i")):
        answer.string()
        for _ in range(answer.number("i")):
            partition, offset, _, metadata, error = answer.number("i"), answer.number("q"), answer.number("i"), answer.string(), answer.number("h")
            judge(error, group)
            if offset >= 0:
                found[partition] = metadata
    judge(answer.number("h"), group)
    return found
