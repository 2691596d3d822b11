/** What the control page does in the browser. All that comes from elsewhere (names, logs, failures, words) is text, never markup. */
export const controlScript = `
'use strict';
const pollMs = 2000;
const $ = (id) => document.getElementById(id);
let token = sessionStorage.getItem('millrace-token');
let shownJob = null;
let shownPlan = null;

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
const text = (tag, value, className) => element(tag, className ? { class: className } : null, String(value));
const badge = (value, className) => text('span', value, 'badge ' + className);

async function call(method, path, body) {
  const headers = { 'content-type': 'application/json', 'x-millrace-surface': 'page' };
  if (token !== null) headers.authorization = 'Bearer ' + token;
  const response = await fetch('/api/v1' + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = await response.json();
  $('token-form').hidden = response.status !== 401;
  if (response.ok) return answer;
  throw new Error(answer.message + (answer.hint === null ? '' : '\\n' + answer.hint));
}
function notice(error) {
  $('notice').textContent = error === null ? '' : error.message;
  $('notice').hidden = error === null;
}
async function attempt(work) {
  try {
    notice(null);
    await work();
  } catch (error) {
    notice(error);
  }
}

const riskClass = { read: 'dim', low: 'good', medium: 'warn', high: 'bad', critical: 'bad' };
const stateClass = (state) => state === 'STABLE' ? 'good' : state === 'FAILED' ? 'bad' : state.startsWith('ROLL') ? 'warn' : 'dim';
const verdicts = ['failing', 'warning', 'unknown', 'ok'];
const verdictClass = { ok: 'good', warning: 'warn', failing: 'bad', unknown: 'dim' };
const needs = {
  none: 'It needs no confirmation.',
  confirm: 'It waits for you to confirm it.',
  'type-name': 'To confirm it, type the name of the job.',
  'two-person': 'It needs the confirmation of two people.',
  deny: 'It may not be carried out.',
};
const when = (ms) => new Date(ms).toLocaleString();
function ago(ms) {
  if (ms === null) return '–';
  const s = Math.max(0, Math.round((new Date() - ms) / 1000));
  return s < 120 ? s + ' s ago' : s < 7200 ? Math.round(s / 60) + ' min ago' : Math.round(s / 3600) + ' h ago';
}

function planCard(plan) {
  const card = element('article', { class: 'card', 'data-plan': plan.id, 'data-status': plan.status });
  card.append(
    element('h3', null, plan.id + ' ', badge(plan.status, plan.status === 'failed' ? 'bad' : plan.status === 'applied' ? 'good' : 'dim'), ' ', badge('risk: ' + plan.risk, riskClass[plan.risk] ?? 'bad')),
    element('p', { class: 'dim' }, 'The same as ', text('code', plan.command)),
  );
  const steps = element('ol', { class: 'steps' });
  plan.steps.forEach((step, index) => steps.append(stepItem(step, plan.progress.findLast((line) => line.step === index))));
  card.append(steps);
  for (const decision of plan.decisions) card.append(element('p', { class: 'dim' }, text('code', decision.rule), ': ' + decision.text));
  card.append(text('p', 'It takes ' + plan.cost.slots + ' slots and ' + plan.cost.memoryMb + ' MB; role needed: ' + plan.requiredRole + '; it expires ' + when(plan.expiresAt) + '.', 'dim'));
  if (plan.confirmedBy.length > 0) card.append(text('p', 'Confirmed by ' + plan.confirmedBy.join(', ')));
  if (plan.status === 'pending') card.append(confirmForm(plan));
  return card;
}

function stepItem(step, progress) {
  const item = element('li', null, text('span', step.text));
  if (step.diff.length > 0) {
    const rows = step.diff.map((line) => element('tr', null, text('th', line.field), text('td', line.before ?? '–'), text('td', line.after ?? '–')));
    item.append(element('table', { class: 'diff' }, element('tbody', null, ...rows)));
  }
  if (progress !== undefined) item.append(text('p', progress.state + ': ' + progress.text, progress.state === 'failed' ? 'bad' : 'dim'));
  return item;
}

function confirmForm(plan) {
  const form = element('form', { class: 'confirm' }, text('p', needs[plan.confirmation] ?? plan.confirmation));
  const line = element('div', { class: 'line' });
  const typed = plan.confirmation === 'type-name' ? element('input', { 'aria-label': 'Name of the job', placeholder: 'name of the job', autocomplete: 'off', required: '' }) : null;
  const reason = plan.risk === 'critical' || plan.risk === 'high' ? element('input', { 'aria-label': 'Reason', placeholder: 'reason', autocomplete: 'off' }) : null;
  if (typed !== null) line.append(typed);
  if (reason !== null) line.append(reason);
  if (plan.confirmation !== 'deny') line.append(element('button', { class: 'main' }, 'Confirm'));
  const cancel = element('button', { type: 'button' }, 'Let it go');
  line.append(cancel);
  form.append(line);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const body = { hash: plan.hash };
    if (typed !== null) body.typedName = typed.value;
    if (reason !== null && reason.value !== '') body.reason = reason.value;
    void attempt(async () => showPlan(await call('POST', '/plans/' + encodeURIComponent(plan.id) + '/apply', body)));
  });
  cancel.addEventListener('click', () => void attempt(async () => showPlan(await call('POST', '/plans/' + encodeURIComponent(plan.id) + '/cancel', {}))));
  return form;
}

function showPlan(plan) {
  shownPlan = plan;
  $('answer').replaceChildren(planCard(plan));
}

function showAnswer(answer) {
  shownPlan = null;
  if (answer.kind === 'plan') return showPlan(answer.plan);
  const card = element('article', { class: 'card', 'data-kind': answer.kind });
  if (answer.kind === 'answer') card.append(element('p', { class: 'dim' }, 'The same as ', text('code', answer.command)), text('pre', answer.text));
  else if (answer.kind === 'question') card.append(text('p', answer.question), ...answer.candidates.map(candidateButton));
  else card.append(text('p', answer.reason));
  $('answer').replaceChildren(card);
}

function candidateButton(candidate) {
  const button = text('button', candidate, 'plain');
  button.addEventListener('click', () => {
    $('ask').value = candidate;
    $('ask').focus();
  });
  return element('p', null, button);
}

function jobRow(job) {
  const worst = verdicts.find((verdict) => job.health.some((check) => check.verdict === verdict)) ?? 'unknown';
  const why = job.health.filter((check) => check.verdict === worst).map((check) => check.name + ': ' + check.text).join('; ');
  const name = text('button', job.environment + '/' + job.job, 'plain');
  name.addEventListener('click', () => {
    shownJob = { environment: job.environment, job: job.job };
    void attempt(drawJob);
  });
  const lag = job.observed === null || job.observed.lagRecords === null ? '–' : job.observed.lagRecords.toLocaleString('en');
  return element('tr', { 'data-job': job.environment + '/' + job.job },
    element('td', null, name), element('td', null, badge(job.state, stateClass(job.state))), text('td', job.observed === null ? '–' : job.observed.state),
    text('td', lag), element('td', { title: why }, badge(worst, verdictClass[worst])), text('td', ago(job.observed === null ? null : job.observed.checkpoints.latestTime)),
    text('td', job.engine), text('td', job.error ?? '', 'bad'));
}

function table(heads, rows) {
  return element('table', null, element('thead', null, element('tr', null, ...heads.map((head) => text('th', head)))), element('tbody', null, ...rows));
}

async function drawJobs() {
  const { jobs } = await call('GET', '/jobs');
  const heads = ['Job', 'State', 'Engine says', 'Lag', 'Health', 'Checkpoint', 'Engine', ''];
  $('jobs').replaceChildren(jobs.length === 0 ? text('p', 'Nothing has been deployed yet.', 'dim') : table(heads, jobs.map(jobRow)));
}

async function drawPlans() {
  const { plans } = await call('GET', '/plans');
  const rows = plans.slice(0, 20).map((plan) => {
    const open = text('button', plan.id, 'plain');
    open.addEventListener('click', () => void attempt(async () => showPlan(await call('GET', '/plans/' + encodeURIComponent(plan.id)))));
    return element('tr', null, element('td', null, open), text('td', plan.status), text('td', plan.risk), text('td', plan.command), text('td', plan.actor.name), text('td', ago(plan.createdAt)));
  });
  $('plans').replaceChildren(rows.length === 0 ? text('p', 'None yet.', 'dim') : table(['Plan', 'Status', 'Risk', 'Command', 'By', 'Made'], rows));
}

async function drawJob() {
  if (shownJob === null) return;
  const path = '/jobs/' + encodeURIComponent(shownJob.environment) + '/' + encodeURIComponent(shownJob.job);
  const [job, log, happened] = await Promise.all([call('GET', path), call('GET', path + '/logs?lines=100'), call('GET', path + '/events?limit=20')]);
  const checks = job.health.map((check) => element('tr', null, text('th', check.name), element('td', null, badge(check.verdict, verdictClass[check.verdict])), text('td', check.text)));
  const exceptions = job.observed === null ? [] : job.observed.exceptions.map((each) => text('pre', when(each.time) + ' ' + each.text));
  $('job').replaceChildren(
    text('h2', job.environment + '/' + job.job),
    table(['Check', 'Verdict', ''], checks),
    ...(exceptions.length === 0 ? [] : [text('h2', 'Exceptions'), ...exceptions]),
    text('h2', 'What happened'),
    table(['When', 'What', ''], happened.events.map((each) => element('tr', null, text('td', when(each.time)), text('td', each.kind), text('td', each.text)))),
    text('h2', 'Log'),
    text('pre', log.lines.join('\\n') || 'empty'),
  );
  $('job').hidden = false;
}

async function watchPlan() {
  if (shownPlan === null || shownPlan.status !== 'applying') return;
  const id = shownPlan.id;
  const plan = await call('GET', '/plans/' + encodeURIComponent(id));
  if (shownPlan !== null && shownPlan.id === id) showPlan(plan);
}

async function draw() {
  await drawJobs();
  await Promise.all([drawPlans(), watchPlan(), drawJob()]);
}

async function poll() {
  try {
    if (document.visibilityState === 'visible') await draw();
    if ($('notice').dataset.from === 'poll') notice(null);
    $('notice').dataset.from = '';
  } catch (error) {
    notice(error);
    $('notice').dataset.from = 'poll';
  }
  setTimeout(() => void poll(), pollMs);
}

$('ask-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const environment = $('environment').value.trim();
  void attempt(async () => showAnswer(await call('POST', '/ask', { text: $('ask').value, environment: environment === '' ? null : environment })));
});
$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value;
  sessionStorage.setItem('millrace-token', token);
  $('token').value = '';
  void attempt(draw);
});
void poll();
`;
