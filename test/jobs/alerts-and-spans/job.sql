-- One source, two tables: hot readings as they come, and the hottest of every two minutes.
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE readings (
  sensor INT, event_time TIMESTAMP(3), celsius INT, WATERMARK FOR event_time AS event_time - INTERVAL '3' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE alerts (sensor INT, event_time TIMESTAMP(3), celsius INT)
WITH ('connector' = 'filesystem', 'path' = 'out-alerts', 'format' = 'json');
CREATE TABLE spans (sensor INT, span STRING, hottest INT, readings BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'out-spans', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO alerts SELECT sensor, event_time, celsius FROM readings WHERE celsius >= 95;
INSERT INTO spans
SELECT sensor, DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss') || ' to ' || DATE_FORMAT(window_end, 'yyyy-MM-dd HH:mm:ss'),
  MAX(celsius), COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '2' MINUTE))
GROUP BY sensor, window_start, window_end;
END;
