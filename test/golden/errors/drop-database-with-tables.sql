CREATE DATABASE sales;
CREATE TABLE sales.orders (id INT) WITH ('connector' = 'datagen');
DROP DATABASE sales;
