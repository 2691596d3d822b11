import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serveControl } from '../deploy/control/served.ts';
import { releaseOf } from '../deploy/releases.ts';

const executablePath = '/usr/bin/chromium';
const isThere = existsSync(executablePath);
// Said aloud: a page that nobody looked at is not known to work.
if (!isThere) process.stderr.write(`SKIPPED: the control page is not tested: there is no ${executablePath}\n`);

const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e"'`;

const steps = '{"steps":[{"verb":"deploy","job":"counter","environment":"dev"}]';

// Run in a page of elsewhere; as text, for they are of the browser's world.
const foreignFetches = `async (base) => {
  const body = '${steps}}';
  const json = { 'content-type': 'application/json' };
  const attempts = [
    ['/api/v1/plans', { method: 'POST', body, headers: json }],
    ['/api/v1/plans', { method: 'POST', body, mode: 'no-cors' }],
    ['/api/v1/plans', { method: 'POST', body, mode: 'no-cors', headers: { 'content-type': 'text/plain' } }],
    ['/api/v1/jobs', {}],
    ['/api/v1/jobs', { mode: 'no-cors' }],
  ];
  const seen = [];
  for (const [path, init] of attempts) {
    seen.push(await fetch(base + path, init).then((response) => response.type + response.status, () => 'refused'));
  }
  return seen;
}`;
const foreignForm = `(base) => {
  const form = Object.assign(document.createElement('form'), { method: 'POST', enctype: 'text/plain', action: base + '/api/v1/plans' });
  form.append(Object.assign(document.createElement('input'), { name: '${steps},"x":"', value: '"}' }));
  document.body.append(form);
  form.submit();
}`;

describe.skipIf(!isThere)('the page of the control plane, in Chromium', () => {
  let served: Served;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  const url = (): string => `http://127.0.0.1:${served.server.port}`;

  beforeAll(async () => {
    const production = releaseOf({ environment: 'production' });
    const failing = releaseOf({ job: 'failing' });
    served = await serveControl({ releases: [releaseOf(), production, failing] });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy/.test(message.text())) faults.push(message.text());
    });
    await page.goto(url());
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  async function ask(text: string, environment = ''): Promise<void> {
    await page.fill('#ask', text);
    await page.fill('#environment', environment);
    await page.click('#ask-form button');
  }

  it('shows the plan of what was asked, carries it out when it is confirmed, and shows the job', async () => {
    await ask('deploy counter', 'dev');
    await page.waitForSelector('#answer article[data-status=pending]');
    const card = await page.textContent('#answer');
    for (const part of [
      'risk: medium',
      'millrace jobs deploy counter',
      'deploy dev/counter',
      'It waits for you to confirm it',
    ]) {
      expect(card).toContain(part);
    }
    expect(served.target.calls).toEqual([]);
    await page.click('#answer button.main');
    await page.waitForSelector('#answer article[data-status=applied]');
    await page.waitForSelector('tr[data-job="dev/counter"] >> text=STABLE');
    expect(served.target.calls).toEqual(['start 1 from latest']);
    await page.click('tr[data-job="dev/counter"] button');
    await page.waitForSelector('#job >> text=liveness');
    expect(await page.textContent('#job')).toMatch(/one\s+two/);
  });

  it('asks to type the name where the plan does, and does nothing with another one', async () => {
    const before = served.target.calls.length;
    await ask('deploy counter', 'production');
    await page.waitForSelector('#answer >> text=type the name of the job');
    await page.fill('#answer input', 'contour');
    await page.click('#answer button.main');
    await page.waitForSelector('#notice >> text=expected the name of the job');
    expect(served.target.calls).toHaveLength(before);
    await page.fill('#answer input', 'counter');
    await page.click('#answer button.main');
    await page.waitForSelector('#answer article[data-status=applied]');
    expect(served.target.calls).toHaveLength(before + 1);
  });

  it('lets a plan go', async () => {
    await ask('deploy counter', 'dev');
    await page.waitForSelector('#answer article[data-status=pending]');
    await page.click('#answer >> text=Let it go');
    await page.waitForSelector('#answer article[data-status=cancelled]');
  });

  it('renders hostile words, names, logs and failures as the text that they are', async () => {
    for (const text of [`which ${hostile}`, `status ${hostile}`, `weather ${hostile}`, `deploy ${hostile}`]) {
      await ask(text);
      const [where, part] = text.startsWith('deploy') ? ['#notice', "'<img'"] : ['#answer', '<img src=x onerror='];
      await page.locator(where!, { hasText: part! }).waitFor();
    }
    served.target.logs = async () => [hostile, `\u001b[31m${hostile}`];
    served.target.bad.set((await failingDigest())!, hostile);
    await ask('deploy failing', 'dev');
    await page.waitForSelector('#answer article[data-status=pending]');
    await page.click('#answer button.main');
    await page.waitForSelector('tr[data-job="dev/failing"] >> text=FAILED');
    await page.click('tr[data-job="dev/failing"] button');
    await page.locator('#job pre', { hasText: '<script>' }).first().waitFor();
    expect(await page.title()).toBe('Millrace');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    expect(faults).toEqual([]);
  });

  async function failingDigest(): Promise<string | undefined> {
    const { plan } = (await (
      await fetch(`${url()}/api/v1/plans`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ steps: [{ verb: 'deploy', job: 'failing', environment: 'dev' }] }),
      })
    ).json()) as { plan: { steps: { release: { digest: string } }[] } };
    return plan.steps[0]?.release.digest;
  }

  it('loads nothing from elsewhere, and works without a network', async () => {
    const asked: string[] = [];
    const fresh = await browser.newPage();
    fresh.on('request', (request) => asked.push(request.url()));
    await fresh.goto(url());
    await fresh.waitForSelector('#jobs table');
    expect(asked.filter((each) => !each.startsWith(url()) && !each.startsWith('data:'))).toEqual([]);
    expect(asked.length).toBeGreaterThan(4);
    await fresh.close();
  });

  describe('from a page of elsewhere', () => {
    let foreign: Server;
    beforeAll(async () => {
      foreign = createServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<title>foreign</title><body></body>');
      });
      await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => new Promise((resolve) => foreign.close(resolve)));

    it('forms, fetches and a rebound name get nothing done and read nothing', async () => {
      const planned = await plans();
      const { port } = foreign.address() as AddressInfo;
      const hosts = await chromium.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP rebound.example 127.0.0.1'],
      });
      try {
        const evil = await hosts.newPage();
        await evil.goto(`http://localhost:${port}/`);
        const target = url();
        const outcomes = (await evil.evaluate(`(${foreignFetches})('${target}')`)) as string[];
        expect(outcomes).toEqual(['refused', 'opaque0', 'opaque0', 'refused', 'opaque0']);
        await evil.evaluate(`(${foreignForm})('${target}')`);
        await evil.waitForURL('**/api/v1/plans');
        expect(await evil.textContent('body')).toContain('expected content-type application/json');
        // A name of theirs that leads here: the page would be of the same origin, and is refused by its Host.
        await evil.goto(`http://rebound.example:${served.server.port}/`);
        expect(await evil.textContent('body')).toContain('expected a Host header that names this machine');
        const rebound = await evil.evaluate(async () => {
          const response = await fetch('/api/v1/plans', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{}',
          });
          return response.status;
        });
        expect(rebound).toBe(403);
      } finally {
        await hosts.close();
      }
      expect(await plans()).toBe(planned);
    });

    async function plans(): Promise<number> {
      return ((await (await fetch(`${url()}/api/v1/plans`)).json()) as { plans: unknown[] }).plans.length;
    }
  });
});
