-- A fleet of GPUs that report once a second; a few behave oddly for some minutes.
SET 'table.local-time-zone' = 'UTC';

CREATE TABLE readings (
  device_id   STRING,
  event_time  TIMESTAMP(3),
  temperature DOUBLE,
  utilization DOUBLE,
  `power`     DOUBLE,
  fan_speed   INT,
  anomaly     STRING,  -- the truth: what the simulator did to the device
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH (
  'connector' = 'simulator',
  'scenario' = 'gpu-fleet',
  'devices' = '${devices}',
  'period' = '1 s',
  'duration' = '${duration}',
  'seed' = '${seed}',
  'rate' = 'unlimited',
  'disorder.rate' = '0.05',
  'anomalies.kinds' = 'spike;drift;stuck',
  'anomalies.rate' = '0.001',
  'anomalies.length' = '240'
);

CREATE CATALOG lake WITH (
  'type' = 'iceberg',
  'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
  'uri' = 'jdbc:sqlite:${lake}/catalog.db',
  'warehouse' = '${lake}'
);
CREATE DATABASE IF NOT EXISTS lake.gpu;
CREATE TABLE IF NOT EXISTS lake.gpu.device_minutes (
  device_id       STRING,
  window_start    TIMESTAMP(3),
  window_end      TIMESTAMP(3),
  readings        BIGINT,
  avg_temperature DOUBLE,
  min_temperature DOUBLE,
  max_temperature DOUBLE,
  avg_utilization DOUBLE,
  avg_power       DOUBLE,
  min_power       DOUBLE,
  max_power       DOUBLE,
  avg_fan_speed   DOUBLE,
  truth           STRING
);

INSERT INTO lake.gpu.device_minutes
SELECT
  device_id, window_start, window_end,
  COUNT(*),
  AVG(temperature), MIN(temperature), MAX(temperature),
  AVG(utilization),
  AVG(`power`), MIN(`power`), MAX(`power`),
  AVG(CAST(fan_speed AS DOUBLE)),
  MAX(anomaly)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY device_id, window_start, window_end;
