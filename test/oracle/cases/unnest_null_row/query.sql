SET 'execution.runtime-mode'='streaming';
SET 'parallelism.default'='1';
SET 'pipeline.auto-watermark-interval'='0 ms';
SET 'table.local-time-zone'='UTC';
CREATE TABLE src (id INT, r ROW<x INT, y STRING>) WITH ('connector'='filesystem','path'='file://${DIR}/input.jsonl','format'='json');
SELECT id, p, q FROM src LEFT JOIN UNNEST(ARRAY[r, CAST(ROW(id, 'own') AS ROW<x INT, y STRING>), r]) AS e (p, q) ON TRUE;
