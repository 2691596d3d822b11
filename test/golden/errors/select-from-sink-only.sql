CREATE TABLE totals (page STRING, n BIGINT) WITH ('connector' = 'print');
SELECT * FROM totals;
