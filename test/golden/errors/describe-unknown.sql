DESCRIBE orders;
