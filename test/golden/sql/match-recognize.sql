-- Patterns: only the columns that conditions and measures read are scanned; what Flink makes of the clauses is spelled out.
CREATE TABLE ticker (symbol STRING, price INT, tax INT, note STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'kafka');

SELECT * FROM ticker MATCH_RECOGNIZE (
  PARTITION BY symbol
  ORDER BY ts, price DESC
  MEASURES FIRST(DOWN.price) AS first_price, LAST(DOWN.price, 1) + 1 AS p, COUNT(*) AS n, AVG(UP.price + UP.tax) AS a, MATCH_ROWTIME() AS t
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST UP
  PATTERN (START_ROW DOWN{2,} X? UP+?) WITHIN INTERVAL '1' HOUR
  DEFINE DOWN AS DOWN.price < LAST(DOWN.price, 1) OR LAST(DOWN.price, 1) IS NULL, UP AS UP.price > LAST(DOWN.price)
) AS m;

SELECT m.b FROM ticker MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS a, B.price AS b PATTERN (A B{2}) DEFINE B AS B.price > A.price) AS m;
