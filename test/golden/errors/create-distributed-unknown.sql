CREATE TABLE orders (id INT) DISTRIBUTED BY HASH(nr) INTO 4 BUCKETS WITH ('connector' = 'datagen');
