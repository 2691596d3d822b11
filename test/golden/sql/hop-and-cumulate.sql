-- overlapping windows
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

SELECT window_start, MAX(score) AS m FROM TABLE(HOP(TABLE events, DESCRIPTOR(rowtime), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end UNION ALL SELECT window_start, MIN(score) FROM TABLE(CUMULATE(TABLE events, DESCRIPTOR(rowtime), INTERVAL '1' MINUTE, INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
