CREATE VIEW pages AS SELECT page FROM click;
