CREATE TABLE orders (id INT, n INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'datagen');
ALTER TABLE orders DROP id;
