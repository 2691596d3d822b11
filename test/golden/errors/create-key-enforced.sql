CREATE TABLE orders (id INT, PRIMARY KEY (id)) WITH ('connector' = 'datagen');
