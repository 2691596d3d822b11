CREATE TABLE orders (id INT, twice AS nr * 2) WITH ('connector' = 'datagen');
