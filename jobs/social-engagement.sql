-- What is trending: engagement of the last minutes by post, and the posts that lead each time.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE actions (
  event_id   STRING,
  event_time TIMESTAMP(3),
  action     STRING,  -- view, like, comment, share
  user_id    STRING,
  post_id    STRING,
  author_id  STRING,
  topic      STRING,
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
CREATE DATABASE IF NOT EXISTS lake.social;
CREATE TABLE IF NOT EXISTS lake.social.trending (
  window_start TIMESTAMP(3),
  window_end   TIMESTAMP(3),
  place        BIGINT,
  post_id      STRING,
  author_id    STRING,
  topic        STRING,
  score        BIGINT,
  people       BIGINT,
  likes        BIGINT,
  comments     BIGINT,
  shares       BIGINT
);

-- A comment says more than a like, a share more than both. Who does it again and again counts in the score, but is one of the people.
CREATE TEMPORARY VIEW engagement AS
SELECT
  window_start, window_end, post_id,
  MAX(author_id) AS author_id,
  MAX(topic) AS topic,
  SUM(CASE action WHEN 'like' THEN 1 WHEN 'comment' THEN 2 WHEN 'share' THEN 3 ELSE 0 END) AS score,
  COUNT(DISTINCT user_id) AS people,
  COUNT(*) FILTER (WHERE action = 'like') AS likes,
  COUNT(*) FILTER (WHERE action = 'comment') AS comments,
  COUNT(*) FILTER (WHERE action = 'share') AS shares
FROM TABLE(HOP(TABLE actions, DESCRIPTOR(event_time), ${slide}, ${window}))
WHERE action IN ('like', 'comment', 'share')
GROUP BY window_start, window_end, post_id;

INSERT INTO lake.social.trending
SELECT window_start, window_end, place, post_id, author_id, topic, score, people, likes, comments, shares
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY score DESC, people DESC, post_id) AS place
  FROM engagement
  WHERE people >= ${min_people}
)
WHERE place <= ${top};
