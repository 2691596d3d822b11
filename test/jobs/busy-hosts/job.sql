-- Hosts that were busy within the last minute, every 20 seconds: a hopping window over a nested field, with HAVING and FILTER.
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE samples (
  host ROW<name STRING, rack INT>, `at` TIMESTAMP(3), load DOUBLE,
  WATERMARK FOR `at` AS `at` - INTERVAL '10' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TEMPORARY VIEW real_samples AS SELECT host.name AS host, `at`, load FROM samples WHERE load >= 10;
CREATE TABLE busy (host STRING, window_end TIMESTAMP(0), samples BIGINT, high BIGINT, mean DOUBLE)
WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO busy
SELECT host, CAST(window_end AS TIMESTAMP(0)), COUNT(*), COUNT(*) FILTER (WHERE load >= 90), AVG(load)
FROM TABLE(HOP(TABLE real_samples, DESCRIPTOR(`at`), INTERVAL '20' SECOND, INTERVAL '1' MINUTE))
GROUP BY host, window_start, window_end
HAVING MAX(load) >= 90 AND COUNT(*) >= 5;
