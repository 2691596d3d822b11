SELECT * FROM lake.sales.orders;
