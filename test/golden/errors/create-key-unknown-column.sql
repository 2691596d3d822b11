CREATE TABLE orders (id INT, PRIMARY KEY (nr) NOT ENFORCED) WITH ('connector' = 'datagen');
