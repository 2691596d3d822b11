CREATE TABLE orders (id INT) WITH ('connector' = 'datagen');
ALTER TABLE orders DROP WATERMARK;
