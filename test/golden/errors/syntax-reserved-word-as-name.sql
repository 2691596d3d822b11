CREATE TABLE readings (id INT, value DOUBLE) WITH ('connector' = 'datagen');
