CREATE TABLE orders (id BIGINT, page STRING, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
UPDATE orders SET amount = 1 WHERE id = 2;
