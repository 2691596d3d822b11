CREATE TABLE prices (price DECIMAL(40, 2)) WITH ('connector' = 'datagen');
SELECT * FROM prices;
