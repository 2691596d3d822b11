CREATE TABLE orders (id INT, `partition` DATE METADATA) WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
SELECT * FROM orders;
