CREATE TABLE events (id INT) WITH ('connector' = 'filesystem', 'path' = '/tmp/events', 'format' = 'jsn');
SELECT * FROM events;
