CREATE TABLE clicks (
  person STRING NOT NULL, page STRING, n INT, price DECIMAL(10, 2), tags ARRAY<STRING>, place ROW<city STRING, zip INT>,
  ts TIMESTAMP(3), plain TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen');
CREATE TABLE prices (page STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
SELECT c.page, p.price FROM clicks AS c JOIN prices FOR SYSTEM_TIME AS OF c.plain AS p ON c.page = p.page;
