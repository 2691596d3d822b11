CREATE TABLE orders (id INT, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
