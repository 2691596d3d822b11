-- columns take the sink's types; those that are left out are NULL
CREATE TABLE events (
  user_id BIGINT NOT NULL, kind STRING, amount DECIMAL(10, 2), score DOUBLE, flags INT,
  payload ROW<id STRING NOT NULL, geo ROW<lat DOUBLE, lon DOUBLE>, tags ARRAY<STRING>>,
  ts BIGINT, day_of DATE, moment TIMESTAMP(3),
  rowtime AS TO_TIMESTAMP_LTZ(ts, 3),
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  `partition` BIGINT METADATA VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');

CREATE TABLE target (name STRING, total DOUBLE, n BIGINT, note STRING, late AS total > 5) WITH ('connector' = 'blackhole'); INSERT INTO target (n, total, name) SELECT flags, amount, kind FROM events; INSERT INTO target VALUES ('a', 1, 2, NULL), ('b', 2.5, 3000000000, 'x');
