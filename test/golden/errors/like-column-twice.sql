CREATE TABLE orders (id BIGINT, page STRING, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
CREATE TABLE purchases (id STRING) LIKE orders;
