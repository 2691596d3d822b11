CREATE TABLE events (id INT) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json');
SELECT * FROM events;
