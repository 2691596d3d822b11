-- Orders as they come, cleaned: no state, NULLs, missing fields, text and decimals.
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE orders (id BIGINT, customer STRING, price STRING, quantity INT, country STRING)
WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE clean (id BIGINT, customer STRING, cents BIGINT, kind STRING, place STRING)
WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
CREATE TEMPORARY VIEW priced AS
SELECT id, customer, country, TRY_CAST(price AS DECIMAL(10, 2)) * COALESCE(quantity, 1) AS total FROM orders;
INSERT INTO clean
SELECT id, COALESCE(UPPER(TRIM(customer)), 'UNKNOWN'), CAST(total * 100 AS BIGINT),
  CASE WHEN total IS NULL THEN 'none' WHEN total >= 100 THEN 'large' ELSE 'small' END,
  country || '-' || CAST(MOD(id, 10) AS STRING)
FROM priced
WHERE country <> 'us';
