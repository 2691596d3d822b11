-- Content events: cleaned and without duplicates into one table, counted by kind and country into another.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE events (
  event_id   STRING,
  event_time TIMESTAMP(3),
  event_type STRING,
  user_id    STRING,
  content_id STRING,
  creator_id STRING,
  country    STRING,
  device     STRING,
  watched_ms BIGINT,
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
CREATE DATABASE IF NOT EXISTS lake.content;
CREATE TABLE IF NOT EXISTS lake.content.events (
  event_id   STRING,
  event_time TIMESTAMP(3),
  event_type STRING,
  user_id    STRING,
  content_id STRING,
  creator_id STRING,
  country    STRING,
  device     STRING,
  watched_ms BIGINT
);
CREATE TABLE IF NOT EXISTS lake.content.counts (
  event_type   STRING,
  country      STRING,
  window_start TIMESTAMP(3),
  window_end   TIMESTAMP(3),
  events       BIGINT,
  users        BIGINT
);

-- Names as everyone writes them; what has no user or content is no event.
CREATE TEMPORARY VIEW cleaned AS
SELECT
  event_id, event_time, LOWER(TRIM(event_type)) AS event_type, user_id, content_id, creator_id,
  UPPER(COALESCE(country, '??')) AS country, COALESCE(device, 'unknown') AS device, GREATEST(COALESCE(watched_ms, 0), 0) AS watched_ms
FROM events
WHERE event_id IS NOT NULL AND event_type IS NOT NULL AND user_id IS NOT NULL AND content_id IS NOT NULL;

-- A producer that tries again sends an event twice: the same identity at the same time, so both are in one window, and one is kept.
CREATE TEMPORARY VIEW once AS
SELECT * FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, event_id ORDER BY event_time) AS copy
  FROM TABLE(TUMBLE(TABLE cleaned, DESCRIPTOR(event_time), ${window}))
) WHERE copy = 1;

EXECUTE STATEMENT SET
BEGIN
  INSERT INTO lake.content.events
  SELECT event_id, event_time, event_type, user_id, content_id, creator_id, country, device, watched_ms FROM once;

  INSERT INTO lake.content.counts
  SELECT event_type, country, window_start, window_end, COUNT(*), COUNT(DISTINCT user_id)
  FROM once
  GROUP BY event_type, country, window_start, window_end;
END;
