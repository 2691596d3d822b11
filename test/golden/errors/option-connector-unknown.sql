CREATE TABLE events (id INT) WITH ('connector' = 'kafak');
SELECT * FROM events;
