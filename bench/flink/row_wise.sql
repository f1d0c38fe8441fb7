-- The row-wise job of bench/throughput as Flink SQL. $BOOTSTRAP, $INPUT and $OUTPUT are put in by the benchmark.
SET 'table.dml-sync' = 'true';
CREATE TABLE events (`user` STRING, type STRING, amount DOUBLE, country STRING, ts TIMESTAMP_LTZ(3)) WITH (
  'connector' = 'kafka', 'topic' = '$INPUT', 'properties.bootstrap.servers' = '$BOOTSTRAP', 'properties.group.id' = 'flink',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'properties.max.poll.records' = '10000', 'properties.fetch.min.bytes' = '100000', 'properties.fetch.max.wait.ms' = '20',
  'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE output WITH (
  'connector' = 'kafka', 'topic' = '$OUTPUT', 'properties.bootstrap.servers' = '$BOOTSTRAP',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.compression.type' = 'lz4', 'properties.linger.ms' = '20', 'properties.batch.size' = '500000',
  'properties.buffer.memory' = '67108864', 'properties.max.request.size' = '1000000',
  'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601') LIKE events (EXCLUDING OPTIONS);
INSERT INTO output SELECT `user`, type, amount, country, ts FROM events WHERE amount < 65.35;
