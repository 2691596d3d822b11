CREATE TABLE events (id INT) WITH ('connector' = 'datagen', 'fields.name.length' = '5');
SELECT * FROM events;
