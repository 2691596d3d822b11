CREATE TABLE clicks (
  person STRING NOT NULL, page STRING, n INT, price DECIMAL(10, 2), tags ARRAY<STRING>, place ROW<city STRING, zip INT>,
  ts TIMESTAMP(3), plain TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen');
SELECT * FROM FROM_CHANGELOG(input => TABLE clicks, op => DESCRIPTOR(page), op_mapping => MAP['c', 'CREATE']);
