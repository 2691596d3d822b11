-- Readings of sensors that are far from what the same sensor said before: by z-score over the last minutes.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE readings (
  sensor_id  STRING,
  event_time TIMESTAMP(3),
  site       STRING,
  reading    DECIMAL(10, 2),
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
CREATE DATABASE IF NOT EXISTS lake.iot;
CREATE TABLE IF NOT EXISTS lake.iot.anomalies (
  sensor_id  STRING,
  site       STRING,
  event_time TIMESTAMP(3),
  reading    DOUBLE,
  expected   DOUBLE,  -- mean of the readings before it
  deviation  DOUBLE,  -- and their standard deviation
  z_score    DOUBLE,
  compared   BIGINT   -- with so many readings
);

-- Sums are of decimals, which are exact: a variance from sums of doubles would lose its digits.
CREATE TEMPORARY VIEW sums AS
SELECT
  sensor_id, site, event_time, reading,
  COUNT(*) OVER w AS n,
  SUM(reading) OVER w AS total,
  SUM(CAST(reading * reading AS DECIMAL(20, 4))) OVER w AS squares
FROM readings
WHERE reading IS NOT NULL
WINDOW w AS (PARTITION BY sensor_id ORDER BY event_time RANGE BETWEEN ${window} PRECEDING AND CURRENT ROW);

-- Without the reading itself, which would hide in the deviation that it makes.
CREATE TEMPORARY VIEW moments AS
SELECT
  sensor_id, site, event_time, CAST(reading AS DOUBLE) AS reading,
  n - 1 AS compared,
  CAST(total - reading AS DOUBLE) / (n - 1) AS mean,
  CAST(squares - reading * reading AS DOUBLE) / (n - 1) AS mean_square
FROM sums
WHERE n > ${min_readings};

CREATE TEMPORARY VIEW scored AS
SELECT *, SQRT(GREATEST(mean_square - mean * mean, ${min_deviation} * ${min_deviation})) AS deviation FROM moments;

INSERT INTO lake.iot.anomalies
SELECT sensor_id, site, event_time, reading, mean, deviation, (reading - mean) / deviation, compared
FROM scored
WHERE ABS(reading - mean) > ${threshold} * deviation;
