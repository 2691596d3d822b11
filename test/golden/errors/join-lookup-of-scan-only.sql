CREATE TABLE visits (page STRING, seen AS PROCTIME()) WITH ('connector' = 'datagen');
CREATE TABLE orders (id BIGINT, page STRING, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
SELECT v.page, o.id FROM visits AS v JOIN orders FOR SYSTEM_TIME AS OF v.seen AS o ON v.page = o.page;
