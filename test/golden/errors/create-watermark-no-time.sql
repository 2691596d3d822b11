CREATE TABLE orders (ts TIMESTAMP(3), WATERMARK FOR ts AS 5) WITH ('connector' = 'datagen');
