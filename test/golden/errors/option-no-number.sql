CREATE TABLE events (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = 'many');
SELECT * FROM events;
