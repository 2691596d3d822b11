CREATE FUNCTION mask AS 'com.example.Mask';
SELECT mask('a');
