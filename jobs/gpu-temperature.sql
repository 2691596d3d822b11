-- Readings of a GPU fleet: count, average and highest temperature per device and window.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE readings (
  device_id   STRING,
  event_time  TIMESTAMP(3),
  temperature DOUBLE,
  WATERMARK FOR event_time AS event_time - ${disorder}
) WITH (
  'connector' = 'kafka',
  'topic' = '${topic}',
  'properties.bootstrap.servers' = '${bootstrap_servers}',
  'properties.group.id' = '${group}',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = '${bounded}',
  'format' = 'json'
);

CREATE CATALOG lake WITH (
  'type' = 'iceberg',
  'catalog-type' = 'rest',
  'uri' = '${catalog_uri}'
);
CREATE DATABASE IF NOT EXISTS lake.gpu;
CREATE TABLE IF NOT EXISTS lake.gpu.temperature (
  device_id       STRING,
  window_start    TIMESTAMP(3),
  window_end      TIMESTAMP(3),
  readings        BIGINT,
  avg_temperature DOUBLE,
  max_temperature DOUBLE
);

INSERT INTO lake.gpu.temperature
SELECT device_id, window_start, window_end, COUNT(*), AVG(temperature), MAX(temperature)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), ${window}))
GROUP BY device_id, window_start, window_end;
