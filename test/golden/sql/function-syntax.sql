-- functions that name their arguments
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

SELECT EXTRACT(YEAR FROM moment), TRIM(BOTH 'x' FROM kind), TRIM(kind), SUBSTRING(kind FROM 2 FOR 3), POSITION('a' IN kind), OVERLAY(kind PLACING 'zz' FROM 2), FLOOR(moment TO HOUR), FLOOR(score), TIMESTAMPADD(DAY, 1, moment), TIMESTAMPDIFF(MINUTE, moment, moment), UPPER(kind), LEFT(kind, 2), YEAR(moment), COALESCE(kind, 'none') FROM events;
