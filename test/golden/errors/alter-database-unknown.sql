ALTER DATABASE sales SET ('owner' = 'me');
