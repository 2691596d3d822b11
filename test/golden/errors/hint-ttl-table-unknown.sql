CREATE TABLE clicks (
  person STRING NOT NULL, page STRING, n INT, price DECIMAL(10, 2), tags ARRAY<STRING>, place ROW<city STRING, zip INT>,
  ts TIMESTAMP(3), plain TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen');
SELECT /*+ STATE_TTL('click' = '1 d') */ page, COUNT(*) FROM clicks GROUP BY page;
