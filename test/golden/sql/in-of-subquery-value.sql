CREATE TABLE o (id INT, k STRING) WITH ('connector' = 'kafka');
CREATE TABLE p (n INT, k STRING) WITH ('connector' = 'kafka');
-- What IN asks for may have sub-queries of its own.
SELECT k FROM o WHERE (CASE WHEN id IN (SELECT n FROM p) THEN 1 ELSE 2 END) IN (SELECT n FROM p WHERE p.k = o.k);
