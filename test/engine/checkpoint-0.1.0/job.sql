CREATE TABLE readings (device STRING, region STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'in', 'source.monitor-interval' = '50 ms', 'format' = 'json');
CREATE TABLE sums (device STRING, window_start TIMESTAMP(3), n BIGINT, total INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
CREATE TABLE kept (device STRING, n INT) WITH ('connector' = 'filesystem', 'path' = 'kept', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO sums SELECT device, window_start, COUNT(*), SUM(n)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE n > 0 GROUP BY device, window_start, window_end;
INSERT INTO kept SELECT device, n FROM readings WHERE n > 10;
END;
