SET 'execution.runtime-mode'='streaming';
SET 'parallelism.default'='1';
SET 'pipeline.auto-watermark-interval'='0 ms';
SET 'table.local-time-zone'='Asia/Kolkata';
CREATE TABLE src (id INT, ts BIGINT, et AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR et AS et) WITH ('connector'='filesystem','path'='file://${DIR}/input.jsonl','format'='json');
SELECT aid, mr, CAST(mz AS STRING) AS mz FROM src MATCH_RECOGNIZE (ORDER BY et MEASURES A.id AS aid, MATCH_ROWTIME() AS mr, MATCH_ROWTIME(et) AS mz ONE ROW PER MATCH PATTERN (A B) DEFINE A AS A.id > 0) AS m;
