-- What visitors of a shop do: their sessions, and how they come from looking at a product to buying it.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE clicks (
  event_id   STRING,
  event_time TIMESTAMP(3),
  event_type STRING,  -- search, view, cart, checkout, purchase
  user_id    STRING,
  product_id STRING,  -- not of search
  category   STRING,
  price      DECIMAL(10, 2),
  device     STRING,
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
CREATE DATABASE IF NOT EXISTS lake.shop;
CREATE TABLE IF NOT EXISTS lake.shop.sessions (
  user_id   STRING,
  device    STRING,
  started   TIMESTAMP(3),
  ended     TIMESTAMP(3),
  events    BIGINT,
  `views`     BIGINT,
  products  BIGINT,
  carts     BIGINT,
  purchases BIGINT,
  revenue   DECIMAL(38, 2),
  outcome   STRING  -- bought, left a cart, looked, bounced
);
CREATE TABLE IF NOT EXISTS lake.shop.purchases (
  user_id          STRING,
  product_id       STRING,
  category         STRING,
  viewed           TIMESTAMP(3),
  put_in_cart      TIMESTAMP(3),
  purchased        TIMESTAMP(3),
  `views`            BIGINT,
  price            DECIMAL(10, 2),
  seconds_to_cart  BIGINT,
  seconds_to_buy   BIGINT
);

CREATE TEMPORARY VIEW visits AS
SELECT
  user_id, MAX(device) AS device, MIN(event_time) AS started, MAX(event_time) AS ended,
  COUNT(*) AS events,
  COUNT(*) FILTER (WHERE event_type = 'view') AS `views`,
  COUNT(DISTINCT product_id) AS products,
  COUNT(*) FILTER (WHERE event_type = 'cart') AS carts,
  COUNT(*) FILTER (WHERE event_type = 'purchase') AS purchases,
  COALESCE(SUM(price) FILTER (WHERE event_type = 'purchase'), 0) AS revenue
FROM TABLE(SESSION(DATA => TABLE clicks PARTITION BY user_id, TIMECOL => DESCRIPTOR(event_time), GAP => ${session_gap}))
GROUP BY user_id, window_start, window_end;

EXECUTE STATEMENT SET
BEGIN
  INSERT INTO lake.shop.sessions
  SELECT
    user_id, device, started, ended, events, `views`, products, carts, purchases, CAST(revenue AS DECIMAL(38, 2)),
    CASE
      WHEN purchases > 0 THEN 'bought'
      WHEN carts > 0 THEN 'left a cart'
      WHEN events > 1 THEN 'looked'
      ELSE 'bounced'
    END
  FROM visits;

  -- The funnel of one product: looked at, at least once; put into the cart, and on to the checkout; bought. Searches have no product
  -- and so no part in it.
  INSERT INTO lake.shop.purchases
  SELECT
    user_id, product_id, category, viewed, put_in_cart, purchased, `views`, price,
    CAST(TIMESTAMPDIFF(SECOND, viewed, put_in_cart) AS BIGINT), CAST(TIMESTAMPDIFF(SECOND, viewed, purchased) AS BIGINT)
  FROM clicks
  MATCH_RECOGNIZE (
    PARTITION BY user_id, product_id
    ORDER BY event_time
    MEASURES
      FIRST(looked.event_time) AS viewed,
      FIRST(chosen.event_time) AS put_in_cart,
      bought.event_time AS purchased,
      COUNT(looked.event_type) AS `views`,
      bought.category AS category,
      bought.price AS price
    ONE ROW PER MATCH
    AFTER MATCH SKIP PAST LAST ROW
    PATTERN (looked+ chosen+ bought) WITHIN ${funnel}
    DEFINE
      looked AS looked.event_type = 'view',
      chosen AS chosen.event_type IN ('cart', 'checkout'),
      bought AS bought.event_type = 'purchase'
  );
END;
