-- WITH, one query on another
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

WITH a AS (SELECT kind, flags FROM events), b (k, f) AS (SELECT kind, flags + 1 FROM a WHERE flags > 0) SELECT k FROM b UNION ALL SELECT kind FROM a;
