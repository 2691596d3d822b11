CREATE TABLE clicks (page STRING, n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='kafka','topic'='c','properties.bootstrap.servers'='x:1','scan.startup.mode'='earliest-offset','format'='json');
CREATE TABLE out1 (page STRING, s BIGINT) WITH ('connector'='print');
INSERT INTO out1 SELECT page, SUM(n) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY page, window_start, window_end;
SELECT page, CURRENT_TIMESTAMP AS now FROM clicks;
