-- Payments that look like fraud: too many at once, a stolen card that is tried out, a card in two countries.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE payments (
  payment_id  STRING,
  event_time  TIMESTAMP(3),
  card_id     STRING,
  merchant_id STRING,
  amount      DECIMAL(12, 2),
  country     STRING,
  channel     STRING,  -- terminal, online
  status      STRING,  -- approved, declined
  WATERMARK FOR event_time AS event_time - ${disorder}
) WITH (
  'connector' = 'kafka',
  'topic' = '${topic}',
  'properties.bootstrap.servers' = '${bootstrap_servers}',
  'properties.group.id' = '${group}',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = '${bounded}',
  'format' = 'json'
);

CREATE CATALOG lake WITH (
  'type' = 'iceberg',
  'catalog-type' = 'rest',
  'uri' = '${catalog_uri}'
);
CREATE DATABASE IF NOT EXISTS lake.payments;
CREATE TABLE IF NOT EXISTS lake.payments.alerts (
  rule       STRING,  -- velocity, card-testing, two-countries
  card_id    STRING,
  payment_id STRING,  -- that gave the alert
  since      TIMESTAMP(3),
  event_time TIMESTAMP(3),
  payments   BIGINT,
  amount     DECIMAL(38, 2),
  detail     STRING
);

-- Every payment beside what its card did in the time before it.
CREATE TEMPORARY VIEW recent AS
SELECT
  card_id, payment_id, event_time,
  MIN(event_time) OVER w AS since,
  COUNT(*) OVER w AS payments,
  SUM(amount) OVER w AS amount
FROM payments
WHERE status = 'approved'
WINDOW w AS (PARTITION BY card_id ORDER BY event_time RANGE BETWEEN ${window} PRECEDING AND CURRENT ROW);

CREATE TEMPORARY VIEW velocity AS
SELECT *, LAG(payments) OVER (PARTITION BY card_id ORDER BY event_time) AS payments_before FROM recent;

EXECUTE STATEMENT SET
BEGIN
  -- Once, by the payment that reaches the number; one more each time that it does so again.
  INSERT INTO lake.payments.alerts
  SELECT 'velocity', card_id, payment_id, since, event_time, payments, CAST(amount AS DECIMAL(38, 2)), CAST(NULL AS STRING)
  FROM velocity
  WHERE payments >= ${max_payments} AND COALESCE(payments_before, 0) < ${max_payments};

  -- Who has numbers of cards tries them with small amounts, is declined now and then, and takes a lot once one works.
  INSERT INTO lake.payments.alerts
  SELECT 'card-testing', card_id, payment_id, since, event_time, tries + 1, CAST(amount AS DECIMAL(38, 2)), detail
  FROM payments
  MATCH_RECOGNIZE (
    PARTITION BY card_id
    ORDER BY event_time
    MEASURES
      FIRST(probe.event_time) AS since,
      COUNT(probe.amount) AS tries,
      big.event_time AS event_time,
      big.payment_id AS payment_id,
      big.amount AS amount,
      big.merchant_id AS detail
    ONE ROW PER MATCH
    AFTER MATCH SKIP PAST LAST ROW
    PATTERN (probe{3,} big) WITHIN ${window}
    DEFINE
      probe AS probe.amount < ${small_amount} AND probe.channel = 'online',
      big AS big.amount >= ${large_amount}
  );

  -- At a terminal here and shortly afterwards at one in another country.
  INSERT INTO lake.payments.alerts
  SELECT 'two-countries', card_id, payment_id, since, event_time, CAST(2 AS BIGINT), CAST(amount AS DECIMAL(38, 2)), countries
  FROM (SELECT * FROM payments WHERE channel = 'terminal')
  MATCH_RECOGNIZE (
    PARTITION BY card_id
    ORDER BY event_time
    MEASURES
      here.event_time AS since,
      there.event_time AS event_time,
      there.payment_id AS payment_id,
      there.amount AS amount,
      here.country || ' to ' || there.country AS countries
    ONE ROW PER MATCH
    AFTER MATCH SKIP TO LAST there
    PATTERN (here there) WITHIN ${travel}
    DEFINE
      there AS there.country <> here.country
  );
END;
