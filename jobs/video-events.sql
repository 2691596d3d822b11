-- Quality of experience of video: how long plays wait to start, how much they stall, what fails, by CDN and by session.
SET 'table.local-time-zone' = 'UTC';
SET 'table.exec.source.idle-timeout' = '30 s';
SET 'millrace.dead-letter.mode' = 'file';
SET 'millrace.dead-letter.path' = '${dead_letters}';

CREATE TABLE playback (
  event_id     STRING,
  event_time   TIMESTAMP(3),
  event_type   STRING,  -- start, first_frame, heartbeat, rebuffer, error, stop
  session_id   STRING,
  user_id      STRING,
  video_id     STRING,
  cdn          STRING,
  device       STRING,
  startup_ms   BIGINT,  -- of first_frame
  played_ms    BIGINT,  -- of heartbeat: since the last one
  stalled_ms   BIGINT,  -- of rebuffer
  bitrate_kbps BIGINT,  -- of heartbeat
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
CREATE DATABASE IF NOT EXISTS lake.video;
CREATE TABLE IF NOT EXISTS lake.video.quality (
  cdn              STRING,
  window_start     TIMESTAMP(3),
  window_end       TIMESTAMP(3),
  sessions         BIGINT,
  starts           BIGINT,
  errors           BIGINT,
  avg_startup_ms   DOUBLE,
  max_startup_ms   BIGINT,
  rebuffers        BIGINT,
  stalled_ms       BIGINT,
  played_ms        BIGINT,
  rebuffer_ratio   DOUBLE,  -- of the time that was spent watching or waiting
  avg_bitrate_kbps DOUBLE
);
CREATE TABLE IF NOT EXISTS lake.video.sessions (
  session_id     STRING,
  video_id       STRING,
  cdn            STRING,
  device         STRING,
  started        TIMESTAMP(3),
  ended          TIMESTAMP(3),
  startup_ms     BIGINT,  -- NULL: it never began to play
  rebuffers      BIGINT,
  stalled_ms     BIGINT,
  played_ms      BIGINT,
  rebuffer_ratio DOUBLE,
  failed         BOOLEAN
);

CREATE TEMPORARY VIEW minutes AS
SELECT
  cdn, window_start, window_end,
  COUNT(DISTINCT session_id) AS sessions,
  COUNT(*) FILTER (WHERE event_type = 'start') AS starts,
  COUNT(*) FILTER (WHERE event_type = 'error') AS errors,
  AVG(CAST(startup_ms AS DOUBLE)) AS avg_startup_ms,
  MAX(startup_ms) AS max_startup_ms,
  COUNT(*) FILTER (WHERE event_type = 'rebuffer') AS rebuffers,
  COALESCE(SUM(stalled_ms), 0) AS stalled_ms,
  COALESCE(SUM(played_ms), 0) AS played_ms,
  AVG(CAST(bitrate_kbps AS DOUBLE)) AS avg_bitrate_kbps
FROM TABLE(TUMBLE(TABLE playback, DESCRIPTOR(event_time), ${window}))
GROUP BY cdn, window_start, window_end;

-- A session is over when nothing has come of it for a while: players that crash don't say goodbye.
CREATE TEMPORARY VIEW visits AS
SELECT
  session_id, MAX(video_id) AS video_id, MAX(cdn) AS cdn, MAX(device) AS device,
  MIN(event_time) AS started, MAX(event_time) AS ended,
  MAX(startup_ms) AS startup_ms,
  COUNT(*) FILTER (WHERE event_type = 'rebuffer') AS rebuffers,
  COALESCE(SUM(stalled_ms), 0) AS stalled_ms,
  COALESCE(SUM(played_ms), 0) AS played_ms,
  COUNT(*) FILTER (WHERE event_type = 'error') > 0 AS failed
FROM TABLE(SESSION(DATA => TABLE playback PARTITION BY session_id, TIMECOL => DESCRIPTOR(event_time), GAP => ${session_gap}))
GROUP BY session_id, window_start, window_end;

EXECUTE STATEMENT SET
BEGIN
  INSERT INTO lake.video.quality
  SELECT
    cdn, window_start, window_end, sessions, starts, errors, avg_startup_ms, max_startup_ms, rebuffers, stalled_ms, played_ms,
    stalled_ms / CAST(NULLIF(stalled_ms + played_ms, 0) AS DOUBLE),
    avg_bitrate_kbps
  FROM minutes;

  INSERT INTO lake.video.sessions
  SELECT
    session_id, video_id, cdn, device, started, ended, startup_ms, rebuffers, stalled_ms, played_ms,
    stalled_ms / CAST(NULLIF(stalled_ms + played_ms, 0) AS DOUBLE),
    failed
  FROM visits;
END;
