CREATE TABLE events (id INT) WITH ('connector' = 'filesystem', 'format' = 'json');
SELECT * FROM events;
