-- The windowed job of bench/throughput as Flink SQL. $BOOTSTRAP, $INPUT and $OUTPUT are put in by the benchmark.
SET 'table.dml-sync' = 'true';
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE events (`user` STRING, amount DOUBLE, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (
  'connector' = 'kafka', 'topic' = '$INPUT', 'properties.bootstrap.servers' = '$BOOTSTRAP', 'properties.group.id' = 'flink',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'properties.max.poll.records' = '10000', 'properties.fetch.min.bytes' = '100000', 'properties.fetch.max.wait.ms' = '20',
  'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');
CREATE TABLE output (`user` STRING, window_start STRING, n BIGINT, cents BIGINT) WITH (
  'connector' = 'kafka', 'topic' = '$OUTPUT', 'properties.bootstrap.servers' = '$BOOTSTRAP',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.compression.type' = 'lz4', 'properties.linger.ms' = '20', 'properties.batch.size' = '500000',
  'properties.buffer.memory' = '67108864', 'properties.max.request.size' = '1000000',
  'format' = 'json');
INSERT INTO output
SELECT `user`, DATE_FORMAT(window_start, 'yyyy-MM-dd''T''HH:mm:ss''Z'''), COUNT(*), SUM(CAST(ROUND(amount * 100) AS BIGINT))
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, `user`;
