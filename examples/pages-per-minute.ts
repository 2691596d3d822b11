/**
 * The TypeScript API in one page: rows of this program into a query, the query's rows back.
 *
 *   node examples/pages-per-minute.ts        (Node 24; from a checkout: node_modules/node/bin/node)
 */
import { query } from '../src/index.ts';

async function* clicks() {
  for (let second = 0; second < 180; second += 20) {
    yield { page: second % 40 === 0 ? '/home' : '/about', ts: new Date(Date.UTC(2026, 0, 1) + second * 1_000) };
  }
}

const rows = await query(
  `SELECT page, window_start, COUNT(*) AS n
   FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
   GROUP BY page, window_start, window_end`,
  { tables: { clicks: { columns: 'page STRING, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts', rows: clicks() } } },
);

for await (const { op, row } of rows) process.stdout.write(`${op} ${JSON.stringify(row)}\n`);
