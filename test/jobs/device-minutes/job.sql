-- Readings out of order by up to two seconds, by device and minute.
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE readings (
  device STRING, event_time TIMESTAMP(3), watts BIGINT,
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE minutes (
  device STRING, window_start TIMESTAMP(0), readings BIGINT, total BIGINT, least BIGINT, most BIGINT
) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO minutes
SELECT device, CAST(window_start AS TIMESTAMP(0)), COUNT(*), SUM(watts), MIN(watts), MAX(watts)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY device, window_start, window_end;
