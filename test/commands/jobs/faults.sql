CREATE TABLE t (n INT) WITH ('connector' = 'printt');
SET 'paralelism.default' = '2';
INSERT INTO t SELECT m FROM (VALUES (1)) AS v (n);
INSERT INTO t SELECT n FROM (VALUES (1)) AS v (n);
