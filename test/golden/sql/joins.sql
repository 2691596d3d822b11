CREATE TABLE o (id INT, k STRING, amount DECIMAL(10, 2), items ARRAY<ROW<sku STRING, n INT>>, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka');
CREATE TABLE p (oid BIGINT, k STRING, paid DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka');
CREATE TABLE v (k STRING, rate DOUBLE, u TIMESTAMP(3), unused STRING, PRIMARY KEY (k) NOT ENFORCED, WATERMARK FOR u AS u) WITH ('connector' = 'kafka');
-- Keys of one type; conditions of one side below the join; only the columns that are needed.
SELECT o.id, p.paid FROM o, p WHERE o.id = p.oid AND o.amount > 5 AND p.paid < 100 AND o.amount < p.paid;
-- What the condition of an outer join says of the side that stays is no filter; WHERE on the other side makes it an inner one.
SELECT o.id, p.paid FROM o LEFT JOIN p ON o.k = p.k AND o.amount > 5 AND p.paid > 1;
SELECT o.id, p.paid FROM o LEFT JOIN p ON o.k = p.k WHERE p.paid > 1 AND o.id < 7;
SELECT o.id, p.paid FROM o FULL JOIN p ON o.k IS NOT DISTINCT FROM p.k WHERE o.id < 7;
SELECT * FROM (SELECT id, k FROM o) JOIN (SELECT k, paid FROM p) USING (k);
-- Bounds of times make an interval join, of a comma as well.
SELECT o.id, p.paid FROM o, p WHERE o.id = p.oid AND o.ts >= p.ts - INTERVAL '1' MINUTE AND o.ts < p.ts + INTERVAL '10' SECOND;
SELECT o.id, p.paid FROM o LEFT JOIN p ON o.k = p.k AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '1' HOUR AND p.paid > o.amount;
-- Bounded on one side only: a regular join.
SELECT o.id FROM o JOIN p ON o.k = p.k AND o.ts > p.ts;
-- Sub-queries.
SELECT id FROM o WHERE k IN (SELECT k FROM p WHERE paid > 3) AND amount > 1;
SELECT id FROM o WHERE k NOT IN (SELECT k FROM p);
SELECT id FROM o WHERE NOT EXISTS (SELECT * FROM p WHERE p.k = o.k AND p.paid > o.amount AND p.ts > TIMESTAMP '2020-01-01 00:00:00');
SELECT id, (SELECT MAX(paid) FROM p) AS most FROM o WHERE amount > (SELECT AVG(paid) FROM p);
SELECT id FROM o WHERE amount > (SELECT AVG(paid) FROM p WHERE p.k = o.k AND p.paid > 0);
-- Versions, lookups, collections.
SELECT o.id, r.rate FROM o LEFT JOIN v FOR SYSTEM_TIME AS OF o.ts AS r ON o.k = r.k AND r.rate > 1;
SELECT o.id, r.rate FROM o JOIN v FOR SYSTEM_TIME AS OF o.pt AS r ON o.k = r.k AND r.rate > o.amount WHERE o.id > 3;
SELECT id, sku FROM o CROSS JOIN UNNEST(items) AS i (sku, n) WHERE n > 1 AND id > 1;
SELECT id, x, place FROM o LEFT JOIN UNNEST(ARRAY[id, 1]) WITH ORDINALITY AS t (x, place) ON TRUE;
