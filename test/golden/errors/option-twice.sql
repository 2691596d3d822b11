CREATE TABLE events (id INT) WITH ('connector' = 'datagen', 'connector' = 'print');
