CREATE TABLE orders (id INT, ts STRING, WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
