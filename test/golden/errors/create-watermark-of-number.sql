CREATE TABLE orders (id INT, WATERMARK FOR id AS id) WITH ('connector' = 'datagen');
