CREATE TABLE events (id INT) WITH ('connector' = 'filesystem', 'path' = '/tmp/events');
SELECT * FROM events;
