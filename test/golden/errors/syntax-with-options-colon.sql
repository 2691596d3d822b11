CREATE TABLE readings (id INT) WITH ('connector' : 'datagen');
