CREATE TABLE o (id INT, k STRING) WITH ('connector' = 'kafka');
CREATE TABLE p (n INT, k STRING, seen INT) WITH ('connector' = 'kafka');
-- The rows of each key, joined by it; LIMIT is of each key, too.
SELECT o.id, x.n FROM o, LATERAL (SELECT n FROM p WHERE p.k = o.k AND n > 1) AS x;
SELECT * FROM o LEFT JOIN LATERAL (SELECT n AS m FROM p WHERE o.k = k ORDER BY seen DESC LIMIT 2) AS x ON x.m > o.id;
SELECT o.id, x.m FROM o CROSS JOIN LATERAL (SELECT n FROM p WHERE p.k = o.k LIMIT 2 OFFSET 1) AS x (m);
SELECT o.id, x.c FROM o, LATERAL (SELECT seen, COUNT(*) AS c FROM p WHERE p.k = o.k GROUP BY seen ORDER BY 2 DESC LIMIT 1) AS x;
SELECT o.id, x.n FROM o, LATERAL (SELECT n FROM p ORDER BY n LIMIT 3) AS x;
