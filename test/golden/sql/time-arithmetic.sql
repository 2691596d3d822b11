-- times and intervals
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

SELECT moment + INTERVAL '1' DAY, moment - INTERVAL '1-2' YEAR TO MONTH, day_of + INTERVAL '3' DAY, moment > TIMESTAMP '2020-01-01 00:00:00', day_of = DATE '2020-02-29', rowtime + INTERVAL '1 02:03:04.5' DAY TO SECOND FROM events;
