CREATE TABLE purchases LIKE orders;
