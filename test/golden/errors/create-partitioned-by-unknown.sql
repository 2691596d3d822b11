CREATE TABLE orders (id INT) PARTITIONED BY (day_of_it) WITH ('connector' = 'filesystem', 'path' = '/tmp/o', 'format' = 'json');
