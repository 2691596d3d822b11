-- Visits by site so far, every minute of five: a cumulating window into a partitioned Iceberg table.
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE visits (
  site STRING, visitor STRING, seconds INT, event_time TIMESTAMP(3),
  WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE CATALOG lake WITH (
  'type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog', 'uri' = 'jdbc:sqlite:lake.db', 'warehouse' = 'lake'
);
CREATE DATABASE IF NOT EXISTS lake.web;
CREATE TABLE IF NOT EXISTS lake.web.visits (site STRING, `until` STRING, visits BIGINT, seconds BIGINT) PARTITIONED BY (site);
INSERT INTO lake.web.visits
SELECT site, DATE_FORMAT(window_end, 'yyyy-MM-dd HH:mm:ss'), COUNT(*), SUM(CAST(seconds AS BIGINT))
FROM TABLE(CUMULATE(TABLE visits, DESCRIPTOR(event_time), INTERVAL '1' MINUTE, INTERVAL '5' MINUTES))
GROUP BY site, window_start, window_end;
