CREATE TABLE orders (id INT, part INT METADATA FROM 'partitoin') WITH ('connector' = 'kafka', 'topic' = 'o', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
SELECT * FROM orders;
