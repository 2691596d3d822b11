CREATE TABLE orders (id BIGINT, page STRING, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
CREATE TABLE purchases (WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) LIKE orders (INCLUDING WATERMARKS);
