-- a query without a table
SELECT 1, 'a' AS b, 1.50, 1e3, TRUE, NULL, X'CAFE', INTERVAL '90' MINUTE; VALUES (1, 'a'), (2, NULL); SELECT a FROM (VALUES (1, 2.5), (3000000000, 4)) AS t (a, b) WHERE b > 3;
