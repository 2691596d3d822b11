CREATE TABLE orders (id INT, twice AS id * 2, more AS twice * 2) WITH ('connector' = 'datagen');
