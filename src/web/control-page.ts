/** The page at `/` of the control plane: ask, read the plan, confirm it, watch it; what runs. Self-contained: no request leaves this server. */
import { controlScript } from './control-script.ts';
import { controlStyle } from './control-style.ts';
import type { WebFile } from './status-page.ts';

const html = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Millrace</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/control.css">
  <script src="/control.js" defer></script>
</head>
<body>
  <header><h1>Millrace</h1></header>
  <p id="notice" role="alert" hidden></p>
  <form id="token-form" hidden>
    <label for="token">This server asks for a token. It is kept until this tab is closed.</label>
    <div class="line"><input id="token" type="password" autocomplete="off" required><button>Use it</button></div>
  </form>
  <main>
    <form id="ask-form">
      <label for="ask">What is to be done?</label>
      <div class="line">
        <input id="ask" autocomplete="off" maxlength="2048" required placeholder="I need creator analytics running in staging">
        <input id="environment" autocomplete="off" maxlength="63" placeholder="environment" aria-label="Environment">
        <button>Ask</button>
      </div>
    </form>
    <section id="answer" aria-live="polite"></section>
    <section aria-labelledby="jobs-title"><h2 id="jobs-title">Jobs</h2><div id="jobs"></div></section>
    <section id="job" hidden></section>
    <section aria-labelledby="plans-title"><h2 id="plans-title">Plans</h2><div id="plans"></div></section>
  </main>
  <footer><a href="/api/v1/">API</a> <a href="/metrics">metrics</a></footer>
</body>
</html>
`;

export const controlPage: readonly WebFile[] = [
  { path: '/', contentType: 'text/html; charset=utf-8', text: html },
  { path: '/control.css', contentType: 'text/css; charset=utf-8', text: controlStyle },
  { path: '/control.js', contentType: 'text/javascript; charset=utf-8', text: controlScript },
];
