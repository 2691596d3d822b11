-- Aggregations without windows: keys and aggregates, grouping sets, DISTINCT, set operations.
CREATE TABLE t (k STRING, m STRING NOT NULL, v INT, d DOUBLE, `note` STRING) WITH ('connector' = 'datagen');
SELECT COUNT(*) FROM t;
SELECT k, COUNT(*) AS n, SUM(v) FILTER (WHERE d > 0), COUNT(DISTINCT m) FROM t WHERE v > 1 GROUP BY k HAVING COUNT(*) > 1;
SELECT k, m, SUM(v), GROUPING(m), GROUPING_ID(k, m), GROUP_ID() FROM t GROUP BY GROUPING SETS ((k, m), (k), (k), ());
SELECT UPPER(k), m, COUNT(*) FROM t GROUP BY ROLLUP (UPPER(k), m), v;
SELECT k FROM (SELECT k, m, MAX(v) FROM t GROUP BY CUBE (k, m));
SELECT DISTINCT k, v + 1 AS w FROM t;
SELECT k FROM t UNION SELECT m FROM t;
SELECT k, v FROM t INTERSECT SELECT k, v FROM t WHERE d > 0;
SELECT k FROM t EXCEPT SELECT m FROM t;
SELECT k FROM t EXCEPT ALL SELECT m FROM t;
SELECT MAX(n) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k);
