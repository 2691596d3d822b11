-- Which hosts were ever seen with a high or low load (SELECT DISTINCT, a set operation), and totals of windows by host, rack, both and neither (CUBE).
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE samples (
  host ROW<name STRING, rack INT>, `at` TIMESTAMP(3), load DOUBLE,
  WATERMARK FOR `at` AS `at` - INTERVAL '10' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE seen (host STRING, high BOOLEAN) WITH ('connector' = 'filesystem', 'path' = 'out-seen', 'format' = 'json');
CREATE TABLE totals (
  window_start TIMESTAMP(0), host STRING, rack INT, level BIGINT, samples BIGINT, loads BIGINT, spread DOUBLE, median DOUBLE
) WITH ('connector' = 'filesystem', 'path' = 'out-totals', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
INSERT INTO seen
SELECT DISTINCT host.name, load >= 90 FROM samples UNION SELECT CAST(NULL AS STRING), load >= 50 FROM samples;
INSERT INTO totals
SELECT CAST(window_start AS TIMESTAMP(0)), host, rack, GROUPING_ID(host, rack), COUNT(*), COUNT(DISTINCT load), ROUND(STDDEV_POP(load), 6),
  PERCENTILE(load, 0.5)
FROM TABLE(TUMBLE(DATA => (SELECT host.name AS host, host.rack AS rack, load, `at` FROM samples), TIMECOL => DESCRIPTOR(`at`), SIZE => INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, CUBE (host, rack);
END;
