CREATE CATALOG lake WITH ('type' = 'glacier');
