SET 'parallelism.default' = '3';
SET 'state.backend.type' = 'rocksdb';
CREATE TABLE sunk (n INT) WITH ('connector' = 'blackhole');
INSERT INTO sunk SELECT * FROM (VALUES (1), (2)) AS t (n);
