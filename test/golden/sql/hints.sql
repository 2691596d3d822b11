-- OPTIONS replaces options for one query
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

SELECT kind FROM events /*+ OPTIONS('scan.startup.mode'='latest-offset', 'topic'='other') */ AS e;

-- STATE_TTL: of joins each side, of GROUP BY and DISTINCT the only table; the left side of a second join, and a sub-query, have none
SELECT /*+ STATE_TTL('e' = '1 d', 'events' = '0 s') */ e.kind FROM events AS e LEFT JOIN events ON e.user_id = events.flags;
SELECT /*+ STATE_TTL('a' = '1 d', 'c' = '2 h') */ a.kind FROM events AS a JOIN events AS b ON a.user_id = b.user_id JOIN events AS c ON a.kind = c.kind;
SELECT /*+ STATE_TTL('events' = '1 h', 'events' = '2 h'), STATE_TTL('events' = '3 h') */ kind, COUNT(*) FROM events WHERE user_id IN (SELECT flags FROM events) GROUP BY kind;
SELECT /*+ STATE_TTL('default_catalog.default_database.events' = '90 s') */ DISTINCT kind FROM events;
