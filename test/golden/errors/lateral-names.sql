CREATE TABLE clicks (
  person STRING NOT NULL, page STRING, n INT, price DECIMAL(10, 2), tags ARRAY<STRING>, place ROW<city STRING, zip INT>,
  ts TIMESTAMP(3), plain TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen');
SELECT c.page FROM clicks AS c, LATERAL (SELECT n FROM clicks AS d WHERE d.page = c.page) AS x (a, b);
