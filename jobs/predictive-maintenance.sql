-- Machines that wear out: the trend of vibration over the last windows, and when it will reach its limit.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE telemetry (
  machine_id  STRING,
  event_time  TIMESTAMP(3),
  line        STRING,
  vibration   DECIMAL(8, 3),  -- mm/s
  temperature DECIMAL(8, 2),  -- °C
  rpm         BIGINT,
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
CREATE DATABASE IF NOT EXISTS lake.maintenance;
CREATE TABLE IF NOT EXISTS lake.maintenance.machine_windows (
  machine_id      STRING,
  line            STRING,
  window_start    TIMESTAMP(3),
  window_end      TIMESTAMP(3),
  readings        BIGINT,
  avg_vibration   DOUBLE,
  max_vibration   DOUBLE,
  avg_temperature DOUBLE,
  avg_rpm         DOUBLE
);
CREATE TABLE IF NOT EXISTS lake.maintenance.alerts (
  machine_id       STRING,
  line             STRING,
  window_end       TIMESTAMP(3),
  vibration        DOUBLE,  -- mean of the newest window
  slope            DOUBLE,  -- mm/s an hour, by least squares over the trend
  windows          BIGINT,  -- that the trend is made of
  hours_to_limit   DOUBLE   -- 0: it is there
);

CREATE TEMPORARY VIEW measured AS
SELECT
  machine_id, MAX(line) AS line, window_start, window_end, window_time,
  COUNT(*) AS readings,
  CAST(AVG(vibration) AS DECIMAL(8, 3)) AS vibration,
  MAX(vibration) AS max_vibration,
  AVG(temperature) AS temperature,
  AVG(CAST(rpm AS DOUBLE)) AS rpm
FROM TABLE(TUMBLE(TABLE telemetry, DESCRIPTOR(event_time), ${window}))
WHERE rpm > 0 AND vibration IS NOT NULL
GROUP BY machine_id, window_start, window_end, window_time;

-- x is the time in seconds, y the vibration. Sums are of decimals, which are exact: so is what is left when they are subtracted.
CREATE TEMPORARY VIEW sums AS
SELECT
  machine_id, line, window_end, y,
  COUNT(*) OVER w AS n,
  SUM(x) OVER w AS sx,
  SUM(y) OVER w AS sy,
  SUM(x * x) OVER w AS sxx,
  SUM(x * y) OVER w AS sxy
FROM (
  SELECT
    machine_id, line, window_end, window_time, vibration AS y,
    CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '2020-01-01 00:00:00', window_start) AS DECIMAL(10, 0)) AS x
  FROM measured
  WHERE readings >= ${min_readings}
)
WINDOW w AS (PARTITION BY machine_id ORDER BY window_time RANGE BETWEEN ${trend} PRECEDING AND CURRENT ROW);

CREATE TEMPORARY VIEW trends AS
SELECT
  machine_id, line, window_end, CAST(y AS DOUBLE) AS vibration, n,
  3600 * CAST(n * sxy - sx * sy AS DOUBLE) / CAST(n * sxx - sx * sx AS DOUBLE) AS slope
FROM sums
WHERE n >= ${min_windows};

EXECUTE STATEMENT SET
BEGIN
  INSERT INTO lake.maintenance.machine_windows
  SELECT
    machine_id, line, window_start, window_end, readings,
    CAST(vibration AS DOUBLE), CAST(max_vibration AS DOUBLE), CAST(temperature AS DOUBLE), rpm
  FROM measured;

  INSERT INTO lake.maintenance.alerts
  SELECT machine_id, line, window_end, vibration, slope, n, GREATEST(${limit} - vibration, 0) / slope
  FROM trends
  WHERE slope > ${min_slope} AND ${limit} - vibration < slope * ${horizon_hours};
END;
