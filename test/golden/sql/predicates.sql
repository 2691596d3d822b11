-- the many ways to say a condition
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

SELECT kind FROM events WHERE flags BETWEEN 1 AND 3 AND kind NOT IN ('a', 'b') AND (score > 1) IS NOT TRUE AND kind IS DISTINCT FROM 'c' AND NOT (flags = 1 OR flags = 2 AND score < 0);
