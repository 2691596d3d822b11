-- What each creator's content is worth: views, likes, watch time and reach, minute by minute.
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
CREATE DATABASE IF NOT EXISTS lake.creators;
CREATE TABLE IF NOT EXISTS lake.creators.minutes (
  creator_id      STRING,
  window_start    TIMESTAMP(3),
  window_end      TIMESTAMP(3),
  `views`           BIGINT,
  viewers         BIGINT,
  likes           BIGINT,
  comments        BIGINT,
  shares          BIGINT,
  watched_seconds DOUBLE,
  engagement      DOUBLE  -- likes, comments and shares a view; NULL without a view
);

-- A producer that tries again sends an event twice: the same identity at the same time, so both are in one window, and one is kept.
CREATE TEMPORARY VIEW once AS
SELECT * FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, event_id ORDER BY event_time) AS copy
  FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(event_time), ${window}))
  WHERE event_id IS NOT NULL AND creator_id IS NOT NULL
) WHERE copy = 1;

CREATE TEMPORARY VIEW counted AS
SELECT
  creator_id, window_start, window_end,
  COUNT(*) FILTER (WHERE event_type = 'view') AS `views`,
  COUNT(DISTINCT user_id) FILTER (WHERE event_type = 'view') AS viewers,
  COUNT(*) FILTER (WHERE event_type = 'like') AS likes,
  COUNT(*) FILTER (WHERE event_type = 'comment') AS comments,
  COUNT(*) FILTER (WHERE event_type = 'share') AS shares,
  SUM(COALESCE(watched_ms, 0)) AS watched_ms
FROM once
GROUP BY creator_id, window_start, window_end;

INSERT INTO lake.creators.minutes
SELECT
  creator_id, window_start, window_end, `views`, viewers, likes, comments, shares,
  watched_ms / 1000.0E0,
  (likes + comments + shares) / CAST(NULLIF(`views`, 0) AS DOUBLE)
FROM counted;
