/** The page that a browser shows at `/`: what the job does, once a second. Self-contained: no request leaves this server. */
import { statusScript } from './status-script.ts';
import { statusStyle } from './status-style.ts';

export type WebFile = Readonly<{ path: string; contentType: string; text: string }>;

const html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Millrace</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/status.css">
  <script src="/status.js" defer></script>
</head>
<body>
  <header><h1>Millrace</h1><span id="job"></span><span id="state" class="badge"></span><span id="uptime"></span></header>
  <p id="notice" role="status" hidden></p>
  <main hidden>
    <section class="tiles" id="tiles" aria-label="Figures"></section>
    <section aria-labelledby="graph-title"><h2 id="graph-title">Operators</h2><div id="graph"></div></section>
    <section aria-labelledby="balance-title"><h2 id="balance-title">Balance of the rows</h2><div id="balance"></div></section>
    <section aria-labelledby="checkpoints-title"><h2 id="checkpoints-title">Checkpoints</h2><div id="checkpoints"></div></section>
    <section aria-labelledby="splits-title"><h2 id="splits-title">Lag</h2><div id="splits"></div></section>
    <section aria-labelledby="exceptions-title"><h2 id="exceptions-title">Exceptions</h2><div id="exceptions"></div></section>
  </main>
  <footer><a href="/metrics">metrics</a> <a href="/jobs/overview">jobs</a> <a href="/api/v1/jobs">status</a></footer>
</body>
</html>
`;

export const statusPage: readonly WebFile[] = [
  { path: '/', contentType: 'text/html; charset=utf-8', text: html },
  { path: '/status.css', contentType: 'text/css; charset=utf-8', text: statusStyle },
  { path: '/status.js', contentType: 'text/javascript; charset=utf-8', text: statusScript },
];
