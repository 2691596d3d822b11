CREATE TABLE readings (ts TIMESTAMP(10)) WITH ('connector' = 'datagen');
SELECT * FROM readings;
