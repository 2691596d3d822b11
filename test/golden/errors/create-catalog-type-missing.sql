CREATE CATALOG lake WITH ('uri' = 'http://localhost');
