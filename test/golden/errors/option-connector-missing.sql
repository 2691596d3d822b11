CREATE TABLE events (id INT);
SELECT * FROM events;
