CREATE TABLE orders (id INT, id STRING) WITH ('connector' = 'datagen');
