CREATE TABLE events (id INT) WITH ('connector' = 'datagen');
SELECT * FROM events /*+ OPTIONS('rows-per-secnd' = '5') */;
