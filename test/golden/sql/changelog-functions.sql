CREATE TABLE o (id INT, k STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka');
CREATE TABLE u (id INT, k STRING, n INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka');
CREATE TABLE c (op STRING, id INT, k STRING, unread STRING) WITH ('connector' = 'kafka');
-- Changes as rows. All columns stay below: with fewer there would be fewer changes.
SELECT op, k FROM TO_CHANGELOG(input => TABLE u);
SELECT * FROM TO_CHANGELOG(TABLE u, DESCRIPTOR(deleted), MAP['INSERT, UPDATE_AFTER', 'f', 'DELETE', 't']) WHERE n > 1;
-- Time attributes stay such.
SELECT window_start, COUNT(*) FROM TUMBLE((SELECT * FROM TO_CHANGELOG(input => TABLE o)), DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
-- Rows as changes, of the columns that are read.
SELECT id, COUNT(k) FROM FROM_CHANGELOG(input => TABLE c) GROUP BY id;
SELECT k FROM FROM_CHANGELOG(op_mapping => MAP['c, r', 'INSERT', 'd', 'DELETE'], op => DESCRIPTOR(k), input => (SELECT k, id FROM c)) AS x (k);
